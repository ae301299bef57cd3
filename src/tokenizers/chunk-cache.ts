import { doubled } from './normalized-text.ts'
import type { TokenBuffer } from './token-buffer.ts'

const maxChunks = 1 << 16
const maxUnits = 1 << 21

/**
 * Remembers the tokens of short stretches of text. Keys are compared in place, without a substring for each look-up, and
 * kept apart from the texts that they came from. Emptied when it is full.
 */
export class ChunkCache {
  readonly #slots = new Int32Array(maxChunks * 2).fill(-1)
  #hashes = new Int32Array(1024)
  #keyEnds = new Int32Array(1025)
  #idEnds = new Int32Array(1025)
  #keys = new Uint16Array(8192)
  #chunks = 0
  // Tokens of all chunks: those of chunk n are at [idStart(n), idStart(n + 1)) of each of these.
  #ids = new Int32Array(4096)
  /** Offsets in the chunk; chunks are short. */
  #starts = new Uint8Array(4096)
  #ends = new Uint8Array(4096)
  /** The token's word, counted in the chunk. */
  #words = new Uint8Array(4096)
  #wordCounts = new Uint8Array(1024)

  get ids(): Int32Array {
    return this.#ids
  }

  /** Appends the tokens of a chunk that begins at `at` in the text, with their places. */
  copyPlaces(chunk: number, at: number, out: TokenBuffer): void {
    const firstWord = out.wordCount
    for (let i = this.#idEnds[chunk]; i < this.#idEnds[chunk + 1]; i++) {
      out.wordCount = firstWord + this.#words[i]
      out.push(this.#ids[i], at + this.#starts[i], at + this.#ends[i])
    }
    out.wordCount = firstWord + this.#wordCounts[chunk]
  }

  idStart(chunk: number): number {
    return this.#idEnds[chunk]
  }

  /** The number of the chunk `text.slice(start, end)`, or -1. */
  find(text: string, start: number, end: number, hash: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    const length = end - start
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const chunk = slots[slot]
      if (chunk === -1) return -1
      if (this.#hashes[chunk] !== hash) continue
      const key = this.#keyEnds[chunk]
      if (this.#keyEnds[chunk + 1] - key !== length) continue
      let i = 0
      while (i < length && this.#keys[key + i] === text.charCodeAt(start + i)) i++
      if (i === length) return chunk
    }
  }

  /** Remembers the tokens of a chunk of at most 255 units that `find` did not find, and returns the chunk's number. */
  add(text: string, start: number, end: number, hash: number, tokens: TokenBuffer): number {
    const count = tokens.length
    if (this.#chunks === maxChunks || this.#keyEnds[this.#chunks] + end - start > maxUnits) {
      this.#slots.fill(-1)
      this.#chunks = 0
    }
    const chunk = this.#chunks++
    if (chunk === this.#hashes.length) {
      this.#hashes = doubled(this.#hashes)
      this.#keyEnds = grown(this.#keyEnds, chunk * 2 + 1)
      this.#idEnds = grown(this.#idEnds, chunk * 2 + 1)
      this.#wordCounts = grownBytes(this.#wordCounts, chunk * 2)
    }
    const key = this.#keyEnds[chunk]
    const keyEnd = key + end - start
    if (keyEnd > this.#keys.length) {
      const keys = new Uint16Array(this.#keys.length * 2)
      keys.set(this.#keys)
      this.#keys = keys
    }
    for (let i = start; i < end; i++) this.#keys[key + i - start] = text.charCodeAt(i)
    const idStart = this.#idEnds[chunk]
    if (idStart + count > this.#ids.length) {
      const room = Math.max(this.#ids.length * 2, idStart + count)
      this.#ids = grown(this.#ids, room)
      this.#starts = grownBytes(this.#starts, room)
      this.#ends = grownBytes(this.#ends, room)
      this.#words = grownBytes(this.#words, room)
    }
    for (let i = 0; i < count; i++) {
      this.#ids[idStart + i] = tokens.ids[i]
      this.#starts[idStart + i] = tokens.starts[i] - start
      this.#ends[idStart + i] = tokens.ends[i] - start
      this.#words[idStart + i] = tokens.words[i]
    }
    this.#wordCounts[chunk] = tokens.wordCount
    this.#hashes[chunk] = hash
    this.#keyEnds[chunk + 1] = keyEnd
    this.#idEnds[chunk + 1] = idStart + count
    const mask = this.#slots.length - 1
    let slot = spread(hash) & mask
    while (this.#slots[slot] !== -1) slot = (slot + 1) & mask
    this.#slots[slot] = chunk
    return chunk
  }
}

function spread(hash: number): number {
  return hash ^ (hash >>> 15)
}

function grown(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length)
  larger.set(array)
  return larger
}

function grownBytes(array: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length)
  larger.set(array)
  return larger
}
