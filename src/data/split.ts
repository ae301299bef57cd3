import { ConfigError, DataError } from '../core/errors.ts'
import { randomStream } from '../core/random.ts'

/** How to split data into a training and an evaluation part. */
export interface SplitOptions<T> {
  /** Share of the items that goes to evaluation, in (0, 1). */
  fraction: number
  seed: number
  /** The class of an item; items without one form a class of their own. */
  labelOf: (item: T) => string | number | undefined
}

/**
 * Splits items at random so that each class keeps its share on both sides, in source order inside each side.
 *
 * Each class differs from its exact share by less than one item, and from 2 items on has at least one on each side. A class
 * of one item goes to training, since a model cannot be evaluated on what it never saw. The total is the rounded share where
 * these rules allow (largest remainders are rounded up). The same seed and items give the same split.
 * @throws ConfigError for a fraction outside (0, 1); DataError if no class has two items
 */
export function stratifiedSplit<T>(items: readonly T[], options: SplitOptions<T>): { train: T[]; eval: T[] } {
  const { fraction, seed, labelOf } = options
  if (!(fraction > 0 && fraction < 1)) {
    throw new ConfigError(
      'SPLIT_FRACTION',
      `expected a fraction of the data between 0 and 1, both excluded, such as 0.1, found ${fraction}.`,
    )
  }
  const classes = new Map<string | number | undefined, number[]>()
  items.forEach((item, index) => {
    const label = labelOf(item)
    const members = classes.get(label)
    if (members) members.push(index)
    else classes.set(label, [index])
  })
  const groups = [...classes.values()]
  const sizes = evalSizes(
    groups.map((group) => group.length),
    fraction,
  )
  if (sizes.every((size) => size === 0)) {
    throw new DataError(
      'SPLIT_TOO_SMALL',
      `cannot split ${items.length} items of ${groups.length} classes: each class needs two items or more. ` +
        'Add data or give a separate evaluation file.',
    )
  }
  const chosen = new Uint8Array(items.length)
  groups.forEach((group, i) => {
    const shuffled = randomStream(seed, 'split', i).shuffle([...group])
    for (const index of shuffled.slice(0, sizes[i])) chosen[index] = 1
  })
  return { train: items.filter((_, i) => chosen[i] === 0), eval: items.filter((_, i) => chosen[i] === 1) }
}

/** How many items of each class go to evaluation: floors first, then the largest remainders up to the rounded total. */
function evalSizes(counts: number[], fraction: number): number[] {
  const exact = counts.map((count) => count * fraction)
  const sizes = counts.map((count, i) => (count < 2 ? 0 : Math.min(count - 1, Math.max(1, Math.floor(exact[i])))))
  const total = Math.round(counts.reduce((sum, count) => sum + count, 0) * fraction)
  let left = total - sizes.reduce((sum, size) => sum + size, 0)
  const byRemainder = counts.map((_, i) => i).sort((a, b) => exact[b] - sizes[b] - (exact[a] - sizes[a]) || a - b)
  for (const i of byRemainder) {
    if (left <= 0) break
    if (exact[i] > sizes[i] && sizes[i] < counts[i] - 1) {
      sizes[i]++
      left--
    }
  }
  return sizes
}
