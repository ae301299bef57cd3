import { ConfigError, DataError } from '../../core/errors.ts'
import { listedLabels } from '../../data/labels.ts'
import type { Tokenizer } from '../../tokenizers/index.ts'
import type { ModelComparison } from '../../training/evaluation-record.ts'
import type { LabelledModel } from '../../training/tasks/finetune-task.ts'
import { comparisonSentence, differenceVerdict, formatP } from '../../training/verdict.ts'
import { formatMetric, textTable } from '../tables.ts'

/** A model by its folder. */
interface NamedModel extends LabelledModel {
  folder: string
  /** What it was trained for. */
  commandTask: { readonly name: string }
}

/**
 * Whether two models' answers can be compared.
 * @throws ConfigError `COMPARED_TASKS` if they are for different tasks; `COMPARED_LABELS` if they call classes by different names, or
 *   have them in another order
 */
export function requireComparable(
  { classNames }: { classNames?(model: LabelledModel): readonly string[] },
  first: NamedModel,
  second: NamedModel,
): void {
  if (first.commandTask.name !== second.commandTask.name) {
    throw new ConfigError(
      'COMPARED_TASKS',
      `${first.folder} is a model for ${first.commandTask.name}, ${second.folder} is one for ${second.commandTask.name}: only models for the same ` +
        'task can be compared',
    )
  }
  const [own, other] = [first, second].map((model) => classNames?.(model) ?? [])
  if (own.length === other.length && own.every((label, i) => label === other[i])) return
  throw new ConfigError(
    'COMPARED_LABELS',
    `${first.folder} has the labels ${listedLabels(own)}; ${second.folder} has the labels ${listedLabels(other)}: models can be compared ` +
      'only if they have the same labels in the same order. Train one of them again with the labels of the other.',
  )
}

/**
 * Whether two language models have been asked for the same tokens, without which perplexities do not compare.
 * @throws ConfigError `COMPARED_VOCABULARIES` or `COMPARED_LENGTHS`
 */
export function requireSameTokens(first: LanguageModel, second: LanguageModel): void {
  const [own, other] = [first.tokenizer, second.tokenizer]
  const isSame = (_: unknown, id: number) => own.idToToken(id) === other.idToToken(id)
  if (own.vocabSize !== other.vocabSize || !Array.from({ length: own.vocabSize }).every(isSame)) {
    throw new ConfigError(
      'COMPARED_VOCABULARIES',
      'the two models have different vocabularies: their perplexities do not compare, since each has other tokens to tell',
    )
  }
  if (first.maxLength !== second.maxLength) {
    throw new ConfigError(
      'COMPARED_LENGTHS',
      `one model reads ${first.maxLength} tokens at once and the other ${second.maxLength}: give both the same with ` +
        `--max-length ${Math.min(first.maxLength, second.maxLength)}, so that they are asked for the same tokens`,
    )
  }
}

/** How a language model reads texts. */
interface LanguageModel {
  tokenizer: Pick<Tokenizer, 'vocabSize' | 'idToToken'>
  /** Tokens. */
  maxLength: number
}

/**
 * Whether the data fits the other model, too.
 * @throws as the task's `check`, naming the model
 */
export function checkCompared<Example>(
  task: { check(model: LabelledModel, examples: readonly Example[]): void },
  model: NamedModel,
  examples: readonly Example[],
): void {
  try {
    task.check(model, examples)
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    throw new DataError(error.code, `${model.folder}: ${error.message}`, { cause: error })
  }
}

/** Both values of each metric, the difference, and whether it may be chance. */
export function comparisonText(folder: string, { model, metrics }: ModelComparison): string {
  const signed = (value: number) => (value > 0 ? `+${formatMetric(value)}` : formatMetric(value))
  const rows = Object.entries(metrics).map(([name, row]) => [
    name,
    formatMetric(row.first),
    formatMetric(row.second),
    signed(row.difference),
    `${signed(row.low)} – ${signed(row.high)}`,
    formatP(row.p),
    differenceVerdict(name, row),
  ])
  const table = textTable([['metric', 'this', 'other', 'difference', '95 % interval', 'p', ''], ...rows], {
    right: [1, 2, 3, 5],
  })
  return `${folder} (this) against ${model} (other), on the same examples:\n${table}\n  ${comparisonSentence(folder, { model, metrics })}`
}
