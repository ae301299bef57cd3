import { doubled } from '../normalized-text.ts'

/** What an unknown character costs below the rarest piece, as in sentencepiece. */
const unkPenalty = 10

/**
 * All ways to cut words into pieces of a vocabulary, for training: the expected counts of the pieces and the best way. Piece 0
 * stands for an unknown character. Matches huggingface/tokenizers `models/unigram/lattice.rs`.
 */
export class UnigramLattice {
  readonly #scores: Float64Array
  readonly #unkScore: number
  // A trie: edges are an open-addressing table (parent, code point) -> child. Node 0 is the root.
  #parents = new Int32Array(1 << 12).fill(-1)
  #labels = new Int32Array(1 << 12)
  #children = new Int32Array(1 << 12)
  #nodes = 1
  /** The piece that ends at a node, or -1. */
  #pieceAt = new Int32Array(1 << 10).fill(-1)
  // The lattice of the word at hand: piece `pieces[e]` runs from `froms[e]` to `tos[e]`. Sorted by `froms`, then `tos`.
  #edges = 0
  #froms = new Int32Array(64)
  #tos = new Int32Array(64)
  #pieces = new Int32Array(64)
  #length = 0
  // Sums and best scores at each place of the word.
  #forward = new Float64Array(64)
  #backward = new Float64Array(64)
  #bestEdge = new Int32Array(64)

  /** @param scores log probability of each piece; that of piece 0 is not used */
  constructor(pieces: readonly string[], scores: Float64Array) {
    this.#scores = scores
    let least = Number.POSITIVE_INFINITY
    for (let i = 1; i < pieces.length; i++) {
      this.#insert(pieces[i], i)
      least = Math.min(least, scores[i])
    }
    this.#unkScore = least - unkPenalty
  }

  /** The log probability of the word `codePoints[start, end)`, summed over all ways to cut it. */
  sum(codePoints: Int32Array, start: number, end: number): number {
    this.#build(codePoints, start, end)
    this.#sumForward()
    return this.#forward[this.#length]
  }

  /** Adds the expected counts of the pieces of a word that occurs `count` times to `expected`; returns `sum`. */
  expect(codePoints: Int32Array, start: number, end: number, count: number, expected: Float64Array): number {
    this.#build(codePoints, start, end)
    this.#sumForward()
    const [froms, tos, pieces, forward, backward] = [
      this.#froms,
      this.#tos,
      this.#pieces,
      this.#forward,
      this.#backward,
    ]
    const total = forward[this.#length]
    backward.fill(Number.NEGATIVE_INFINITY, 0, this.#length)
    backward[this.#length] = 0
    for (let e = this.#edges - 1; e >= 0; e--) {
      const score = this.#score(pieces[e]) + backward[tos[e]]
      backward[froms[e]] = logAdd(backward[froms[e]], score)
      expected[pieces[e]] += count * Math.exp(forward[froms[e]] + score - total)
    }
    return total
  }

  /**
   * The best pieces of a word, from the last to the first, in a list that is filled anew.
   *
   * @param whole false: other than the word in one piece. Empty if there is no such way.
   */
  best(codePoints: Int32Array, start: number, end: number, whole: boolean, out: number[]): number {
    this.#build(codePoints, start, end)
    const [froms, tos, pieces, forward, bestEdge] = [
      this.#froms,
      this.#tos,
      this.#pieces,
      this.#forward,
      this.#bestEdge,
    ]
    const length = this.#length
    bestEdge.fill(-1, 0, length + 1)
    forward[0] = 0
    for (let e = 0; e < this.#edges; e++) {
      const to = tos[e]
      if (!whole && froms[e] === 0 && to === length) continue
      const score = forward[froms[e]] + this.#score(pieces[e])
      // Of equals the longest last piece: edges come in the order of where they begin.
      if (bestEdge[to] !== -1 && score <= forward[to]) continue
      forward[to] = score
      bestEdge[to] = e
    }
    out.length = 0
    if (bestEdge[length] === -1) return Number.NEGATIVE_INFINITY
    for (let at = length; at > 0; at = froms[bestEdge[at]]) out.push(pieces[bestEdge[at]])
    return forward[length]
  }

  #score(piece: number): number {
    return piece === 0 ? this.#unkScore : this.#scores[piece]
  }

  #sumForward(): void {
    const [froms, tos, pieces, forward] = [this.#froms, this.#tos, this.#pieces, this.#forward]
    forward.fill(Number.NEGATIVE_INFINITY, 1, this.#length + 1)
    forward[0] = 0
    for (let e = 0; e < this.#edges; e++) {
      forward[tos[e]] = logAdd(forward[tos[e]], forward[froms[e]] + this.#score(pieces[e]))
    }
  }

  #build(codePoints: Int32Array, start: number, end: number): void {
    const length = end - start
    this.#length = length
    this.#edges = 0
    if (length >= this.#forward.length) {
      this.#forward = new Float64Array(length * 2)
      this.#backward = new Float64Array(length * 2)
      this.#bestEdge = new Int32Array(length * 2)
    }
    for (let from = 0; from < length; from++) {
      let node = 0
      let single = false
      for (let to = from; to < length; ) {
        node = this.#child(node, codePoints[start + to++])
        if (node === -1) break
        const piece = this.#pieceAt[node]
        if (piece === -1) continue
        if (to === from + 1) single = true
        this.#push(from, to, piece)
      }
      // Behind longer pieces of the same beginning: it ends at another place than any of them, so the order has no effect.
      if (!single) this.#push(from, from + 1, 0)
    }
  }

  #push(from: number, to: number, piece: number): void {
    if (this.#edges === this.#froms.length) {
      this.#froms = doubled(this.#froms)
      this.#tos = doubled(this.#tos)
      this.#pieces = doubled(this.#pieces)
    }
    this.#froms[this.#edges] = from
    this.#tos[this.#edges] = to
    this.#pieces[this.#edges++] = piece
  }

  #child(node: number, label: number): number {
    const parents = this.#parents
    const mask = parents.length - 1
    for (let slot = edgeHash(node, label) & mask; ; slot = (slot + 1) & mask) {
      if (parents[slot] === -1) return -1
      if (parents[slot] === node && this.#labels[slot] === label) return this.#children[slot]
    }
  }

  #insert(text: string, piece: number): void {
    let node = 0
    for (let i = 0; i < text.length; ) {
      const label = text.codePointAt(i) as number
      i += label > 0xffff ? 2 : 1
      let child = this.#child(node, label)
      if (child === -1) {
        child = this.#nodes++
        if (this.#nodes * 2 > this.#parents.length) this.#enlarge()
        this.#link(node, label, child)
        if (child === this.#pieceAt.length) this.#pieceAt = doubled(this.#pieceAt).fill(-1, child)
      }
      node = child
    }
    this.#pieceAt[node] = piece
  }

  #link(node: number, label: number, child: number): void {
    const mask = this.#parents.length - 1
    let slot = edgeHash(node, label) & mask
    while (this.#parents[slot] !== -1) slot = (slot + 1) & mask
    this.#parents[slot] = node
    this.#labels[slot] = label
    this.#children[slot] = child
  }

  #enlarge(): void {
    const [parents, labels, children] = [this.#parents, this.#labels, this.#children]
    this.#parents = new Int32Array(parents.length * 2).fill(-1)
    this.#labels = new Int32Array(parents.length * 2)
    this.#children = new Int32Array(parents.length * 2)
    for (let i = 0; i < parents.length; i++) {
      if (parents[i] !== -1) this.#link(parents[i], labels[i], children[i])
    }
  }
}

/** log(exp(a) + exp(b)). */
function logAdd(a: number, b: number): number {
  if (a === Number.NEGATIVE_INFINITY) return b
  if (b === Number.NEGATIVE_INFINITY) return a
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b))
}

function edgeHash(node: number, label: number): number {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(label, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}
