import { type BootstrapOptions, bootstrapMean, type MetricInterval } from './bootstrap.ts'
import { checkExamples } from './metrics.ts'
import { unknownMetric } from './unknown-metric.ts'

/** Probabilities of each example's choices, and which choice is right. */
export interface ChoiceResult {
  probabilities: readonly ArrayLike<number>[]
  /** int [N], from 0 */
  labels: ArrayLike<number>
}

/** What an example adds to the mean that a metric is, by the rank of its right choice, from 1. */
const metrics: Readonly<Record<string, (rank: number) => number>> = {
  accuracy: (rank) => Number(rank === 1),
  mean_reciprocal_rank: (rank) => 1 / rank,
}

export const choiceMetricNames: readonly string[] = Object.keys(metrics)

/** @throws ConfigError `UNKNOWN_METRIC` naming the nearest known one */
export function findChoiceMetric(name: string): string {
  if (Object.hasOwn(metrics, name)) return name
  throw unknownMetric(name, choiceMetricNames)
}

/**
 * Share of the examples whose likeliest choice is the right one, and the mean of 1 / rank of the right choice; of equally
 * likely ones the first counts as likelier.
 * @throws ConfigError `UNKNOWN_METRIC`; DataError `NO_EXAMPLES`
 */
export function choiceMetrics(result: ChoiceResult, names = choiceMetricNames): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, mean(perExample(result, name))]))
}

/** Values with percentile bootstrap intervals over examples. @throws as `choiceMetrics` and `bootstrapMean` */
export function bootstrapChoices(
  result: ChoiceResult,
  names: readonly string[],
  options: BootstrapOptions,
): Record<string, MetricInterval> {
  return Object.fromEntries(names.map((name) => [name, bootstrapMean(perExample(result, name), options)]))
}

/** Metrics of any choice of examples, as a function of their indices. @throws as `choiceMetrics` */
export function choiceScorer(result: ChoiceResult, names: readonly string[]): (indices: Int32Array) => Float64Array {
  const shares = names.map((name) => perExample(result, name))
  return (indices) =>
    Float64Array.from(shares, (share) => indices.reduce((sum, i) => sum + share[i], 0) / indices.length)
}

/** The place of the likeliest choice; the first of equals. */
export const likeliest = (probabilities: ArrayLike<number>): number =>
  Array.from(probabilities).reduce((best, p, k) => (p > probabilities[best] ? k : best), 0)

function perExample({ probabilities, labels }: ChoiceResult, name: string): Float64Array {
  checkExamples(labels.length)
  const share = metrics[findChoiceMetric(name)]
  return Float64Array.from(labels, (label, i) => {
    const row = Array.from(probabilities[i])
    return share(1 + row.filter((p, k) => p > row[label] || (p === row[label] && k < label)).length)
  })
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length
