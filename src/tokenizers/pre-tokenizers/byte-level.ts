import type { PreTokenizer } from '../components.ts'
import { NormalizedText } from '../normalized-text.ts'
import { pushBytes } from '../normalizers/characters.ts'
import type { SplitText } from '../split-text.ts'
import { letterRuns, numberRuns } from '../unicode/reference-ranges.ts'
import { codePointTable } from '../unicode/runs.ts'
import { whiteRuns } from '../unicode/unicode-ranges.ts'

const SPACE = 0x20
const APOSTROPHE = 0x27

const LETTER = 1
const NUMBER = 2
const WHITE = 4

/**
 * Splits like GPT-2 and turns each byte of the UTF-8 form into a character. Matches huggingface/tokenizers
 * `pre_tokenizers/byte_level.rs`.
 *
 * @param addPrefixSpace put a space before each input word that does not begin with one
 * @param useRegex false: do not split
 */
export function createByteLevel(addPrefixSpace: boolean, useRegex: boolean): PreTokenizer {
  const kinds = codePointTable([
    [LETTER, letterRuns],
    [NUMBER, numberRuns],
    [WHITE, whiteRuns],
  ])
  const prefixed = new NormalizedText()
  return {
    split(input, out) {
      for (let w = 0; w < input.count; w++) {
        let text = input.text
        let start = input.wordStarts[w]
        let end = input.wordEnds[w]
        if (addPrefixSpace && text.codePoints[start] !== SPACE) {
          prefixed.length = 0
          prefixed.push(SPACE, text.starts[start], text.ends[start])
          prefixed.append(text, start, end)
          text = prefixed
          start = 0
          end = prefixed.length
        }
        if (useRegex) splitGpt2(text, start, end, kinds, out)
        else pushWordBytes(text, start, end, out)
      }
      if (!useRegex) out.sourceStart = input.sourceStart
    },
  }
}

/**
 * The words of `text[start, end)` by GPT-2's pattern
 * `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
 */
function splitGpt2(text: NormalizedText, start: number, end: number, kinds: Uint8Array, out: SplitText): void {
  const codePoints = text.codePoints
  for (let i = start; i < end; ) {
    const from = i
    if (codePoints[i] === APOSTROPHE) {
      const length = contraction(codePoints, i, end)
      if (length > 0) {
        i += length
        pushWordBytes(text, from, i, out)
        continue
      }
    }
    let kind = kinds[codePoints[i]]
    if (codePoints[i] === SPACE && i + 1 < end && kinds[codePoints[i + 1]] !== WHITE) {
      i++
      kind = kinds[codePoints[i]]
    }
    do i++
    while (i < end && kinds[codePoints[i]] === kind)
    // White space before a word leaves it its last character.
    if (kind === WHITE && i < end && i - from > 1) i--
    pushWordBytes(text, from, i, out)
  }
}

/** The length of 's, 't, 'm, 'd, 're, 've or 'll at `at`, or 0. */
function contraction(codePoints: Int32Array, at: number, end: number): number {
  if (at + 1 >= end) return 0
  const first = codePoints[at + 1]
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) return 2
  if (at + 2 >= end) return 0
  const second = codePoints[at + 2]
  if ((first === 0x72 || first === 0x76) && second === 0x65) return 3
  return first === 0x6c && second === 0x6c ? 3 : 0
}

function pushWordBytes(text: NormalizedText, start: number, end: number, out: SplitText): void {
  const wordStart = out.text.length
  pushBytes(text, start, end, out.text)
  out.pushWord(wordStart, out.text.length)
}
