import type { Vocabulary } from '../vocabulary.ts'

/**
 * The pieces of a vocabulary as a trie over code points, for finding all pieces that begin at a place in a text. One table
 * with open addressing holds the edges; a node is the slot of the edge that leads to it, so that 250,000 pieces take about
 * 12 MB.
 */
export class PieceTrie {
  /** The node of the empty text. */
  readonly root: number
  /** Three numbers a slot: parent node (-1: empty slot), code point, id of the piece that ends there (-1: none). */
  readonly #edges: Int32Array
  readonly #mask: number

  constructor(vocabulary: Vocabulary) {
    let units = 0
    vocabulary.forEachUnits((_id, _units, start, end) => {
      units += end - start
    })
    // Pieces share beginnings: a table that holds every second unit is seldom too small.
    let capacity = 64
    while (capacity * 3 < units * 2) capacity *= 2
    let edges = fill(vocabulary, capacity)
    while (edges === undefined) {
      capacity *= 2
      edges = fill(vocabulary, capacity)
    }
    this.#edges = edges
    this.#mask = capacity - 1
    this.root = capacity
  }

  /** The node that `codePoint` leads to, or -1. */
  child(node: number, codePoint: number): number {
    const edges = this.#edges
    for (let slot = edgeHash(node, codePoint) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const parent = edges[slot * 3]
      if (parent === node && edges[slot * 3 + 1] === codePoint) return slot
      if (parent === -1) return -1
    }
  }

  /** The id of the piece that ends at a node other than the root, or -1. */
  idAt(node: number): number {
    return this.#edges[node * 3 + 2]
  }
}

/** The table, or undefined if it would be more than three quarters full. */
function fill(vocabulary: Vocabulary, capacity: number): Int32Array | undefined {
  const edges = new Int32Array(capacity * 3).fill(-1)
  const mask = capacity - 1
  let free = Math.floor(capacity * 0.75)
  vocabulary.forEachUnits((id, units, start, end) => {
    let node = capacity
    for (let i = start; i < end && free > 0; i++) {
      let codePoint = units[i]
      if ((codePoint & 0xfc00) === 0xd800 && i + 1 < end && (units[i + 1] & 0xfc00) === 0xdc00) {
        codePoint = 0x10000 + ((codePoint & 0x3ff) << 10) + (units[++i] & 0x3ff)
      }
      let slot = edgeHash(node, codePoint) & mask
      while (edges[slot * 3] !== -1 && (edges[slot * 3] !== node || edges[slot * 3 + 1] !== codePoint)) {
        slot = (slot + 1) & mask
      }
      if (edges[slot * 3] === -1) {
        edges[slot * 3] = node
        edges[slot * 3 + 1] = codePoint
        free--
      }
      node = slot
    }
    if (node !== capacity) edges[node * 3 + 2] = id
  })
  return free > 0 ? edges : undefined
}

function edgeHash(node: number, codePoint: number): number {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(codePoint, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}
