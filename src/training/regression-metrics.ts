import { ShapeError } from '../core/errors.ts'
import { type BootstrapOptions, bootstrapInterval, type MetricInterval } from './bootstrap.ts'
import { checkExamples } from './metrics.ts'
import { unknownMetric } from './unknown-metric.ts'

/** Numbers that a model predicted, beside the true ones: both float [N]. */
export interface RegressionResult {
  predictions: ArrayLike<number>
  targets: ArrayLike<number>
}

/** Metrics of a regression by name; all but the errors are better when greater. */
const metrics: Readonly<Record<string, (predictions: Float64Array, targets: Float64Array) => number>> = {
  pearson,
  spearman: (predictions, targets) => pearson(ranks(predictions), ranks(targets)),
  mse: meanSquaredError,
  rmse: (predictions, targets) => Math.sqrt(meanSquaredError(predictions, targets)),
  mae: (predictions, targets) => mean(predictions.map((value, i) => Math.abs(value - targets[i]))),
  r2: (predictions, targets) => {
    const centre = mean(targets)
    const variance = mean(targets.map((value) => (value - centre) ** 2))
    return 1 - meanSquaredError(predictions, targets) / variance
  },
}

export const regressionMetricNames: readonly string[] = Object.keys(metrics)

/** @throws ConfigError `UNKNOWN_METRIC` naming the nearest known one */
export function findRegressionMetric(name: string): string {
  if (Object.hasOwn(metrics, name)) return name
  throw unknownMetric(name, regressionMetricNames)
}

/**
 * Pearson's and Spearman's correlation as scipy.stats computes them (equal values share the mean of their ranks; NaN where one
 * side is constant), mean squared and absolute error, and the coefficient of determination as scikit-learn.
 * @throws ConfigError `UNKNOWN_METRIC`; DataError `NO_EXAMPLES`; ShapeError `LENGTHS_DIFFER`
 */
export function regressionMetrics(
  result: RegressionResult,
  names: readonly string[] = regressionMetricNames,
): Record<string, number> {
  const [predictions, targets] = columns(result)
  return Object.fromEntries(names.map((name) => [findRegressionMetric(name), metrics[name](predictions, targets)]))
}

/** Values with percentile bootstrap intervals over examples. @throws as `regressionMetrics` and `bootstrapInterval` */
export function bootstrapRegression(
  result: RegressionResult,
  names: readonly string[],
  options: BootstrapOptions,
): Record<string, MetricInterval> {
  const values = regressionMetrics(result, names)
  const [predictions, targets] = columns(result)
  const pick = (from: Float64Array, indices: Int32Array) => Float64Array.from(indices, (index) => from[index])
  const interval = (name: string) =>
    bootstrapInterval(
      targets.length,
      (indices) => metrics[name](pick(predictions, indices), pick(targets, indices)),
      options,
    )
  return Object.fromEntries(names.map((name) => [name, { value: values[name], ...interval(name) }]))
}

/** Metrics of any choice of examples, as a function of their indices. @throws as `regressionMetrics` */
export function regressionScorer(
  result: RegressionResult,
  names: readonly string[],
): (indices: Int32Array) => Float64Array {
  const computes = names.map((name) => metrics[findRegressionMetric(name)])
  const [predictions, targets] = columns(result)
  return (indices) => {
    const [own, truth] = [predictions, targets].map((from) => Float64Array.from(indices, (index) => from[index]))
    return Float64Array.from(computes, (compute) => compute(own, truth))
  }
}

function columns({ predictions, targets }: RegressionResult): [Float64Array, Float64Array] {
  if (predictions.length !== targets.length) {
    throw new ShapeError(
      'LENGTHS_DIFFER',
      `there are ${predictions.length} predictions for ${targets.length} targets: each example needs one of both`,
    )
  }
  checkExamples(targets.length)
  return [Float64Array.from(predictions), Float64Array.from(targets)]
}

function pearson(a: Float64Array, b: Float64Array): number {
  const [centreA, centreB] = [mean(a), mean(b)]
  let both = 0
  let squaresA = 0
  let squaresB = 0
  for (let i = 0; i < a.length; i++) {
    both += (a[i] - centreA) * (b[i] - centreB)
    squaresA += (a[i] - centreA) ** 2
    squaresB += (b[i] - centreB) ** 2
  }
  const correlation = both / Math.sqrt(squaresA * squaresB)
  return Math.max(-1, Math.min(1, correlation)) // NaN stays
}

/** Ranks from 1; equal values share the mean of theirs. */
function ranks(values: Float64Array): Float64Array {
  const order = [...values.keys()].sort((a, b) => values[a] - values[b])
  const result = new Float64Array(values.length)
  for (let start = 0; start < order.length; ) {
    let end = start + 1
    while (end < order.length && values[order[end]] === values[order[start]]) end++
    for (let i = start; i < end; i++) result[order[i]] = (start + 1 + end) / 2
    start = end
  }
  return result
}

function meanSquaredError(predictions: Float64Array, targets: Float64Array): number {
  return mean(predictions.map((value, i) => (value - targets[i]) ** 2))
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
