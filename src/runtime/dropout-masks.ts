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

/** Elements whose bytes come from one seeded generator; blocks are independent of each other. */
const blockSize = 1 << 14

/**
 * Fills `mask` with 1 (keep) and 0 (drop), a pure function of the key. Each block is seeded by a hash of key and block
 * number and continued by the "sfc32" generator (Chris Doty-Humphrey, PractRand), two elements from each 32 bits; the
 * dropping probability is `probability` rounded to 1/65536.
 */
export function fillDropoutMask(mask: Uint8Array, probability: number, ...path: (string | number)[]): void {
  const key = randomKey(...path)
  const threshold = Math.round(probability * 65536)
  for (let start = 0, block = 0; start < mask.length; start += blockSize, block++) {
    const end = Math.min(start + blockSize, mask.length)
    let a = hash32(key ^ hash32(block)) | 0
    let b = hash32(a + 0x9e3779b9) | 0
    let c = key | 0
    let counter = 1
    for (let i = start; i < end; i += 2) {
      const bits = (a + b + counter) | 0
      counter = (counter + 1) | 0
      a = b ^ (b >>> 9)
      b = (c + (c << 3)) | 0
      c = ((c << 21) | (c >>> 11)) + bits
      c |= 0
      mask[i] = (bits & 0xffff) >= threshold ? 1 : 0
      if (i + 1 < end) mask[i + 1] = bits >>> 16 >= threshold ? 1 : 0
    }
  }
}
