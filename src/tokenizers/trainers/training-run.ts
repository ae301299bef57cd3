import { TokenizerError } from '../../core/errors.ts'
import { checkMaxLength } from '../encode-options.ts'
import type { WordCounter, WordCounts } from './word-counter.ts'

/** How far the training of a vocabulary is. */
export interface TokenizerTrainingProgress {
  /** Reading texts, then learning: `merge` for WordPiece and BPE, `estimate` (rounds of EM and pruning) for Unigram. */
  stage: 'count' | 'merge' | 'estimate'
  /** Texts read, tokens in the vocabulary, or passes over the words so far. */
  done: number
  /** Tokens that the vocabulary is to have, or about how many passes there will be; undefined while texts are counted. */
  total: number | undefined
}

/** What the trainers of all kinds of vocabulary take. */
export interface TokenizerTrainerOptions {
  /** Special tokens first in the vocabulary, in this order. Must hold those that have a role. */
  specialTokens?: readonly string[]
  /** The longest input of the model to come, in tokens. Default: not known. */
  maxLength?: number
  /**
   * So many different words are remembered while texts are counted; at one more, the rarer half is forgotten, which can
   * change rare pieces, and makes them depend on the order of the texts. Default 4,000,000, about 0.5 GB.
   */
  maxWords?: number
  /** Called about ten times a second. */
  onProgress?: (progress: TokenizerTrainingProgress) => void
  /** Ends the training with the signal's reason. */
  signal?: AbortSignal
}

/** Reports progress, lets other work run, and stops when told to. */
export interface TrainingRun {
  /** Awaited in long loops: lets other work run about ten times a second, and then reports. */
  step(progress: () => TokenizerTrainingProgress): Promise<void> | undefined
  report(progress: TokenizerTrainingProgress): void
}

/** [CLS] and [SEP], or what stands for them, which every input has. */
const leastLength = 2

/** Starts a run. @throws TokenizerError `MAX_LENGTH` for a length that no input has; its steps throw the reason of `signal` once that aborts */
export function createTrainingRun({ onProgress, signal, maxLength }: TokenizerTrainerOptions): TrainingRun {
  if (maxLength !== undefined) checkMaxLength(maxLength, leastLength)
  let last = performance.now()
  signal?.throwIfAborted()
  return {
    report: (progress) => onProgress?.(progress),
    step(progress) {
      if (performance.now() - last < 100) return undefined
      return new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => {
        signal?.throwIfAborted()
        last = performance.now()
        onProgress?.(progress())
      })
    },
  }
}

/** Counts the words of all texts. @throws TokenizerError `EMPTY_CORPUS` if there are none */
export async function countWords(
  texts: Iterable<string> | AsyncIterable<string>,
  counter: WordCounter,
  run: TrainingRun,
): Promise<WordCounts> {
  let done = 0
  const progress = () => ({ stage: 'count', done, total: undefined }) as const
  for await (const text of texts) {
    counter.add(text)
    done++
    const pause = run.step(progress)
    if (pause !== undefined) await pause
  }
  run.report(progress())
  const words = counter.words()
  if (words.words.length > 0) return words
  throw new TokenizerError(
    'EMPTY_CORPUS',
    done === 0
      ? 'there are no texts to learn a vocabulary from: give at least one.'
      : `the ${done} texts hold no word to learn from: they are empty or white space. Check file and column (--text-column).`,
  )
}

/** @throws TokenizerError `SETTING` unless `value` is a whole number of `least` or more */
export function checkCount(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new TokenizerError('SETTING', `${name} is ${value}: expected a whole number of ${least} or more.`)
  }
}

/** @throws TokenizerError `MISSING_SPECIAL_TOKEN` unless `tokens` holds all of `required`; `SETTING` for one that comes twice */
export function checkSpecialTokens(tokens: readonly string[], required: readonly string[]): void {
  const missing = required.find((token) => !tokens.includes(token))
  if (missing !== undefined) {
    throw new TokenizerError(
      'MISSING_SPECIAL_TOKEN',
      `specialTokens lacks ${missing}: expected ${required.join(', ')} and any others.`,
    )
  }
  const wrong = tokens.find((token, i) => token === '' || tokens.indexOf(token) !== i)
  if (wrong !== undefined) {
    throw new TokenizerError(
      'SETTING',
      `specialTokens has ${JSON.stringify(wrong)}: expected different texts that are not empty.`,
    )
  }
}

/** @throws TokenizerError `VOCAB_SIZE` if special tokens and characters do not fit */
export function checkVocabSize(vocabSize: number, special: number, characters: number, advice: string): void {
  if (special + characters <= vocabSize) return
  throw new TokenizerError(
    'VOCAB_SIZE',
    `vocabSize ${vocabSize} is too small: ${special} special tokens and ${characters} single characters need ` +
      `${special + characters}. Choose a larger vocabSize${advice}.`,
  )
}
