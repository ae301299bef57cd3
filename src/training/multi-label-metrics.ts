import { ShapeError } from '../core/errors.ts'
import { type BootstrapOptions, bootstrapInterval, type MetricInterval } from './bootstrap.ts'
import {
  type ClassScores,
  type ClassTotals,
  checkExamples,
  emptyTotals,
  microScores,
  type Scores,
  scoresOf,
  weightedScores,
} from './metrics.ts'
import { unknownMetric } from './unknown-metric.ts'

/** Labels that a model gave to some examples, beside the true ones: each 1 or 0, [N, C] row by row. */
export interface MultiLabelResult {
  predictions: ArrayLike<number>
  targets: ArrayLike<number>
  /** C */
  numLabels: number
}

/** Counts over all cells, by label, and over the examples whose every label is right. */
interface MultiLabelTotals {
  byLabel: ClassTotals
  exact: number
  wrongCells: number
  /** Sum over the examples of 2 correct / (predicted + actual), 0 where there are neither. */
  exampleF1: number
}

type Compute = (totals: MultiLabelTotals) => number

const family = (score: keyof Scores): [string, Compute][] => [
  [`${score}_micro`, ({ byLabel }) => microScores(byLabel)[score]],
  [`${score}_macro`, ({ byLabel }) => macro(byLabel)[score]],
  [`${score}_weighted`, ({ byLabel }) => weightedScores(byLabel)[score]],
]

/** Every metric by name; all but `hamming_loss` are better when greater. */
const metrics: Readonly<Record<string, Compute>> = Object.fromEntries([
  ...family('f1'),
  ...family('precision'),
  ...family('recall'),
  ['f1_samples', ({ exampleF1, byLabel }: MultiLabelTotals) => exampleF1 / byLabel.examples],
  ['accuracy', ({ exact, byLabel }: MultiLabelTotals) => exact / byLabel.examples],
  ['hamming_loss', ({ wrongCells, byLabel }: MultiLabelTotals) => wrongCells / (byLabel.examples * byLabel.numLabels)],
])

export const multiLabelMetricNames: readonly string[] = Object.keys(metrics)

/** @throws ConfigError `UNKNOWN_METRIC` naming the nearest known one */
export function findMultiLabelMetric(name: string): string {
  if (Object.hasOwn(metrics, name)) return name
  throw unknownMetric(name, multiLabelMetricNames)
}

/**
 * Precision, recall and F1 by micro, macro and weighted mean over the labels, F1 by examples, the share of the examples whose
 * every label is right (`accuracy`), and the share of wrong cells (`hamming_loss`), as scikit-learn computes them for
 * indicator matrices with `zero_division=0`.
 * @throws ConfigError `UNKNOWN_METRIC`; DataError `NO_EXAMPLES`; ShapeError `LENGTHS_DIFFER`
 */
export function multiLabelMetrics(result: MultiLabelResult, names = multiLabelMetricNames): Record<string, number> {
  const totals = count(result)
  return Object.fromEntries(names.map((name) => [findMultiLabelMetric(name), metrics[name](totals)]))
}

/** Scores of each label. @throws as `multiLabelMetrics` */
export function multiLabelScores(result: MultiLabelResult): ClassScores[] {
  const { byLabel } = count(result)
  return Array.from(byLabel.actual, (support, label) => ({ ...scoresOf(byLabel, label), support }))
}

/** Values with percentile bootstrap intervals over examples. @throws as `multiLabelMetrics` and `bootstrapInterval` */
export function bootstrapMultiLabel(
  result: MultiLabelResult,
  names: readonly string[],
  options: BootstrapOptions,
): Record<string, MetricInterval> {
  const values = multiLabelMetrics(result, names)
  const examples = result.targets.length / result.numLabels
  const interval = (name: string) =>
    bootstrapInterval(examples, (indices) => metrics[name](count(result, indices)), options)
  return Object.fromEntries(names.map((name) => [name, { value: values[name], ...interval(name) }]))
}

/** Metrics of any choice of examples, as a function of their indices. @throws as `multiLabelMetrics` */
export function multiLabelScorer(
  result: MultiLabelResult,
  names: readonly string[],
): (indices: Int32Array) => Float64Array {
  const computes = names.map((name) => metrics[findMultiLabelMetric(name)])
  return (indices) => {
    const totals = count(result, indices)
    return Float64Array.from(computes, (compute) => compute(totals))
  }
}

/** @param indices of examples, which may come more than once; default all */
function count({ predictions, targets, numLabels }: MultiLabelResult, indices?: Int32Array): MultiLabelTotals {
  if (predictions.length !== targets.length || targets.length % numLabels !== 0) {
    throw new ShapeError(
      'LENGTHS_DIFFER',
      `there are ${predictions.length} predictions and ${targets.length} targets of ${numLabels} labels: each example needs ` +
        'one of both for each label',
    )
  }
  const examples = indices?.length ?? targets.length / numLabels
  checkExamples(examples)
  const byLabel = emptyTotals(numLabels)
  byLabel.examples = examples
  const totals: MultiLabelTotals = { byLabel, exact: 0, wrongCells: 0, exampleF1: 0 }
  for (let i = 0; i < examples; i++) {
    const row = (indices?.[i] ?? i) * numLabels
    let wrong = 0
    let correct = 0
    let marked = 0
    for (let label = 0; label < numLabels; label++) {
      const predicted = predictions[row + label] > 0 ? 1 : 0
      const actual = targets[row + label] > 0 ? 1 : 0
      byLabel.predicted[label] += predicted
      byLabel.actual[label] += actual
      byLabel.correct[label] += predicted * actual
      wrong += predicted === actual ? 0 : 1
      correct += predicted * actual
      marked += predicted + actual
    }
    totals.wrongCells += wrong
    if (wrong === 0) totals.exact++
    if (marked > 0) totals.exampleF1 += (2 * correct) / marked
  }
  return totals
}

/** Mean over all labels: unlike with one label an example, those that do not occur count as 0. */
function macro(totals: ClassTotals): Scores {
  const sums = { precision: 0, recall: 0, f1: 0 }
  for (let label = 0; label < totals.numLabels; label++) {
    const scores = scoresOf(totals, label)
    for (const name of ['precision', 'recall', 'f1'] as const) sums[name] += scores[name] / totals.numLabels
  }
  return sums
}
