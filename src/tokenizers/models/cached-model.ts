import type { TokenModel } from '../components.ts'
import type { NormalizedText } from '../normalized-text.ts'
import { TokenBuffer } from '../token-buffer.ts'
import type { Vocabulary } from '../vocabulary.ts'
import { WordCache, wordHash } from './word-cache.ts'

/** Appends the pieces of the word `codePoints[start, end)` to `pieces`, with places in code points from `start`. */
export type CutWord = (codePoints: Int32Array, start: number, end: number, pieces: TokenBuffer) => void

/** Longer words are seldom seen twice. */
const longestCachedWord = 48

/** A model from a function that cuts words: the pieces of short words are remembered. */
export function createCachedModel(vocabulary: Vocabulary, cut: CutWord): TokenModel {
  const cache = new WordCache()
  return {
    size: vocabulary.size,
    tokenToId: (token) => vocabulary.tokenToId(token),
    idToToken: (id) => vocabulary.idToToken(id),
    tokenize({ codePoints, starts, ends }: NormalizedText, start: number, end: number, out: TokenBuffer): void {
      let pieces = cache.pieces
      let from = 0
      let to: number
      if (end - start <= longestCachedWord) {
        const hash = wordHash(codePoints, start, end)
        let word = cache.find(codePoints, start, end, hash)
        if (word === -1) word = cache.add(codePoints, start, end, hash, () => cut(codePoints, start, end, cache.pieces))
        from = cache.pieceStart(word)
        to = cache.pieceStart(word + 1)
      } else {
        pieces = new TokenBuffer()
        cut(codePoints, start, end, pieces)
        to = pieces.length
      }
      for (let p = from; p < to; p++) {
        out.push(pieces.ids[p], starts[start + pieces.starts[p]], ends[start + pieces.ends[p] - 1])
      }
      out.wordCount++
    },
  }
}
