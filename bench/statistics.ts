/** What a list of measured values is reported by. */
export interface Summary {
  median: number
  min: number
  max: number
  /** The distance between the quartiles, which half of the values lie in. */
  iqr: number
  /** As they were measured. */
  values: number[]
}

export function summarize(values: readonly number[]): Summary {
  return {
    median: quantile(values, 0.5),
    min: Math.min(...values),
    max: Math.max(...values),
    iqr: quantile(values, 0.75) - quantile(values, 0.25),
    values: [...values],
  }
}

/** The quantile with linear interpolation between neighbours, NumPy's default. @param q 0 to 1 */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * q
  const low = Math.floor(place)
  const high = Math.ceil(place)
  return sorted[low] + (sorted[high] - sorted[low]) * (place - low)
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

export const mean = (values: readonly number[]): number => sum(values) / values.length

/** Of the mean: the sample's standard deviation (divisor n - 1) over the root of n; NaN for one value. */
export function standardError(values: readonly number[]): number {
  const center = mean(values)
  const squares = sum(values.map((value) => (value - center) ** 2))
  return Math.sqrt(squares / (values.length - 1) / values.length)
}
