import { doubled } from '../normalized-text.ts'
import type { MergeTable } from './merge-table.ts'

/** Places in a word are below this, so that rank and place fit into the 53 bits of one number. */
const placeLimit = 2 ** 28

/** The pieces of a word while they are merged, as a linked list: piece 0 is the first. A reused buffer. */
export class MergingWord {
  length = 0
  ids = new Int32Array(64)
  /** Length of each piece in UTF-8 bytes; 0 once it is part of the piece before it. */
  byteLengths = new Int32Array(64)
  /** The piece after each, or -1. */
  next = new Int32Array(64)
  #previous = new Int32Array(64)
  /** Possible merges as a binary heap of `rank * placeLimit + place of the left piece`. */
  #heap = new Float64Array(64)
  #heapLength = 0

  add(id: number, byteLength: number): void {
    if (this.length === this.ids.length) {
      this.ids = doubled(this.ids)
      this.byteLengths = doubled(this.byteLengths)
      this.next = doubled(this.next)
      this.#previous = doubled(this.#previous)
    }
    const at = this.length++
    this.ids[at] = id
    this.byteLengths[at] = byteLength
    this.#previous[at] = at - 1
    this.next[at] = -1
    if (at > 0) this.next[at - 1] = at
  }

  /**
   * Puts pieces together: always the pair with the lowest rank, the leftmost of those. Time is n log n. As the reference, a
   * pair that was queued counts as long as the two pieces now at its place make the same piece, even with another rank.
   */
  merge(table: MergeTable): void {
    const { ids, byteLengths, next } = this
    const previous = this.#previous
    this.#heapLength = 0
    for (let at = 0; at + 1 < this.length; at++) this.#queue(table, at, at + 1)
    while (this.#heapLength > 0) {
      const top = this.#pop()
      const at = top % placeLimit
      const right = next[at]
      if (byteLengths[at] === 0 || right === -1) continue
      const now = table.rank(ids[at], ids[right])
      const merged = table.merged((top - at) / placeLimit)
      if (now === -1 || table.merged(now) !== merged) continue
      ids[at] = merged
      byteLengths[at] += byteLengths[right]
      byteLengths[right] = 0
      const after = next[right]
      next[at] = after
      if (after !== -1) previous[after] = at
      if (previous[at] !== -1) this.#queue(table, previous[at], at)
      if (after !== -1) this.#queue(table, at, after)
    }
  }

  #queue(table: MergeTable, left: number, right: number): void {
    const rank = table.rank(this.ids[left], this.ids[right])
    if (rank === -1) return
    if (this.#heapLength === this.#heap.length) {
      const larger = new Float64Array(this.#heap.length * 2)
      larger.set(this.#heap)
      this.#heap = larger
    }
    const heap = this.#heap
    const key = rank * placeLimit + left
    let at = this.#heapLength++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent] <= key) break
      heap[at] = heap[parent]
      at = parent
    }
    heap[at] = key
  }

  #pop(): number {
    const heap = this.#heap
    const top = heap[0]
    const length = --this.#heapLength
    const last = heap[length]
    let at = 0
    for (let child = 1; child < length; child = at * 2 + 1) {
      if (child + 1 < length && heap[child + 1] < heap[child]) child++
      if (heap[child] >= last) break
      heap[at] = heap[child]
      at = child
    }
    heap[at] = last
    return top
  }
}
