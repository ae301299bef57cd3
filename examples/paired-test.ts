/** Mean, spread and a paired test of a handful of runs. */

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Standard deviation of a sample. */
export function deviation(values: readonly number[]): number {
  const centre = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1))
}

/**
 * The probability that differences of pairs are as far from 0 on average as these, or further, if there is none: exact, over
 * all 2^n ways to swap the two of each pair (Fisher's randomisation test, two-sided). With 6 pairs at least 1/32.
 */
export function pairedTest(a: readonly number[], b: readonly number[]): number {
  const differences = a.map((value, i) => value - b[i])
  const observed = Math.abs(mean(differences))
  const ways = 2 ** differences.length
  let asFar = 0
  for (let way = 0; way < ways; way++) {
    const swapped = differences.map((difference, i) => ((way >> i) & 1 ? -difference : difference))
    if (Math.abs(mean(swapped)) >= observed - 1e-12) asFar++
  }
  return asFar / ways
}
