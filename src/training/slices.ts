import { ShapeError } from '../core/errors.ts'
import type { BootstrapOptions, MetricInterval } from './bootstrap.ts'
import { bootstrapScores, type ExampleScorer } from './example-scorer.ts'

/** Metrics of the examples that have something in common. */
export interface SliceMetrics {
  /** What they have in common. */
  value: string
  examples: number
  metrics: Record<string, MetricInterval>
  /** So few that intervals, too, are not to be trusted. */
  tooFew: boolean
}

/** Below so many examples, percentile intervals are too narrow and values say little. */
export const fewestExamples = 30

/** Values of a column that are shown by themselves; rarer ones are put together. */
const mostSlices = 20
const otherValues = '(other values)'

/**
 * Metrics with 95 % intervals of each slice of the examples.
 * @param values one an example: examples of one value are a slice; beyond 20 values the rarest become one
 * @param options.order of the values, such as that of `lengthBuckets`: then all are shown, those that it lacks at the end; by
 * default the largest slice is the first
 * @throws ShapeError `LENGTHS_DIFFER`; as `bootstrapInterval`
 */
export function sliceMetrics(
  scorer: ExampleScorer,
  values: readonly string[],
  { order, ...options }: BootstrapOptions & { order?: readonly string[] },
): SliceMetrics[] {
  if (values.length !== scorer.examples) {
    throw new ShapeError('LENGTHS_DIFFER', `there are ${values.length} values for ${scorer.examples} examples`)
  }
  const slices = new Map<string, number[]>()
  values.forEach((value, i) => {
    const slice = slices.get(value)
    if (slice) slice.push(i)
    else slices.set(value, [i])
  })
  const bySize = [...slices].sort(([, a], [, b]) => b.length - a.length)
  const place = (value: string) => (order!.includes(value) ? order!.indexOf(value) : order!.length)
  const shown = order
    ? [...bySize].sort(([a], [b]) => place(a) - place(b))
    : bySize.slice(0, bySize.length > mostSlices ? mostSlices - 1 : undefined)
  const rest = bySize.slice(shown.length).flatMap(([, indices]) => indices)
  if (rest.length > 0) shown.push([otherValues, rest])
  return shown.map(([value, indices]) => ({
    value,
    examples: indices.length,
    metrics: bootstrapScores(scorer, Int32Array.from(indices), options),
    tooFew: indices.length < fewestExamples,
  }))
}

/**
 * Puts lengths into up to four buckets of about as many examples each.
 * @param lengths whole numbers
 * @returns the bucket of each, e.g. `12–40`, and all buckets in ascending order
 */
export function lengthBuckets(lengths: readonly number[]): { values: string[]; order: string[] } {
  const sorted = [...lengths].sort((a, b) => a - b)
  const upper = [...new Set([0.25, 0.5, 0.75, 1].map((q) => sorted[Math.ceil(q * sorted.length) - 1]))]
  const order = upper.map((high, i) => {
    const low = i === 0 ? sorted[0] : sorted.find((length) => length > upper[i - 1])!
    return low === high ? String(low) : `${low}–${high}`
  })
  const values = lengths.map((length) => order[upper.findIndex((high) => length <= high)])
  return { values, order }
}
