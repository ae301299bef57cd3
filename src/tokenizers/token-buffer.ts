import { doubled } from './normalized-text.ts'

/** Tokens of a text as they are found, one entry a token in each array. A reused buffer. */
export class TokenBuffer {
  length = 0
  ids = new Int32Array(64)
  /** UTF-16 offsets into the source text. */
  starts = new Int32Array(64)
  ends = new Int32Array(64)
  /** Index of the word that the token is a piece of. */
  words = new Int32Array(64)
  /** Words so far. */
  wordCount = 0

  push(id: number, start: number, end: number): void {
    const at = this.length++
    if (at === this.ids.length) this.#grow()
    this.ids[at] = id
    this.starts[at] = start
    this.ends[at] = end
    this.words[at] = this.wordCount
  }

  /** Appends ids alone, `ids[start, end)`. */
  pushIds(ids: Int32Array, start: number, end: number): void {
    while (this.length + end - start > this.ids.length) this.#grow()
    for (let i = start; i < end; i++) this.ids[this.length++] = ids[i]
  }

  clear(): void {
    this.length = 0
    this.wordCount = 0
  }

  #grow(): void {
    this.ids = doubled(this.ids)
    this.starts = doubled(this.starts)
    this.ends = doubled(this.ends)
    this.words = doubled(this.words)
  }
}
