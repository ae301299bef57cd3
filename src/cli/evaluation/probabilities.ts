/** What can be done with a classifier's probabilities: a temperature, a threshold. */
import { ConfigError, DataError } from '../../core/errors.ts'
import { findBinaryThreshold, type ThresholdGoal } from '../../training/binary-threshold.ts'
import { isBoundTemperature } from '../../training/calibration.ts'
import type { FoundThreshold } from '../../training/evaluation-record.ts'
import { positiveLabel } from '../../training/metrics.ts'
import type { ClassificationPredictions } from '../../training/tasks/text-classification.ts'
import type { TemperatureFit } from '../../training/temperature.ts'
import { formatMetric } from '../tables.ts'

/** Flags of `evaluate` that only text classification has. */
export interface ProbabilityValues {
  readonly fitTemperature?: boolean
  readonly saveCalibrated?: string
  readonly bestThreshold?: string
}

/** @throws ConfigError for flags that do not fit the task or the labels */
export function checkProbabilityFlags(task: string, labels: readonly string[], values: ProbabilityValues): void {
  const { fitTemperature, saveCalibrated, bestThreshold } = values
  if (saveCalibrated !== undefined && !fitTemperature)
    throw new ConfigError('FLAG_VALUE', '--save-calibrated needs --fit-temperature')
  if (!fitTemperature && bestThreshold === undefined) return
  if (task !== 'text-classification') {
    const flag = fitTemperature ? '--fit-temperature' : '--best-threshold'
    throw new ConfigError('FLAG_TASK', `${flag} is not for ${task}, but for text-classification: leave it out`)
  }
  if (bestThreshold === undefined) return
  readGoal(bestThreshold)
  if (labels.length !== 2) {
    throw new ConfigError(
      'NOT_BINARY',
      `--best-threshold is for two labels, the model has ${labels.length}: leave it out`,
    )
  }
}

/** @throws ConfigError for a goal that is none */
function readGoal(text: string): ThresholdGoal {
  if (text === 'f1') return { metric: 'f1' }
  const [, metric, share] = /^(precision|recall)=(.+)$/.exec(text) ?? []
  const least = Number(share)
  if (metric !== undefined && least > 0 && least <= 1) return { metric: metric as 'precision' | 'recall', least }
  throw new ConfigError(
    'FLAG_VALUE',
    `--best-threshold is f1, precision=P or recall=P with P above 0 and at most 1, such as precision=0.95, not "${text}"`,
  )
}

/**
 * The threshold that was asked for.
 * @throws ConfigError `NO_THRESHOLD` if none reaches the goal; DataError `ONE_LABEL` if the examples are all of one label
 */
export function searchThreshold(
  goalText: string,
  names: readonly string[],
  { probabilities, labels, numLabels }: ClassificationPredictions,
): FoundThreshold {
  const goal = readGoal(goalText)
  const positive = positiveLabel(numLabels)!
  const scores = Array.from(labels, (_, i) => probabilities[i * numLabels + positive])
  const isPositive = Array.from(labels, (label) => Number(label === positive))
  if (isPositive.every((one) => one === isPositive[0])) {
    throw new DataError(
      'ONE_LABEL',
      `all ${labels.length} examples have the label "${names[labels[0]]}": --best-threshold needs examples of both labels`,
    )
  }
  const found = findBinaryThreshold(scores, isPositive, goal)
  if (!found) {
    const asked = goalText.replace('=', ' of ')
    throw new ConfigError('NO_THRESHOLD', `no threshold has a ${asked} on this data: ask for less`)
  }
  const other = { f1: '', precision: 'recall', recall: 'precision' }[goal.metric]
  const best = goal.metric === 'f1' ? 'F1' : `${other} with a ${goal.metric} of at least ${goal.least}`
  return { ...found, label: names[positive], goal: best }
}

export function thresholdText({ label, goal, ...found }: FoundThreshold, file: string): string {
  const scores = (['precision', 'recall', 'f1'] as const)
    .map((name) => `${name} ${formatMetric(found[name])}`)
    .join(', ')
  return (
    `threshold for the best ${goal}, found on ${file}:\n` +
    `  “${label}” from a probability of ${formatMetric(found.threshold)} on: ${scores}, ${found.predicted} predicted\n` +
    '  These scores are optimistic, since the threshold was chosen by the same examples: judge it on others.'
  )
}

/** @throws DataError `NO_TEMPERATURE` if the examples do not tell a temperature */
export function requireTemperature({ temperature }: TemperatureFit, file: string): void {
  if (!isBoundTemperature(temperature)) return
  throw new DataError(
    'NO_TEMPERATURE',
    `${file}: the examples do not tell a temperature, ${whyBound(temperature)}: give more examples, or leave --save-calibrated out`,
  )
}

const whyBound = (temperature: number): string =>
  temperature < 1
    ? 'since no wrong prediction says how sure is too sure'
    : 'since predictions are no better than chance'

export function temperatureText({ temperature, before, after }: TemperatureFit, file: string): string {
  if (isBoundTemperature(temperature)) {
    return `no temperature: the examples of ${file} do not tell one, ${whyBound(temperature)}`
  }
  return (
    `temperature ${formatMetric(temperature)}, fitted on ${file}:\n` +
    `  loss ${formatMetric(before.loss)} -> ${formatMetric(after.loss)}, expected calibration error ` +
    `${formatMetric(before.calibrationError)} -> ${formatMetric(after.calibrationError)}; no prediction changes\n` +
    '  Right only if the model was not trained on this file; the scores after are optimistic, since the temperature was\n' +
    '  fitted on the same examples: judge them on others.'
  )
}
