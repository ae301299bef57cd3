import { codePointFlags, PUNCTUATION, WHITE } from '../unicode/code-points.ts'

/**
 * Splits normalised text, `codePoints[start, end)`, into words: at white space, which is dropped, and around each
 * punctuation character, which is a word of its own. Matches huggingface/tokenizers `pre_tokenizers/bert.rs`.
 */
export function splitBertWords(
  codePoints: Int32Array,
  start: number,
  end: number,
  onWord: (start: number, end: number) => void,
): void {
  let wordStart = start
  for (let i = start; i < end; i++) {
    const kind = codePointFlags[codePoints[i]] & (WHITE | PUNCTUATION)
    if (kind === 0) continue
    if (i > wordStart) onWord(wordStart, i)
    if (kind & PUNCTUATION) onWord(i, i + 1)
    wordStart = i + 1
  }
  if (end > wordStart) onWord(wordStart, end)
}
