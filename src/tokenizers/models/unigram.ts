import type { TokenModel } from '../components.ts'
import { codePointsToText } from '../normalized-text.ts'
import type { TokenBuffer } from '../token-buffer.ts'
import { createCachedModel } from './cached-model.ts'
import type { UnigramConfig } from './config.ts'
import { PieceTrie } from './piece-trie.ts'
import { missingUnknownToken } from './unknown.ts'
import { ByteTokens } from './utf8.ts'

/** How much worse than the worst piece an unknown character is. */
const unknownPenalty = 10

/** Words of more code points get buffers of their own, so that one of a megabyte does not hold memory for ever. */
const longWord = 4096

/**
 * Cuts words into the pieces with the highest sum of scores (Viterbi): of equal sums the one whose last piece begins first.
 * Unknown characters in a row are one token. Time is the word's length times the longest piece. Matches
 * huggingface/tokenizers `models/unigram`.
 */
export function createUnigram(config: UnigramConfig): TokenModel {
  const { vocab, scores, unk_id: unkId } = config
  const trie = new PieceTrie(vocab)
  const byteTokens = config.byte_fallback ? new ByteTokens(vocab) : undefined
  let unkScore = Number.POSITIVE_INFINITY
  for (const score of scores) if (score < unkScore) unkScore = score
  unkScore -= unknownPenalty
  const reused = createPaths(longWord)

  const cut = (codePoints: Int32Array, start: number, end: number, pieces: TokenBuffer): void => {
    const length = end - start
    const paths = length > longWord ? createPaths(length) : reused
    const { best, from, ids } = paths
    from.fill(-1, 0, length + 1)
    best[0] = 0
    for (let at = 0; at < length; at++) {
      const here = best[at]
      let single = false
      let node = trie.root
      for (let to = at + 1; to <= length; to++) {
        node = trie.child(node, codePoints[start + to - 1])
        if (node === -1) break
        const id = trie.idAt(node)
        if (id === -1) continue
        if (to === at + 1) single = true
        const score = scores[id] + here
        if (from[to] !== -1 && !(score > best[to])) continue
        best[to] = score
        from[to] = at
        ids[to] = id
      }
      if (single) continue
      const score = unkScore + here
      if (from[at + 1] !== -1 && !(score > best[at + 1])) continue
      if (unkId === null) {
        throw missingUnknownToken('Unigram', undefined, codePointsToText(codePoints, start + at, start + at + 1))
      }
      best[at + 1] = score
      from[at + 1] = at
      ids[at + 1] = unkId
    }
    const mark = pieces.length
    for (let to = length; to > 0; ) {
      let first = from[to]
      let id = ids[to]
      if (id === unkId) {
        while (first > 0 && ids[first] === unkId) first = from[first]
        // The unknown characters together may be a piece, such as the unknown token's own text.
        id = vocab.findCodePoints(codePoints, start + first, start + to)
        const bytes = id === -1 ? byteTokens?.find(codePoints, start + first, start + to) : undefined
        for (let k = (bytes?.length ?? 0) - 1; k >= 0; k--) pieces.push((bytes as number[])[k], first, to)
        if (id === -1) id = unkId
        if (bytes !== undefined) {
          to = first
          continue
        }
      }
      pieces.push(id, first, to)
      to = first
    }
    reverse(pieces, mark)
  }
  return createCachedModel(vocab, cut)
}

/** For each place in a word: the score of the best way there, and the last piece of that way. */
function createPaths(length: number): { best: Float64Array; from: Int32Array; ids: Int32Array } {
  return {
    best: new Float64Array(length + 1),
    from: new Int32Array(length + 1),
    ids: new Int32Array(length + 1),
  }
}

/** Turns the order of the pieces from `mark` on round. */
function reverse({ ids, starts, ends, length }: TokenBuffer, mark: number): void {
  ids.subarray(mark, length).reverse()
  starts.subarray(mark, length).reverse()
  ends.subarray(mark, length).reverse()
}
