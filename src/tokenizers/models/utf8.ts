import type { Vocabulary } from '../vocabulary.ts'

/** How many bytes a code point takes in UTF-8. */
export function utf8Length(codePoint: number): number {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4
}

/** The tokens `<0x00>` … `<0xFF>` that stand for the bytes of unknown characters. */
export class ByteTokens {
  /** By byte; -1 where the vocabulary lacks it. */
  readonly #ids: Int32Array

  constructor(vocabulary: Vocabulary) {
    const name = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
    this.#ids = Int32Array.from({ length: 256 }, (_, byte) => vocabulary.tokenToId(name(byte)) ?? -1)
  }

  /** The ids of the bytes of `codePoints[start, end)` in UTF-8, or undefined where one is not in the vocabulary. */
  find(codePoints: Int32Array, start: number, end: number): number[] | undefined {
    const ids: number[] = []
    for (let i = start; i < end; i++) {
      const point = codePoints[i]
      const length = utf8Length(point)
      for (let k = length - 1; k >= 0; k--) {
        const bits = point >> (6 * k)
        const lead = length === 1 ? bits : ((0xf00 >> length) & 0xff) | bits
        ids.push(this.#ids[k === length - 1 ? lead : 0x80 | (bits & 0x3f)])
      }
    }
    return ids.includes(-1) ? undefined : ids
  }
}
