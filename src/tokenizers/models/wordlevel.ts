import type { TokenModel } from '../components.ts'
import type { NormalizedText } from '../normalized-text.ts'
import { codePointsToText } from '../normalized-text.ts'
import type { TokenBuffer } from '../token-buffer.ts'
import type { Vocabulary } from '../vocabulary.ts'
import { missingUnknownToken } from './unknown.ts'

/** A model that knows whole words only. Matches huggingface/tokenizers `models/wordlevel`. */
export function createWordLevel(vocabulary: Vocabulary, unkToken: string): TokenModel {
  const unkId = vocabulary.tokenToId(unkToken)
  return {
    size: vocabulary.size,
    tokenToId: (token) => vocabulary.tokenToId(token),
    idToToken: (id) => vocabulary.idToToken(id),
    tokenize(text: NormalizedText, start: number, end: number, out: TokenBuffer): void {
      const { codePoints, starts, ends } = text
      const id = vocabulary.findCodePoints(codePoints, start, end)
      if (id === -1 && unkId === undefined) {
        throw missingUnknownToken('WordLevel', unkToken, codePointsToText(codePoints, start, end))
      }
      out.push(id === -1 ? (unkId as number) : id, starts[start], ends[end - 1])
      out.wordCount++
    },
  }
}
