import type { HistoryRow } from '../run-record.ts'
import { isFiniteNumber } from './format.ts'

/** One value of a curve; NaN where the run logged something that is no finite number. */
export interface Point {
  step: number
  epoch?: number
  value: number
}

/** Points of consecutive steps drawn as one. */
export interface Bucket {
  /** Of the last point. */
  step: number
  epoch?: number
  /** Of the last finite point; NaN if there is none. */
  last: number
  low: number
  high: number
}

/** The rows that have `key`, as points. */
export function seriesOf(history: readonly HistoryRow[], key: string): Point[] {
  const points: Point[] = []
  for (const row of history) {
    if (!(key in row) || row[key] === undefined) continue
    const value = row[key]
    points.push({
      step: row.step,
      ...(isFiniteNumber(row.epoch) ? { epoch: row.epoch } : {}),
      value: isFiniteNumber(value) ? value : Number.NaN,
    })
  }
  return points
}

/**
 * Exponential moving average with its start corrected (Adam's correction), passing over values that are no numbers.
 * @param keep weight of the past, in [0, 1)
 */
export function smooth(points: readonly Point[], keep: number): Point[] {
  let average = 0
  let weight = 0
  return points.map((point) => {
    if (Number.isNaN(point.value)) return point
    average = keep * average + (1 - keep) * point.value
    weight = keep * weight + (1 - keep)
    return { ...point, value: average / weight }
  })
}

/** Weight of the past that suits a curve of so many points: it looks back over about a 25th of them. */
export function smoothingFor(count: number): number {
  return Math.min(0.99, 1 - 1 / Math.max(1, count / 25))
}

/** At most `limit` buckets of equally many points; each keeps its extremes, so that a spike stays visible. */
export function downsample(points: readonly Point[], limit: number): Bucket[] {
  const count = Math.min(limit, points.length)
  return Array.from({ length: count }, (_, b) => {
    const start = Math.floor((b * points.length) / count)
    const end = Math.floor(((b + 1) * points.length) / count)
    let low = Infinity
    let high = -Infinity
    let last = Number.NaN
    for (let i = start; i < end; i++) {
      const { value } = points[i]
      if (Number.isNaN(value)) continue
      low = Math.min(low, value)
      high = Math.max(high, value)
      last = value
    }
    const { step, epoch } = points[end - 1]
    return { step, ...(epoch === undefined ? {} : { epoch }), last, low, high }
  })
}
