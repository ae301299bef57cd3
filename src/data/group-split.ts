import { ConfigError, DataError } from '../core/errors.ts'
import { randomStream } from '../core/random.ts'

/** How to split data of which some items belong together. */
export interface GroupSplitOptions<T> {
  /** Share of the items that goes to evaluation, in (0, 1). */
  fraction: number
  seed: number
  /** What must not be in both parts, such as the document that an item is from. */
  groupOf: (item: T) => string
  /** What groups are called in messages. Default `groups`. */
  groups?: string
}

/**
 * Splits items at random into a training and an evaluation part so that each group is in one part alone, in source order inside
 * each. Groups go to evaluation in random order as long as that brings it nearer to its share; each part has at least one. The
 * same seed and items give the same split.
 * @throws ConfigError for a fraction outside (0, 1); DataError if there is but one group
 */
export function groupSplit<T>(items: readonly T[], options: GroupSplitOptions<T>): { train: T[]; eval: T[] } {
  const { fraction, seed, groupOf, groups = 'groups' } = options
  if (!(fraction > 0 && fraction < 1)) {
    throw new ConfigError(
      'SPLIT_FRACTION',
      `expected a fraction of the data between 0 and 1, both excluded, such as 0.1, found ${fraction}.`,
    )
  }
  const sizes = new Map<string, number>()
  for (const item of items) sizes.set(groupOf(item), (sizes.get(groupOf(item)) ?? 0) + 1)
  if (sizes.size < 2) {
    throw new DataError(
      'SPLIT_TOO_SMALL',
      `cannot split ${items.length} items of ${sizes.size} of the ${groups}, which stay together: at least two are needed. ` +
        'Add data or give a separate evaluation file.',
    )
  }
  const wanted = items.length * fraction
  const chosen = new Set<string>()
  let count = 0
  for (const group of randomStream(seed, 'group split').shuffle([...sizes.keys()])) {
    const size = sizes.get(group)!
    const isNearer = Math.abs(count + size - wanted) < Math.abs(count - wanted)
    if (!isNearer || chosen.size === sizes.size - 1) continue
    chosen.add(group)
    count += size
  }
  if (chosen.size === 0) chosen.add(smallest(sizes))
  return {
    train: items.filter((item) => !chosen.has(groupOf(item))),
    eval: items.filter((item) => chosen.has(groupOf(item))),
  }
}

/** The group with fewest items, the first of equals. */
const smallest = (sizes: ReadonlyMap<string, number>): string =>
  [...sizes].reduce((best, each) => (each[1] < best[1] ? each : best))[0]
