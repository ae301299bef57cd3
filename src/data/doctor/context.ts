import type { Tokenizer } from '../../tokenizers/index.ts'
import type { WindowOptions } from '../text-windows.ts'
import type { Finding } from './finding.ts'
import type { Sample } from './sample.ts'
import type { TokenCounts } from './token-counts.ts'
import type { FeatureSets } from './word-features.ts'

/**
 * What a task wants of a sample: one class, several, a number, a tag a word, a stretch of the second text, one of
 * several texts, nothing.
 */
export type TargetKind = 'class' | 'classes' | 'number' | 'tags' | 'answer' | 'choice' | 'none'

/** A column of a file that is not read, with the values of its first rows. */
export interface FileColumn {
  file: string
  name: string
  values: readonly string[]
}

/** What checks of data look at. T training and E evaluation samples. */
export interface DataContext {
  targets: TargetKind
  train: readonly Sample[]
  /** Empty if there is none. */
  evaluation: readonly Sample[]
  /** Training samples, then those of the evaluation. */
  all: readonly Sample[]
  /** The tokenizer that texts will be read with, and the tokens that they are cut to. */
  tokenizer?: Tokenizer
  maxLength?: number
  /** Set where longer texts are read in windows instead. */
  longTexts?: WindowOptions
  /** Columns of the training file that nothing reads. */
  unusedColumns: readonly FileColumn[]
  /** Decides what is drawn at random. */
  seed: number
  /** int32 [T + E]: the first of `all` with the same texts. Made when it is first asked for, as what follows. */
  firsts(): Int32Array
  /** Of `all`. */
  features(): FeatureSets
  /** Absent without a tokenizer. */
  tokens(): TokenCounts | undefined
}

/** A check of data: one file each, listed in checks.ts. */
export interface DataCheck {
  /** For a list of checks, and to leave it out: kebab-case. */
  readonly name: string
  /** For which targets; default: all. */
  readonly targets?: readonly TargetKind[]
  run(context: DataContext): Finding[]
}
