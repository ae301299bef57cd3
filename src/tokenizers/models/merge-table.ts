/** The merges of a BPE model, found by their two pieces. A merge's rank is its number in the list. */
export class MergeTable {
  readonly #merges: Int32Array
  /** Open addressing: the rank of a pair of ids, or -1. */
  readonly #slots: Int32Array

  /** @param merges int32 [merges, 3]: left, right, both together; of a pair that comes twice the last counts */
  constructor(merges: Int32Array) {
    this.#merges = merges
    let capacity = 16
    while (capacity * 2 < merges.length) capacity *= 2
    this.#slots = new Int32Array(capacity).fill(-1)
    for (let i = 0; i < merges.length; i += 3) this.#slots[this.#slot(merges[i], merges[i + 1])] = i / 3
  }

  /** The rank of a pair, or -1. */
  rank(left: number, right: number): number {
    return this.#slots[this.#slot(left, right)]
  }

  /** The id of the piece that a merge makes. */
  merged(rank: number): number {
    return this.#merges[rank * 3 + 2]
  }

  #slot(left: number, right: number): number {
    const merges = this.#merges
    const mask = this.#slots.length - 1
    const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)
    for (let slot = (mixed ^ (mixed >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const rank = this.#slots[slot]
      if (rank === -1 || (merges[rank * 3] === left && merges[rank * 3 + 1] === right)) return slot
    }
  }
}
