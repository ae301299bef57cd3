import type { NormalizedText } from '../normalized-text.ts'
import {
  CJK,
  codePointFlags,
  DECOMPOSED,
  lowercaseOf,
  NONSPACING,
  ORDERED,
  REMOVED,
  UPPERCASE,
  WHITE,
} from '../unicode/code-points.ts'

/** What BERT does to a text before it splits it. */
export interface BertNormalizerSettings {
  /** Drop control characters and turn white space into spaces. */
  cleanText: boolean
  /** Put spaces around Han ideographs, so that each becomes a word. */
  handleChineseChars: boolean
  /** Decompose (NFD) and drop nonspacing marks. */
  stripAccents: boolean
  lowercase: boolean
}

const SPACE = 0x20
const REPLACEMENT = 0xfffd

/**
 * Appends the normalised form of `text.slice(start, end)` to `out`. A lone surrogate counts as U+FFFD. The range must not
 * begin with a combining mark that belongs to a character before it.
 *
 * Same characters and alignment as huggingface/tokenizers `normalizers/bert.rs` and `tokenizer/normalizer.rs`.
 */
export function normalizeBert(
  text: string,
  start: number,
  end: number,
  settings: BertNormalizerSettings,
  out: NormalizedText,
): void {
  const { cleanText, handleChineseChars, stripAccents, lowercase } = settings
  const mark = out.length
  const pass = REMOVED | WHITE | CJK | DECOMPOSED | NONSPACING | ORDERED | UPPERCASE
  for (let i = start, next = start; i < end; i = next) {
    let codePoint = text.charCodeAt(i)
    next = i + 1
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) {
      codePoint = text.codePointAt(i) as number
      if (codePoint > 0xffff) next = i + 2
      else codePoint = REPLACEMENT
    }
    const flags = codePointFlags[codePoint]
    if ((flags & pass) === 0) {
      out.push(codePoint, i, next)
      continue
    }
    if (cleanText) {
      if (flags & REMOVED) continue
      if (flags & WHITE) codePoint = SPACE
    }
    const isolated = handleChineseChars && (flags & CJK) !== 0
    if (isolated) out.push(SPACE, i, next)
    if (stripAccents && flags & ORDERED) {
      // Its place among the marks around it, and so its offset, depends on them: rare, so the plain way, from the start.
      out.length = mark
      normalizeOrdered(text, start, end, settings, out)
      return
    }
    if (stripAccents && flags & DECOMPOSED) {
      const parts = String.fromCodePoint(codePoint).normalize('NFD')
      for (let k = 0; k < parts.length; k++) {
        const part = parts.codePointAt(k) as number
        if (part > 0xffff) k++
        if (codePointFlags[part] & ORDERED) {
          out.length = mark
          normalizeOrdered(text, start, end, settings, out)
          return
        }
        if ((codePointFlags[part] & NONSPACING) === 0) pushLowercased(part, i, next, lowercase, out)
      }
    } else if (!(stripAccents && flags & NONSPACING)) {
      pushLowercased(codePoint, i, next, lowercase, out)
    }
    if (isolated) out.push(SPACE, i, next)
  }
}

function pushLowercased(codePoint: number, start: number, end: number, lowercase: boolean, out: NormalizedText): void {
  if (lowercase && codePointFlags[codePoint] & UPPERCASE) {
    if (codePoint === 0x130) {
      out.push(0x69, start, end) // İ: an i and a combining dot above
      out.push(0x307, start, end)
    } else {
      out.push(lowercaseOf(codePoint), start, end)
    }
  } else {
    out.push(codePoint, start, end)
  }
}

/**
 * `normalizeBert` step by step, with canonical ordering of marks that are not stripped. Like the reference, it gives the
 * characters of a reordered run the offsets of the run's source characters in their order.
 */
function normalizeOrdered(
  text: string,
  start: number,
  end: number,
  { cleanText, handleChineseChars, lowercase }: BertNormalizerSettings,
  out: NormalizedText,
): void {
  // Source characters after cleaning, and what they decompose to: first[k] tells the first part of a character.
  const starts: number[] = []
  const ends: number[] = []
  let parts: number[] = []
  let first: boolean[] = []
  for (let i = start; i < end; ) {
    let codePoint = text.codePointAt(i) as number
    const next = i + (codePoint > 0xffff ? 2 : 1)
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) codePoint = REPLACEMENT
    const flags = codePointFlags[codePoint]
    if (!(cleanText && flags & REMOVED)) {
      if (cleanText && flags & WHITE) codePoint = SPACE
      const cleaned = handleChineseChars && flags & CJK ? [SPACE, codePoint, SPACE] : [codePoint]
      for (const character of cleaned) {
        starts.push(i)
        ends.push(next)
        if (codePointFlags[character] & DECOMPOSED) {
          let isFirst = true
          for (const part of String.fromCodePoint(character).normalize('NFD')) {
            parts.push(part.codePointAt(0) as number)
            first.push(isFirst)
            isFirst = false
          }
        } else {
          parts.push(character)
          first.push(true)
        }
      }
    }
    i = next
  }
  ;[parts, first] = orderMarks(parts, first)
  let source = -1
  for (let k = 0; k < parts.length; k++) {
    if (first[k]) source++
    if ((codePointFlags[parts[k]] & NONSPACING) === 0)
      pushLowercased(parts[k], starts[source], ends[source], lowercase, out)
  }
}

/**
 * Canonical ordering: within each run of marks with a combining class, a stable sort by class; flags travel with their
 * characters. Own code, since an engine's `normalize` takes quadratic time on a long run.
 */
function orderMarks(parts: number[], first: boolean[]): [number[], boolean[]] {
  const ranks = rankMarks(parts)
  const order = parts.map((_, index) => index)
  for (let i = 0; i < parts.length; ) {
    let end = i
    while (end < parts.length && ranks.has(parts[end])) end++
    const run = order.slice(i, end).sort((a, b) => (ranks.get(parts[a]) as number) - (ranks.get(parts[b]) as number))
    for (const index of run) order[i++] = index
    i++ // what ended the run stays where it is
  }
  return [order.map((index) => parts[index]), order.map((index) => first[index])]
}

/** The marks among `parts` that have a combining class other than 0, numbered in the order of their classes. */
function rankMarks(parts: readonly number[]): Map<number, number> {
  const swaps = (a: string, b: string) => (a + b).normalize('NFD') === b + a && a !== b
  const marks = [...new Set(parts)]
    .filter((part) => codePointFlags[part] & (NONSPACING | ORDERED))
    .map((part) => String.fromCodePoint(part))
    .filter((mark) => swaps(mark, '\u0334') || swaps('\u0345', mark)) // class above 1, or class 1 to 239
    .sort((a, b) => (swaps(a, b) ? 1 : swaps(b, a) ? -1 : 0))
  const ranks = new Map<number, number>()
  let rank = 0
  for (const [i, mark] of marks.entries()) {
    if (i > 0 && swaps(mark, marks[i - 1]) === swaps(marks[i - 1], mark)) ranks.set(mark.codePointAt(0) as number, rank)
    else ranks.set(mark.codePointAt(0) as number, ++rank)
  }
  return ranks
}
