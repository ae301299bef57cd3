import type { NormalizedText } from '../normalized-text.ts'
import { doubled } from '../normalized-text.ts'
import type { TokenBuffer } from '../token-buffer.ts'

/** How words are cut into pieces. */
export interface WordPieceSettings {
  /** The id of a word that cannot be cut into known pieces. */
  unkId: number
  /** What stands before a piece that is not the first of its word in the vocabulary. */
  continuingSubwordPrefix: string
  /** A word of more code points is unknown. */
  maxInputCharsPerWord: number
}

/**
 * Cuts words into the longest known pieces, from the left. The vocabulary is a trie over code points, so that a word costs
 * its length times the longest piece at most, however strange it is. Matches huggingface/tokenizers `models/wordpiece`.
 */
export class WordPiece {
  readonly #settings: WordPieceSettings
  // Edges of the trie: an open-addressing table (parent, code point) -> child. Node 0 is the root; -1 is no node.
  #parents = new Int32Array(0)
  #labels = new Int32Array(0)
  #children = new Int32Array(0)
  #nodes = 1
  /** Token id that ends at a node, or -1. */
  #idAt = new Int32Array(1024).fill(-1)
  /** Where pieces that continue a word begin. */
  readonly #continuing: number

  constructor(tokens: Iterable<readonly [token: string, id: number]>, settings: WordPieceSettings) {
    this.#settings = settings
    this.#resize(1 << 17)
    for (const [token, id] of tokens) this.#insert(token, id)
    let node = 0
    for (const character of settings.continuingSubwordPrefix)
      node = this.#child(node, character.codePointAt(0) as number)
    this.#continuing = node
  }

  /** Appends the tokens of the word `text[start, end)` to `out` and counts the word. */
  tokenize(text: NormalizedText, start: number, end: number, out: TokenBuffer): void {
    const { unkId, maxInputCharsPerWord } = this.#settings
    const { codePoints, starts, ends } = text
    const mark = out.length
    if (end - start > maxInputCharsPerWord) {
      out.push(unkId, starts[start], ends[end - 1])
    } else {
      let at = start
      while (at < end) {
        let node = at === start ? 0 : this.#continuing
        let id = -1
        let pieceEnd = at
        for (let i = at; i < end && node !== -1; ) {
          node = this.#child(node, codePoints[i++])
          if (node !== -1 && this.#idAt[node] !== -1) {
            id = this.#idAt[node]
            pieceEnd = i
          }
        }
        if (id === -1) {
          out.length = mark
          out.push(unkId, starts[start], ends[end - 1])
          break
        }
        out.push(id, starts[at], ends[pieceEnd - 1])
        at = pieceEnd
      }
    }
    out.wordCount++
  }

  #child(node: number, label: number): number {
    if (node === -1) return -1
    const mask = this.#parents.length - 1
    for (let slot = edgeHash(node, label) & mask; ; slot = (slot + 1) & mask) {
      if (this.#parents[slot] === -1) return -1
      if (this.#parents[slot] === node && this.#labels[slot] === label) return this.#children[slot]
    }
  }

  #insert(token: string, id: number): void {
    let node = 0
    for (const character of token) {
      const label = character.codePointAt(0) as number
      let child = this.#child(node, label)
      if (child === -1) {
        child = this.#nodes++
        if (this.#nodes * 2 > this.#parents.length) this.#resize(this.#parents.length * 2)
        this.#link(node, label, child)
        if (child === this.#idAt.length) this.#idAt = doubled(this.#idAt).fill(-1, child)
      }
      node = child
    }
    this.#idAt[node] = id
  }

  #link(node: number, label: number, child: number): void {
    const mask = this.#parents.length - 1
    let slot = edgeHash(node, label) & mask
    while (this.#parents[slot] !== -1) slot = (slot + 1) & mask
    this.#parents[slot] = node
    this.#labels[slot] = label
    this.#children[slot] = child
  }

  #resize(capacity: number): void {
    const [parents, labels, children] = [this.#parents, this.#labels, this.#children]
    this.#parents = new Int32Array(capacity).fill(-1)
    this.#labels = new Int32Array(capacity)
    this.#children = new Int32Array(capacity)
    for (let i = 0; i < parents.length; i++) {
      if (parents[i] !== -1) this.#link(parents[i], labels[i], children[i])
    }
  }
}

function edgeHash(node: number, label: number): number {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(label, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}
