/**
 * Counts short texts. A table of its own and not a Map: texts are compared in place without a substring for each, none of
 * them keeps the text that it is from in memory, and there may be more than the 2^24 entries of a Map.
 */
export class TextCounter {
  /** Different texts. */
  size = 0
  // Text n is keys[keyEnds[n - 1], keyEnds[n]) in UTF-16 units; an open-addressing table finds n.
  #slots = new Int32Array(1 << 12).fill(-1)
  #hashes = new Int32Array(1 << 11)
  #counts = new Float64Array(1 << 11)
  #keyEnds = new Float64Array(1 << 11)
  #keys = new Uint16Array(1 << 14)

  /** Counts `text.slice(start, end)` `count` times. */
  add(text: string, start: number, end: number, count: number): void {
    let hash = 0
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) + 0x9e3779b
    hash ^= hash >>> 15
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]
      if (entry === -1) {
        this.#slots[slot] = this.size
        this.#push(text, start, end, hash, count)
        return
      }
      if (this.#hashes[entry] === hash && this.#equals(entry, text, start, end)) {
        this.#counts[entry] += count
        return
      }
    }
  }

  /** Each text with its count, in the order of their first coming. */
  *entries(): Generator<[text: string, count: number]> {
    for (let entry = 0; entry < this.size; entry++) yield [this.#text(entry), this.#counts[entry]]
  }

  /** Forgets the rarest texts, all of equal count together, until `keep` or fewer are left. */
  forgetRare(keep: number): void {
    if (this.size <= keep) return
    const least = this.#counts.slice(0, this.size).sort()[this.size - keep - 1]
    const { size } = this
    const [counts, keyEnds, keys] = [this.#counts.slice(0, size), this.#keyEnds.slice(0, size), this.#keys]
    this.#slots.fill(-1)
    this.size = 0
    const mask = this.#slots.length - 1
    // Kept entries move to the front, never past one that is still to be read.
    for (let entry = 0; entry < size; entry++) {
      if (counts[entry] <= least) continue
      const start = entry === 0 ? 0 : keyEnds[entry - 1]
      const to = this.size === 0 ? 0 : this.#keyEnds[this.size - 1]
      keys.copyWithin(to, start, keyEnds[entry])
      const hash = this.#hashes[entry]
      this.#hashes[this.size] = hash
      this.#counts[this.size] = counts[entry]
      this.#keyEnds[this.size] = to + keyEnds[entry] - start
      let slot = hash & mask
      while (this.#slots[slot] !== -1) slot = (slot + 1) & mask
      this.#slots[slot] = this.size++
    }
  }

  #text(entry: number): string {
    const start = entry === 0 ? 0 : this.#keyEnds[entry - 1]
    const end = this.#keyEnds[entry]
    let text = ''
    for (let i = start; i < end; i += 4096) {
      text += String.fromCharCode(...this.#keys.subarray(i, Math.min(end, i + 4096)))
    }
    return text
  }

  #equals(entry: number, text: string, start: number, end: number): boolean {
    const key = entry === 0 ? 0 : this.#keyEnds[entry - 1]
    const length = end - start
    if (this.#keyEnds[entry] - key !== length) return false
    for (let i = 0; i < length; i++) if (this.#keys[key + i] !== text.charCodeAt(start + i)) return false
    return true
  }

  #push(text: string, start: number, end: number, hash: number, count: number): void {
    const entry = this.size++
    if (entry === this.#hashes.length) {
      this.#hashes = enlarged(this.#hashes, new Int32Array(entry * 2))
      this.#counts = enlarged(this.#counts, new Float64Array(entry * 2))
      this.#keyEnds = enlarged(this.#keyEnds, new Float64Array(entry * 2))
    }
    const key = entry === 0 ? 0 : this.#keyEnds[entry - 1]
    const keyEnd = key + end - start
    if (keyEnd > this.#keys.length) {
      this.#keys = enlarged(this.#keys, new Uint16Array(Math.max(this.#keys.length * 2, keyEnd)))
    }
    for (let i = start; i < end; i++) this.#keys[key + i - start] = text.charCodeAt(i)
    this.#hashes[entry] = hash
    this.#counts[entry] = count
    this.#keyEnds[entry] = keyEnd
    if (this.size * 2 <= this.#slots.length) return
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1)
    const mask = this.#slots.length - 1
    for (let e = 0; e < this.size; e++) {
      let slot = this.#hashes[e] & mask
      while (this.#slots[slot] !== -1) slot = (slot + 1) & mask
      this.#slots[slot] = e
    }
  }
}

function enlarged<T extends Int32Array | Float64Array | Uint16Array>(from: T, to: T): T {
  to.set(from)
  return to
}
