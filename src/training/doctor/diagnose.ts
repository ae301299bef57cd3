import { ConfigError, didYouMean } from '../../core/errors.ts'
import {
  dataChecks,
  dataContext,
  type FileColumn,
  type Finding,
  type Sample,
  type Severity,
} from '../../data/doctor/index.ts'
import type { WindowOptions } from '../../data/text-windows.ts'
import type { Tokenizer } from '../../tokenizers/index.ts'
import { type TrainingArguments, trainingArguments } from '../training-arguments.ts'
import { settingsChecks } from './settings-checks.ts'
import { type EncoderStart, settingsContext } from './settings-context.ts'
import { viewOf } from './views.ts'

/** What is to be trained, on what. */
export interface DiagnoseOptions<Example> {
  trainExamples: readonly Example[]
  evalExamples?: readonly Example[]
  /** Without one nothing is said of lengths and unknown words. */
  tokenizer?: Tokenizer
  /** Tokens that texts are cut to. Default: the tokenizer's limit. */
  maxLength?: number
  /** Set where longer texts are read in windows instead, as a model's `config.longTexts`. */
  longTexts?: WindowOptions
  /** Settings of the training; without them they are not checked. */
  args?: Partial<TrainingArguments>
  /** Whether the encoder starts from random weights, or keeps its own under adapters; default `trained`. */
  start?: EncoderStart
  /** Columns of the training file that nothing reads, with the values of some rows. */
  unusedColumns?: readonly FileColumn[]
  /** Names of checks to leave out, such as `label-noise`. */
  skip?: readonly string[]
  /** Decides what is drawn at random; default 42. */
  seed?: number
}

/** What a check-up found. */
export interface Diagnosis {
  /** Errors first, then warnings, then what is good to know. */
  findings: Finding[]
  counts: Record<Severity, number>
  /** Names of the checks that ran. */
  checks: string[]
  seconds: number
}

const order: readonly Severity[] = ['error', 'warning', 'info']

/** Names of all checks. */
export const checkNames: readonly string[] = [...dataChecks, ...settingsChecks].map(({ name }) => name)

/**
 * Looks over data and settings before a training: repeated and leaked texts, labels that clash or may be wrong, texts that are cut,
 * unknown words, rare classes, learning rates that do not fit. The same data give the same findings.
 *
 * ```ts
 * const { findings } = diagnose('text-classification', { trainExamples, evalExamples, tokenizer, args: { learningRate: 5e-5 } })
 * for (const { severity, code, message, advice } of findings) console.log(severity, code, message, advice)
 * ```
 * @param task as in `--task`; of a task that it does not know it checks the settings alone
 * @throws ConfigError for arguments that cannot be, or a check to skip that there is none of
 */
export function diagnose<Example>(task: string, options: DiagnoseOptions<Example>): Diagnosis {
  const { trainExamples, evalExamples = [], args, start = 'trained', skip = [], seed = 42 } = options
  const unknown = skip.find((name) => !checkNames.includes(name))
  if (unknown !== undefined) {
    throw new ConfigError(
      'UNKNOWN_CHECK',
      `there is no check "${unknown}"${didYouMean(unknown, checkNames)} (checks: ${checkNames.join(', ')})`,
    )
  }
  const started = performance.now()
  const findings: Finding[] = []
  const checks: string[] = []
  const view = viewOf(task)
  if (view) {
    const sample = view.sample as (example: Example) => Sample
    const { tokenizer, maxLength = tokenizer?.maxLength, longTexts, unusedColumns } = options
    const context = dataContext({
      targets: view.targets,
      train: trainExamples.map(sample),
      evaluation: evalExamples.map(sample),
      tokenizer,
      maxLength,
      longTexts,
      unusedColumns,
      seed,
    })
    for (const { name, targets, run } of dataChecks) {
      if (skip.includes(name) || (targets && !targets.includes(view.targets))) continue
      findings.push(...run(context))
      checks.push(name)
    }
  }
  if (args) {
    const context = settingsContext({
      args: trainingArguments(args, { hasEval: evalExamples.length > 0 }),
      start,
      trainExamples: trainExamples.length,
    })
    for (const { name, run } of settingsChecks) {
      if (skip.includes(name)) continue
      findings.push(...run(context))
      checks.push(name)
    }
  }
  findings.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
  return { findings, counts: countSeverities(findings), checks, seconds: (performance.now() - started) / 1000 }
}

/** Findings by severity. */
export function countSeverities(findings: readonly Pick<Finding, 'severity'>[]): Record<Severity, number> {
  const counts = { error: 0, warning: 0, info: 0 }
  for (const { severity } of findings) counts[severity]++
  return counts
}
