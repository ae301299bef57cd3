/**
 * Counter-based random numbers: value k of a stream is a pure function of (key, k), so any part of a run can be
 * recomputed or resumed without storing generator state.
 *
 * The mixing function is the two-round "lowbias32" integer hash (Chris Wellons, "Prospecting for hash functions", 2018),
 * applied to the counter with the key folded in before each round.
 */

/** Mixes a 32-bit integer well enough that neighbouring inputs give unrelated outputs. */
export function hash32(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return (x ^ (x >>> 15)) >>> 0
}

/** Derives a 32-bit key from a path of names and numbers, e.g. `randomKey(seed, 'dropout', step)`. */
export function randomKey(...path: (string | number)[]): number {
  let key = 0x9e3779b9
  for (const part of path) {
    if (typeof part === 'number') {
      key = hash32(key ^ hash32(part >>> 0))
      key = hash32(key + Math.floor(part / 2 ** 32))
    } else {
      for (let i = 0; i < part.length; i++) key = hash32(key + part.charCodeAt(i) + 1)
    }
    key = hash32(key + 0x632be5ab)
  }
  return key
}

/** A stream of random numbers that is decided by its path alone. */
export interface RandomStream {
  /** A uniform integer in [0, 2^32). */
  uint32(): number
  /** A uniform number in [0, 1) with 53 random bits. */
  uniform(): number
  /** A uniform integer in [0, limit). `limit` at most 2^32. */
  integer(limit: number): number
  /** A number from the standard normal distribution (Box-Muller). */
  normal(): number
  /** A standard normal number, redrawn while its magnitude exceeds `bound` (in standard deviations). */
  truncatedNormal(bound?: number): number
  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle<A extends { length: number; [index: number]: unknown }>(array: A): A
}

/** Creates the stream that belongs to `path`; the same path always gives the same numbers. */
export function randomStream(...path: (string | number)[]): RandomStream {
  const key = randomKey(...path)
  const key2 = hash32(key ^ 0x85ebca6b)
  let counter = 0
  let high = 0
  const uint32 = () => {
    const value = hash32(hash32((counter ^ key) >>> 0) ^ key2 ^ high)
    if (++counter === 2 ** 32) {
      counter = 0
      high = hash32(high + 1)
    }
    return value
  }
  const uniform = () => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) / 2 ** 53
  let spare: number | undefined
  const normal = () => {
    if (spare !== undefined) {
      const value = spare
      spare = undefined
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()))
    const angle = 2 * Math.PI * uniform()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
  const integer = (limit: number) => Math.floor(uniform() * limit)
  return {
    uint32,
    uniform,
    normal,
    integer,
    truncatedNormal(bound = 2) {
      for (;;) {
        const value = normal()
        if (Math.abs(value) <= bound) return value
      }
    },
    shuffle(array) {
      for (let i = array.length - 1; i > 0; i--) {
        const j = integer(i + 1)
        const kept = array[i]
        array[i] = array[j]
        array[j] = kept
      }
      return array
    },
  }
}
