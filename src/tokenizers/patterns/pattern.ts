import type { JsonObject } from '../files/json-fields.ts'
import { badField, isObject } from '../files/json-fields.ts'
import { translateRegex } from './regex-translation.ts'

/** What Replace and Split look for: a text as it stands, or a regular expression in Oniguruma's syntax. */
export type PatternConfig = { String: string } | { Regex: string }

/** The field `pattern`. @throws TokenizerError `TOKENIZER_FILE`, or `UNSUPPORTED_TOKENIZER` for a regular expression that JavaScript has not */
export function readPattern(object: JsonObject, where: string): PatternConfig {
  const value = object.pattern
  if (isObject(value) && typeof value.String === 'string') return { String: value.String }
  if (isObject(value) && typeof value.Regex === 'string') {
    translateRegex(value.Regex, where)
    return { Regex: value.Regex }
  }
  throw badField(where, '"pattern"', '{"String": …} or {"Regex": …}', value)
}

/** The pattern as a JavaScript expression with the flags `gv`. @throws TokenizerError `UNSUPPORTED_TOKENIZER` */
export function patternToRegExp(pattern: PatternConfig, where = 'pattern'): RegExp {
  if ('Regex' in pattern) return translateRegex(pattern.Regex, where)
  return new RegExp(pattern.String.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'gv')
}

/**
 * Calls `onMatch` for each match from left to right. An empty match right behind another match does not count, as in
 * Oniguruma's and Rust's iterators.
 */
export function forEachMatch(text: string, pattern: RegExp, onMatch: (start: number, end: number) => void): void {
  let lastEnd = -1
  pattern.lastIndex = 0
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const start = found.index
    const end = start + found[0].length
    if (end > start || start !== lastEnd) {
      onMatch(start, end)
      lastEnd = end
    }
    if (end === start) {
      if (end >= text.length) return
      pattern.lastIndex = end + ((text.codePointAt(end) as number) > 0xffff ? 2 : 1)
    }
  }
}
