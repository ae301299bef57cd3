import { doubled } from './normalized-text.ts'

const maxChunks = 1 << 16
const maxUnits = 1 << 21

/**
 * Remembers the token ids of short stretches of text. Keys are compared in place, without a substring for each look-up, and
 * kept apart from the texts that they came from. Emptied when it is full.
 */
export class ChunkCache {
  readonly #slots = new Int32Array(maxChunks * 2).fill(-1)
  #hashes = new Int32Array(1024)
  #keyEnds = new Int32Array(1025)
  #idEnds = new Int32Array(1025)
  #keys = new Uint16Array(8192)
  #ids = new Int32Array(4096)
  #chunks = 0

  /** All remembered ids: those of chunk n are `ids[idStart(n), idStart(n + 1))`. */
  get ids(): Int32Array {
    return this.#ids
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

  /** Remembers `ids[0, count)` for a chunk that `find` did not find, and returns the chunk's number. */
  add(text: string, start: number, end: number, hash: number, ids: Int32Array, count: number): number {
    if (this.#chunks === maxChunks || this.#keyEnds[this.#chunks] + end - start > maxUnits) {
      this.#slots.fill(-1)
      this.#chunks = 0
    }
    const chunk = this.#chunks++
    if (chunk === this.#hashes.length) {
      this.#hashes = doubled(this.#hashes)
      this.#keyEnds = grown(this.#keyEnds, chunk * 2 + 1)
      this.#idEnds = grown(this.#idEnds, chunk * 2 + 1)
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
    if (idStart + count > this.#ids.length)
      this.#ids = grown(this.#ids, Math.max(this.#ids.length * 2, idStart + count))
    for (let i = 0; i < count; i++) this.#ids[idStart + i] = ids[i]
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
