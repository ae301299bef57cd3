import { hash32, randomKey } from '../core/random.ts'

/** A place in the model where dropout is applied. */
export interface DropoutSite {
  /** The graph input that takes the mask. */
  input: string
  /** Its shape, with named dimensions. */
  shape: readonly (number | string)[]
  /** The probability of dropping an element. */
  probability: number
}

/** Elements whose mask comes from one seeded generator; blocks are independent of each other. */
const blockSize = 1 << 14

/**
 * Fills `mask` with 1 (keep) and 0 (drop), a pure function of the path. Instead of drawing for each element, it draws how
 * many are kept before the next one is dropped, which is geometrically distributed: one draw for each dropped element.
 * Each block is seeded by a hash of key and block number and continued by the "sfc32" generator (Chris Doty-Humphrey,
 * PractRand). Shares are exact to 1/65536.
 */
export function fillDropoutMask(mask: Uint8Array, probability: number, ...path: (string | number)[]): void {
  const key = randomKey(...path)
  const { gaps, longest } = gapTable(probability)
  mask.fill(1)
  for (let start = 0, block = 0; start < mask.length; start += blockSize, block++) {
    const end = Math.min(start + blockSize, mask.length)
    let a = hash32(key ^ hash32(block)) | 0
    let b = hash32(a + 0x9e3779b9) | 0
    let c = key | 0
    let counter = 1
    for (let i = start; i < end; ) {
      const bits = (a + b + counter) | 0
      counter = (counter + 1) | 0
      a = b ^ (b >>> 9)
      b = (c + (c << 3)) | 0
      c = (((c << 21) | (c >>> 11)) + bits) | 0
      // Two draws from each 32 bits.
      let gap = gaps[bits & 0xffff]
      i += gap
      if (gap < longest) {
        if (i < end) mask[i] = 0
        i++
      }
      gap = gaps[bits >>> 16]
      i += gap
      if (gap < longest) {
        if (i < end) mask[i] = 0
        i++
      }
    }
  }
}

/**
 * The number of kept elements before a dropped one for each 16-bit draw u: the g with F(g) <= u / 65536 < F(g + 1),
 * F(g) = 1 - (1 - p)^g. Draws beyond the last g that the 65536 steps resolve get `longest`, which stands for "so many are
 * kept, and draw again": the distribution has no memory.
 */
function gapTable(probability: number): { gaps: Uint16Array; longest: number } {
  const gaps = new Uint16Array(65536)
  const keep = 1 - probability
  // Few enough that each gap gets at least about 16 of the 65536 values.
  const longest = Math.max(
    1,
    Math.min(65535, Math.floor(Math.log(Math.min(1, 16 / (65536 * probability))) / Math.log(keep))),
  )
  let from = 0
  for (let gap = 0; gap < longest; gap++) {
    const to = Math.round(65536 * (1 - keep ** (gap + 1)))
    gaps.fill(gap, from, to)
    from = to
  }
  gaps.fill(longest, from)
  return { gaps, longest }
}
