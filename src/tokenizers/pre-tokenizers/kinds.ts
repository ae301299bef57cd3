/** Pre-tokenizers that tell delimiters from other characters one by one. */
import type { PreTokenizer } from '../components.ts'
import type { SplitText } from '../split-text.ts'
import { codePointFlags, PUNCTUATION, WHITE } from '../unicode/code-points.ts'
import { numericRuns, wordCharacterRuns } from '../unicode/reference-ranges.ts'
import { codePointTable } from '../unicode/runs.ts'
import { whiteRuns } from '../unicode/unicode-ranges.ts'
import { splitBertWords } from './bert.ts'
import type { SplitBehavior } from './delimiters.ts'
import { copyText, DelimiterSplitter } from './delimiters.ts'

/** At white space, which is dropped, and around each punctuation character: `pre_tokenizers/bert.rs`. */
export function createBertPreTokenizer(): PreTokenizer {
  return {
    split(input, out) {
      const shift = copyText(input, out)
      const onWord = (start: number, end: number) => out.pushWord(start + shift, end + shift)
      for (let w = 0; w < input.count; w++) {
        splitBertWords(input.text.codePoints, input.wordStarts[w], input.wordEnds[w], onWord)
      }
    },
  }
}

/** At white space, which is dropped: `pre_tokenizers/whitespace.rs`. */
export function createWhitespaceSplit(): PreTokenizer {
  return createDelimiterSplit(codePointFlags, WHITE, 'Removed')
}

/** Around each punctuation character: `pre_tokenizers/punctuation.rs`. */
export function createPunctuation(behavior: SplitBehavior): PreTokenizer {
  return createDelimiterSplit(codePointFlags, PUNCTUATION, behavior)
}

/** Around runs of digits and other numbers, or each of them: `pre_tokenizers/digits.rs`. */
export function createDigits(individual: boolean): PreTokenizer {
  return createDelimiterSplit(codePointTable([[1, numericRuns]]), 1, individual ? 'Isolated' : 'Contiguous')
}

/** At one character, which is dropped: `pre_tokenizers/delimiter.rs`. */
export function createCharDelimiterSplit(delimiter: string): PreTokenizer {
  const table = new Uint8Array(0x110000)
  table[delimiter.codePointAt(0) as number] = 1
  return createDelimiterSplit(table, 1, 'Removed')
}

/** Pieces of so many characters: `pre_tokenizers/fixed_length.rs`. */
export function createFixedLength(length: number): PreTokenizer {
  return {
    split(input, out) {
      const shift = copyText(input, out)
      for (let w = 0; w < input.count; w++) {
        const end = input.wordEnds[w]
        for (let i = input.wordStarts[w]; i < end; i += length) {
          out.pushWord(i + shift, Math.min(i + length, end) + shift)
        }
      }
    },
  }
}

/** Runs of word characters, and runs of what is neither that nor white space: `pre_tokenizers/whitespace.rs`. */
export function createWhitespace(): PreTokenizer {
  const isWord = 1
  const isWhite = 2
  const table = codePointTable([
    [isWord, wordCharacterRuns],
    [isWhite, whiteRuns],
  ])
  return {
    split(input, out) {
      const shift = copyText(input, out)
      const codePoints = input.text.codePoints
      for (let w = 0; w < input.count; w++) {
        const end = input.wordEnds[w]
        for (let i = input.wordStarts[w]; i < end; ) {
          const kind = table[codePoints[i]]
          const start = i
          do i++
          while (i < end && table[codePoints[i]] === kind)
          if (kind !== isWhite) out.pushWord(start + shift, i + shift)
        }
      }
    },
  }
}

/** Each character with one of the flags `mask` in `table` is a delimiter. */
function createDelimiterSplit(table: Uint8Array, mask: number, behavior: SplitBehavior): PreTokenizer {
  return {
    split(input: SplitText, out: SplitText) {
      const shift = copyText(input, out)
      const splitter = new DelimiterSplitter(behavior, out)
      const codePoints = input.text.codePoints
      for (let w = 0; w < input.count; w++) {
        const end = input.wordEnds[w]
        let from = input.wordStarts[w]
        for (let i = from; i < end; i++) {
          if ((table[codePoints[i]] & mask) === 0) continue
          if (from < i) splitter.add(from + shift, i + shift, false)
          splitter.add(i + shift, i + 1 + shift, true)
          from = i + 1
        }
        if (from < end) splitter.add(from + shift, end + shift, false)
        splitter.finish()
      }
    },
  }
}
