import { ConfigError } from '../../core/errors.ts'
import { randomStream } from '../../core/random.ts'
import {
  dimensionsOf,
  isRange,
  isWhole,
  type SearchMethod,
  type SearchRange,
  type SearchSpace,
  spaceSize,
  type TrialSettings,
} from './space.ts'

/** More would take years, and as much memory as there is. */
const mostTrials = 10_000

/** Digits that a drawn number keeps, so that people can read and repeat it. */
const digits = 4

/**
 * The settings of the first trials of a search. Those of a trial hang on the space, the seed and its number alone, so a longer
 * search begins as a shorter one.
 * @param count how many trials; of a grid all combinations if absent
 * @throws ConfigError `TRIALS` if the space has fewer combinations
 */
export function suggestTrials(
  method: SearchMethod,
  space: SearchSpace,
  { seed, count }: { seed: number; count?: number },
): TrialSettings[] {
  const size = spaceSize(space)
  const wanted = count ?? (method === 'grid' ? size : Number.NaN)
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new ConfigError('TRIALS', `trials must be a whole number of at least 1, not ${count}`)
  }
  if (wanted > mostTrials) {
    throw new ConfigError(
      'TRIALS',
      `${wanted} trials are more than ${mostTrials}: take fewer trials, or fewer values of each setting`,
    )
  }
  if (wanted > size) {
    throw new ConfigError('TRIALS', `the space has ${size} combinations, which are fewer than ${wanted} trials`)
  }
  return method === 'grid' ? gridSettings(space).slice(0, wanted) : distinctSettings(space, seed, wanted)
}

/** All combinations of a space of values; the last argument changes fastest. */
function gridSettings(space: SearchSpace): TrialSettings[] {
  return dimensionsOf(space).reduce<TrialSettings[]>(
    (settings, [name, values]) =>
      settings.flatMap((setting) => (values as readonly unknown[]).map((value) => ({ ...setting, [name]: value }))),
    [{}],
  )
}

/** Independent draws; one that was drawn before is passed over. */
function distinctSettings(space: SearchSpace, seed: number, count: number): TrialSettings[] {
  const found = new Map<string, TrialSettings>()
  for (let draw = 0; found.size < count; draw++) {
    const settings = drawSettings(space, seed, draw)
    const text = JSON.stringify(settings)
    if (!found.has(text)) found.set(text, settings)
  }
  return [...found.values()]
}

/** Each argument has random numbers of its own, so that one more in the space leaves the others as they were. */
function drawSettings(space: SearchSpace, seed: number, draw: number): TrialSettings {
  return Object.fromEntries(
    dimensionsOf(space).map(([name, dimension]) => {
      const u = randomStream(seed, 'search', name, draw).uniform()
      const value = isRange(dimension)
        ? valueAt(dimension, isWhole(name), u)
        : dimension[Math.floor(u * dimension.length)]
      return [name, value]
    }),
  )
}

/** The value below which a share `u` in [0, 1) of a range's distribution lies. */
function valueAt({ low, high, log = false }: SearchRange, whole: boolean, u: number): number {
  // A whole number stands for all that is rounded to it, so that both ends are as likely as the rest.
  const [from, to] = whole ? [low - 0.5, high + 0.5] : [low, high]
  const value = log ? from * (to / from) ** u : from + u * (to - from)
  const rounded = whole ? Math.round(value) : Number(value.toPrecision(digits))
  return Math.min(high, Math.max(low, rounded))
}
