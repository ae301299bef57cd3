import type { Sample } from './sample.ts'

/**
 * int32 [N]: the number of the first sample with the same texts, white space aside; its own for a first one, and for one with a
 * blank text, which says nothing.
 */
export function firstOccurrences(samples: readonly Pick<Sample, 'texts'>[]): Int32Array {
  const numbers = new Map<string, number>()
  return Int32Array.from(samples, ({ texts }, i) => {
    const plain = texts.map((text) => text.trim().replace(/\s+/g, ' '))
    if (plain.includes('')) return i
    const key = plain.join('\u0000')
    const first = numbers.get(key)
    if (first !== undefined) return first
    numbers.set(key, i)
    return i
  })
}
