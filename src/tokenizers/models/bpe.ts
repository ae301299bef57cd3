import type { TokenModel } from '../components.ts'
import { codePointsToText } from '../normalized-text.ts'
import type { TokenBuffer } from '../token-buffer.ts'
import { createCachedModel } from './cached-model.ts'
import type { BpeConfig } from './config.ts'
import { MergeTable } from './merge-table.ts'
import { MergingWord } from './merge-word.ts'
import { missingUnknownToken } from './unknown.ts'
import { ByteTokens, utf8Length } from './utf8.ts'

/** Words of more code points get buffers of their own, so that one of a megabyte does not hold memory for ever. */
const longWord = 4096

/**
 * Byte-pair encoding: a word's characters are put together in the order of the merges. Matches huggingface/tokenizers
 * `models/bpe`, whose offsets are sums of the pieces' lengths in UTF-8 bytes: after a character that is left out, since it
 * is not known and there is no unknown token, they are off by its length.
 */
export function createBpe(config: BpeConfig): TokenModel {
  const { vocab, unk_token: unkToken, fuse_unk: fuseUnk, ignore_merges: ignoreMerges } = config
  const table = new MergeTable(config.merges)
  const unkId = unkToken === null ? undefined : vocab.tokenToId(unkToken)
  const byteTokens = config.byte_fallback ? new ByteTokens(vocab) : undefined
  const prefix = toCodePoints(config.continuing_subword_prefix)
  const suffix = toCodePoints(config.end_of_word_suffix)
  /** A character with the prefix before it and the suffix after it. */
  const unit = Int32Array.from([...prefix, 0, ...suffix])
  const reused = new MergingWord()

  const cut = (codePoints: Int32Array, start: number, end: number, pieces: TokenBuffer): void => {
    if (ignoreMerges) {
      const id = vocab.findCodePoints(codePoints, start, end)
      if (id !== -1) {
        pieces.push(id, 0, end - start)
        return
      }
    }
    const word = end - start > longWord ? new MergingWord() : reused
    word.length = 0
    // Length in bytes of the unknown characters that are yet to be added as a token.
    let unknown = 0
    for (let i = start; i < end; i++) {
      const byteLength = utf8Length(codePoints[i])
      unit[prefix.length] = codePoints[i]
      const from = i === start ? prefix.length : 0
      const to = i === end - 1 ? unit.length : prefix.length + 1
      const id = vocab.findCodePoints(unit, from, to)
      if (id !== -1) {
        if (unknown > 0) word.add(unkId as number, unknown)
        unknown = 0
        word.add(id, byteLength)
        continue
      }
      // Without adding the unknown characters before: the reference puts them after the bytes.
      const bytes = byteTokens?.find(unit, from, to)
      if (bytes !== undefined) {
        for (const byte of bytes) word.add(byte, 1)
        continue
      }
      if (unkToken === null) continue
      if (unkId === undefined) throw missingUnknownToken('BPE', unkToken, codePointsToText(codePoints, i, i + 1))
      if (unknown > 0 && !fuseUnk) {
        word.add(unkId, unknown)
        unknown = 0
      }
      unknown += byteLength
    }
    if (unknown > 0) word.add(unkId as number, unknown)
    word.merge(table)
    pushPieces(word, codePoints, start, end, pieces)
  }
  return createCachedModel(vocab, cut)
}

/** Appends the pieces, whose places are counted in bytes, with the characters that hold their first and last byte. */
function pushPieces(word: MergingWord, codePoints: Int32Array, start: number, end: number, pieces: TokenBuffer): void {
  let byte = 0
  let point = start
  let pointEnd = utf8Length(codePoints[start])
  for (let at = word.length === 0 ? -1 : 0; at !== -1; at = word.next[at]) {
    while (pointEnd <= byte && point + 1 < end) pointEnd += utf8Length(codePoints[++point])
    const first = point
    byte += word.byteLengths[at]
    while (pointEnd < byte && point + 1 < end) pointEnd += utf8Length(codePoints[++point])
    pieces.push(word.ids[at], first - start, point + 1 - start)
  }
}

function toCodePoints(text: string | null): number[] {
  return Array.from(text ?? '', (character) => character.codePointAt(0) as number)
}
