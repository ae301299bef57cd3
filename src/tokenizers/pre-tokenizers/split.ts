import type { PreTokenizer } from '../components.ts'
import { codePointsToText } from '../normalized-text.ts'
import { countCodePoints } from '../normalizers/replace.ts'
import type { PatternConfig } from '../patterns/pattern.ts'
import { forEachMatch, patternToRegExp } from '../patterns/pattern.ts'
import type { SplitBehavior } from './delimiters.ts'
import { copyText, DelimiterSplitter } from './delimiters.ts'

/** At each match of a pattern, or with `invert` at what stands between the matches: `pre_tokenizers/split.rs`. */
export function createSplit(pattern: PatternConfig, behavior: SplitBehavior, invert: boolean): PreTokenizer {
  const expression = patternToRegExp(pattern)
  return {
    split(input, out) {
      const shift = copyText(input, out)
      const splitter = new DelimiterSplitter(behavior, out)
      for (let w = 0; w < input.count; w++) {
        const word = codePointsToText(input.text.codePoints, input.wordStarts[w], input.wordEnds[w])
        const wordEnd = input.wordEnds[w] + shift
        let unit = 0 // in units of `word`; `at` is the same place in code points
        let at = input.wordStarts[w] + shift
        forEachMatch(word, expression, (start, end) => {
          const from = at + countCodePoints(word, unit, start)
          if (from > at) splitter.add(at, from, invert)
          at = from + countCodePoints(word, start, end)
          splitter.add(from, at, !invert)
          unit = end
        })
        if (at < wordEnd) splitter.add(at, wordEnd, invert)
        splitter.finish()
      }
    },
  }
}
