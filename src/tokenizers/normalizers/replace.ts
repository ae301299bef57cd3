import type { Normalizer } from '../components.ts'
import type { NormalizedText } from '../normalized-text.ts'
import { codePointsToText } from '../normalized-text.ts'
import type { PatternConfig } from '../patterns/pattern.ts'
import { forEachMatch, patternToRegExp } from '../patterns/pattern.ts'

/**
 * Puts `content` in the place of each match, with the source of the match's last character. Matches huggingface/tokenizers
 * `NormalizedString::replace`.
 */
export function createReplace(pattern: PatternConfig, content: string): Normalizer {
  const expression = patternToRegExp(pattern)
  const codePoints = Array.from(content, (character) => character.codePointAt(0) as number)
  return {
    normalize(text, out) {
      const form = codePointsToText(text.codePoints, 0, text.length)
      let unit = 0 // in units of `form`; `at` is the same place in code points
      let at = 0
      forEachMatch(form, expression, (start, end) => {
        const from = at + countCodePoints(form, unit, start)
        out.append(text, at, from)
        at = from + countCodePoints(form, start, end)
        unit = end
        pushContent(codePoints, text, at - 1, out)
      })
      out.append(text, at, text.length)
    },
  }
}

function pushContent(content: readonly number[], text: NormalizedText, source: number, out: NormalizedText): void {
  if (text.length === 0) return
  const start = text.starts[Math.max(0, source)]
  const end = source < 0 ? start : text.ends[source] // an empty match at the beginning has no source
  for (const codePoint of content) out.push(codePoint, start, end)
}

/** Code points in `text.slice(start, end)`. */
export function countCodePoints(text: string, start: number, end: number): number {
  let count = end - start
  for (let i = start; i < end; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--
  return count
}
