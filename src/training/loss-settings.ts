import { ConfigError, didYouMean } from '../core/errors.ts'
import { checkLossOptions, type LossOptions } from '../models/loss-options.ts'

/** The training arguments that change the loss of tasks which tell one class of several. */
export interface LossSettings {
  /** Share of each label that goes to all classes alike, from 0 (default) to 1. */
  labelSmoothing: number
  /**
   * What an item of each class weighs: `none` (default), all the same; `balanced`, inversely to how often the class comes in the
   * training data, as scikit-learn has it; or numbers by label, 1 for those that are not named.
   */
  classWeights: 'none' | 'balanced' | Readonly<Record<string, number>>
  /** How much less items count that the model is sure of (focal loss); 0 (default): all the same. */
  focalGamma: number
}

export const lossDefaults: Readonly<LossSettings> = { labelSmoothing: 0, classWeights: 'none', focalGamma: 0 }

/** What these settings need of a task; one that has no `classIds` cannot have them. */
export interface ClassTask<Item> {
  name?: string
  /** The classes that the labels of an item name: one for a text, one for each labelled token. */
  classIds?(item: Item): ArrayLike<number>
}

interface LabelledModel {
  config: { labels: readonly string[] }
}

/** Checks these settings as far as that needs no model. @throws ConfigError naming the setting */
export function checkLossSettings({ labelSmoothing, classWeights, focalGamma }: LossSettings): void {
  const fail = (expected: string) => new ConfigError('ARGUMENT', expected)
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw fail(`labelSmoothing must be a number from 0 to 1, not ${labelSmoothing}`)
  }
  if (!(focalGamma >= 0 && focalGamma < Number.POSITIVE_INFINITY)) {
    throw fail(`focalGamma must be a number of at least 0, not ${focalGamma}`)
  }
  if (classWeights === 'none' || classWeights === 'balanced') return
  if (typeof classWeights !== 'object' || classWeights === null || Array.isArray(classWeights)) {
    throw fail(`classWeights must be none, balanced or numbers by label, not ${classWeights}`)
  }
  for (const [label, weight] of Object.entries(classWeights)) {
    // Weights are float32 in the graph.
    if (!(weight >= 0 && Number.isFinite(Math.fround(weight)))) {
      throw fail(`classWeights of "${label}" must be a number from 0 to 3.4e38, not ${weight}`)
    }
  }
}

/** Whether a task can have these settings, as far as that needs no labels. @throws ConfigError naming the setting */
export function requireClassTask(
  settings: LossSettings,
  { name = 'this task', classIds }: { name?: string; classIds?: unknown },
): void {
  const names = Object.keys(lossDefaults) as (keyof LossSettings)[]
  const given = names.find((setting) => settings[setting] !== lossDefaults[setting])
  if (given !== undefined && !classIds) {
    throw new ConfigError(
      'LOSS_OPTIONS',
      `${given} is for tasks that tell one class of several, text-classification and token-classification, not for ${name}: ` +
        'leave it out',
    )
  }
}

/**
 * Whether a task and its labels can have these settings, before anything takes time or is written.
 * @throws ConfigError naming the setting
 */
export function requireLossTask<Item>(settings: LossSettings, task: ClassTask<Item>, model: LabelledModel): void {
  requireClassTask(settings, task)
  if (typeof settings.classWeights === 'string') return
  const { labels } = model.config
  const unknown = Object.keys(settings.classWeights).find((label) => !labels.includes(label))
  if (unknown !== undefined) {
    throw new ConfigError(
      'CLASS_WEIGHTS',
      `classWeights has "${unknown}", which is no label of the model${didYouMean(unknown, labels)} (its labels: ${labels
        .slice(0, 50)
        .map((label) => `"${label}"`)
        .join(', ')})`,
    )
  }
  checkLossOptions({ classWeights: weightsOf(settings.classWeights, labels) }, labels)
}

/** Weights by label in the order of the labels. */
const weightsOf = (weights: Readonly<Record<string, number>>, labels: readonly string[]): number[] =>
  labels.map((label) => (Object.hasOwn(weights, label) ? weights[label] : 1))

/**
 * The loss that these settings ask for; absent if it is the plain one.
 * @throws ConfigError as `requireLossTask`
 */
export function lossOptions<Item>(
  settings: LossSettings,
  task: ClassTask<Item>,
  model: LabelledModel,
  items: Iterable<Item>,
): LossOptions | undefined {
  requireLossTask(settings, task, model)
  const { labelSmoothing, classWeights, focalGamma } = settings
  if (labelSmoothing === 0 && focalGamma === 0 && classWeights === 'none') return undefined
  const { labels } = model.config
  const options: LossOptions = {
    labelSmoothing,
    focalGamma,
    ...(classWeights === 'balanced' && { classWeights: balancedWeights(countClasses(items, task, labels.length)) }),
    ...(typeof classWeights === 'object' && { classWeights: weightsOf(classWeights, labels) }),
  }
  checkLossOptions(options, labels)
  return options
}

/**
 * What an item of each class weighs so that all classes weigh the same: items / (classes * items of the class), counting the
 * classes that occur; 1 for those that do not. As scikit-learn's `compute_class_weight('balanced')`.
 */
export function balancedWeights(counts: ArrayLike<number>): number[] {
  const all = Array.from(counts)
  const total = all.reduce((sum, count) => sum + count, 0)
  const occurring = all.filter((count) => count > 0).length
  return all.map((count) => (count === 0 ? 1 : total / (occurring * count)))
}

function countClasses<Item>(items: Iterable<Item>, { classIds }: ClassTask<Item>, classes: number): Int32Array {
  const counts = new Int32Array(classes)
  for (const item of items) {
    const ids = classIds!(item)
    for (let i = 0; i < ids.length; i++) counts[ids[i]]++
  }
  return counts
}
