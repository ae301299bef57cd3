import { ShapeError } from '../core/errors.ts'
import type { BootstrapOptions, MetricInterval } from './bootstrap.ts'
import { bootstrapScores } from './example-scorer.ts'
import { checkExamples } from './metrics.ts'
import { unknownMetric } from './unknown-metric.ts'

/** Numbers that a model predicted, beside the true ones: both float [N]. */
export interface RegressionResult {
  predictions: ArrayLike<number>
  targets: ArrayLike<number>
}

/** Some examples: float64 [N] each. */
interface Chosen {
  predictions: Float64Array
  targets: Float64Array
  /** Ranks of the predictions and of the targets. */
  ranks(): [Float64Array, Float64Array]
}

/** Metrics of a regression by name; all but the errors are better when greater. */
const metrics: Readonly<Record<string, (chosen: Chosen) => number>> = {
  pearson: ({ predictions, targets }) => pearson(predictions, targets),
  spearman: ({ ranks }) => pearson(...ranks()),
  mse: meanSquaredError,
  rmse: (chosen) => Math.sqrt(meanSquaredError(chosen)),
  mae: (chosen) => meanError(chosen, Math.abs),
  r2: (chosen) => {
    const centre = mean(chosen.targets)
    const variance = chosen.targets.reduce((sum, value) => sum + (value - centre) ** 2, 0) / chosen.targets.length
    return 1 - meanSquaredError(chosen) / variance
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
  const values = regressionScorer(result, names)(everyExample(result))
  return Object.fromEntries(names.map((name, m) => [name, values[m]]))
}

/** Values with percentile bootstrap intervals over examples. @throws as `regressionMetrics` and `bootstrapInterval` */
export function bootstrapRegression(
  result: RegressionResult,
  names: readonly string[],
  options: BootstrapOptions,
): Record<string, MetricInterval> {
  const scorer = { names, examples: result.targets.length, score: regressionScorer(result, names) }
  return bootstrapScores(scorer, everyExample(result), options)
}

/** Metrics of any choice of examples, as a function of their indices. @throws as `regressionMetrics` */
export function regressionScorer(
  result: RegressionResult,
  names: readonly string[],
): (indices: Int32Array) => Float64Array {
  const computes = names.map((name) => metrics[findRegressionMetric(name)])
  const [predictions, targets] = columns(result)
  const places = names.includes('spearman') ? [sortedPlaces(predictions), sortedPlaces(targets)] : []
  return (indices) => {
    const [own, truth] = [pick(predictions, indices), pick(targets, indices)]
    const ranks = (): [Float64Array, Float64Array] => [ranksOf(places[0], indices), ranksOf(places[1], indices)]
    return Float64Array.from(computes, (compute) => compute({ predictions: own, targets: truth, ranks }))
  }
}

// A loop, since `from` with a function takes ten times as long, and this runs thousands of times.
function pick(values: Float64Array, indices: Int32Array): Float64Array {
  const result = new Float64Array(indices.length)
  for (let i = 0; i < result.length; i++) result[i] = values[indices[i]]
  return result
}

const everyExample = ({ targets }: RegressionResult): Int32Array => Int32Array.from(targets, (_, i) => i)

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

/** Where each value stands among the distinct ones, sorted: with it, ranks of a choice of them need no sorting. */
interface SortedPlaces {
  /** int32 [N] */
  places: Int32Array
  /** float64 [distinct], ascending; each NaN is one of its own. */
  distinct: Float64Array
}

function sortedPlaces(values: Float64Array): SortedPlaces {
  const key = (i: number) => (Number.isNaN(values[i]) ? Number.POSITIVE_INFINITY : values[i])
  const order = Int32Array.from(values, (_, i) => i).sort((a, b) => key(a) - key(b) || 0)
  const places = new Int32Array(values.length)
  const distinct: number[] = []
  for (const i of order) {
    if (distinct.length === 0 || values[i] !== distinct[distinct.length - 1]) distinct.push(values[i])
    places[i] = distinct.length - 1
  }
  return { places, distinct: Float64Array.from(distinct) }
}

/** Ranks from 1 among the chosen; equal values share the mean of theirs, NaN has none. */
function ranksOf({ places, distinct }: SortedPlaces, indices: Int32Array): Float64Array {
  const counts = new Int32Array(distinct.length)
  for (const index of indices) counts[places[index]]++
  let before = 0
  const ranks = new Float64Array(distinct.length)
  for (let place = 0; place < ranks.length; place++) {
    ranks[place] = Number.isNaN(distinct[place]) ? Number.NaN : before + (counts[place] + 1) / 2
    before += counts[place]
  }
  const result = new Float64Array(indices.length)
  for (let i = 0; i < result.length; i++) result[i] = ranks[places[indices[i]]]
  return result
}

type Sides = Pick<Chosen, 'predictions' | 'targets'>

function meanSquaredError(sides: Sides): number {
  return meanError(sides, (difference) => difference * difference)
}

function meanError({ predictions, targets }: Sides, errorOf: (difference: number) => number): number {
  let sum = 0
  for (let i = 0; i < targets.length; i++) sum += errorOf(predictions[i] - targets[i])
  return sum / targets.length
}

function mean(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}
