import { doubled } from '../normalized-text.ts'
import { TokenBuffer } from '../token-buffer.ts'

const maxWords = 1 << 14
const maxPoints = 1 << 18

/**
 * Remembers the pieces of words, with places counted in code points from the start of the word. Keys are compared in place
 * and kept apart from the texts that they came from. Emptied when it is full.
 */
export class WordCache {
  /** The pieces of word n are entries `[pieceStart(n), pieceStart(n + 1))`; `starts` and `ends` are places in the word. */
  readonly pieces: TokenBuffer = new TokenBuffer()
  readonly #slots = new Int32Array(maxWords * 2).fill(-1)
  #hashes = new Int32Array(256)
  #keyEnds = new Int32Array(256)
  #pieceEnds = new Int32Array(256)
  #keys = new Int32Array(2048)
  #words = 0

  pieceStart(word: number): number {
    return this.#pieceEnds[word]
  }

  /** The number of the word `codePoints[start, end)`, or -1. */
  find(codePoints: Int32Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const word = this.#slots[slot]
      if (word === -1) return -1
      if (this.#hashes[word] !== hash) continue
      const key = this.#keyEnds[word] - start
      if (this.#keyEnds[word + 1] - key !== end) continue
      let i = start
      while (i < end && this.#keys[key + i] === codePoints[i]) i++
      if (i === end) return word
    }
  }

  /** Remembers a word that `find` did not find: `cut` appends its pieces to `pieces`. Returns the word's number. */
  add(codePoints: Int32Array, start: number, end: number, hash: number, cut: () => void): number {
    if (this.#words === maxWords || this.#keyEnds[this.#words] + end - start > maxPoints) {
      this.#slots.fill(-1)
      this.#words = 0
      this.pieces.clear()
    }
    // A word that throws half-way leaves pieces behind.
    this.pieces.length = this.#pieceEnds[this.#words]
    cut()
    const word = this.#words++
    if (word + 1 === this.#hashes.length) {
      this.#hashes = doubled(this.#hashes)
      this.#keyEnds = doubled(this.#keyEnds)
      this.#pieceEnds = doubled(this.#pieceEnds)
    }
    const key = this.#keyEnds[word]
    const keyEnd = key + end - start
    while (keyEnd > this.#keys.length) this.#keys = doubled(this.#keys)
    for (let i = start; i < end; i++) this.#keys[key + i - start] = codePoints[i]
    this.#hashes[word] = hash
    this.#keyEnds[word + 1] = keyEnd
    this.#pieceEnds[word + 1] = this.pieces.length
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while (this.#slots[slot] !== -1) slot = (slot + 1) & mask
    this.#slots[slot] = word
    return word
  }
}

/** The hash of `codePoints[start, end)` that a cache expects. */
export function wordHash(codePoints: Int32Array, start: number, end: number): number {
  let hash = 0
  for (let i = start; i < end; i++) hash = Math.imul(((hash << 5) | (hash >>> 27)) ^ codePoints[i], 0x9e3779b1)
  return hash ^ (hash >>> 15)
}
