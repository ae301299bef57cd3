import type { TokenModel } from '../components.ts'
import type { NormalizedText } from '../normalized-text.ts'
import { codePointsToText } from '../normalized-text.ts'
import type { TokenBuffer } from '../token-buffer.ts'
import { createVocabulary, type Vocabulary } from '../vocabulary.ts'
import { PieceTrie } from './piece-trie.ts'
import { missingUnknownToken } from './unknown.ts'

/** How words are cut into pieces. */
export interface WordPieceSettings {
  /** The id of a word that cannot be cut into known pieces; undefined: such a word throws. */
  unkId: number | undefined
  /** For messages. */
  unkToken?: string
  /** What stands before a piece that is not the first of its word in the vocabulary. */
  continuingSubwordPrefix: string
  /** A word of more code points is unknown. */
  maxInputCharsPerWord: number
}

/**
 * Cuts words into the longest known pieces, from the left. The vocabulary is a trie over code points, so that a word costs
 * its length times the longest piece at most, however strange it is. Matches huggingface/tokenizers `models/wordpiece`.
 */
export class WordPiece implements TokenModel {
  readonly #vocabulary: Vocabulary
  readonly #settings: WordPieceSettings
  readonly #trie: PieceTrie
  /** Where pieces that continue a word begin; -1 if there are none. */
  readonly #continuing: number

  constructor(vocab: Vocabulary | ReadonlyMap<string, number>, settings: WordPieceSettings) {
    this.#vocabulary = createVocabulary(vocab)
    this.#settings = settings
    this.#trie = new PieceTrie(this.#vocabulary)
    let node = this.#trie.root
    for (const character of settings.continuingSubwordPrefix) {
      if (node !== -1) node = this.#trie.child(node, character.codePointAt(0) as number)
    }
    this.#continuing = node
  }

  get size(): number {
    return this.#vocabulary.size
  }

  tokenToId(token: string): number | undefined {
    return this.#vocabulary.tokenToId(token)
  }

  idToToken(id: number): string | undefined {
    return this.#vocabulary.idToToken(id)
  }

  /**
   * Appends the tokens of the word `text[start, end)` to `out` and counts the word.
   * @throws TokenizerError `MISSING_SPECIAL_TOKEN` for an unknown word without an unknown token
   */
  tokenize(text: NormalizedText, start: number, end: number, out: TokenBuffer): void {
    const { codePoints, starts, ends } = text
    const trie = this.#trie
    const mark = out.length
    let known = end - start <= this.#settings.maxInputCharsPerWord
    for (let at = start; known && at < end; ) {
      let node = at === start ? trie.root : this.#continuing
      let id = -1
      let pieceEnd = at
      for (let i = at; i < end && node !== -1; ) {
        node = trie.child(node, codePoints[i++])
        if (node === -1) break
        const found = trie.idAt(node)
        if (found !== -1) {
          id = found
          pieceEnd = i
        }
      }
      if (id === -1) known = false
      else out.push(id, starts[at], ends[pieceEnd - 1])
      at = pieceEnd
    }
    if (!known) {
      out.length = mark
      const { unkId, unkToken } = this.#settings
      if (unkId === undefined)
        throw missingUnknownToken('WordPiece', unkToken, codePointsToText(codePoints, start, end))
      out.push(unkId, starts[start], ends[end - 1])
    }
    out.wordCount++
  }
}
