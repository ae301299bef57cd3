import type { EncodingLayout, EncodingSource, Span } from './encoding.ts'
import type { Part } from './post-processors/index.ts'

/** Tokens `[from, to)` of a text. */
export type TokenRange = readonly [from: number, to: number]

/** The tokens of a text or pair, and the windows that they are cut into. */
export interface CutTexts {
  /** int32: of the first text and then of the second. */
  ids: Int32Array
  /** Tokens of the first text. */
  first: number
  layouts: EncodingLayout[]
  source: EncodingSource
  truncated: boolean
}

/** One window. @param ranges the tokens that it has of each text */
export function layoutOf(parts: readonly Part[], ranges: readonly TokenRange[]): EncodingLayout {
  let used = 0
  const spans = parts.map((part): Span => {
    const [from, to] = part.sequence === undefined ? [0, 1] : ranges[part.sequence]
    used += to - from
    return { part, from, length: to - from }
  })
  return { spans, paddingBefore: 0, used }
}

/**
 * The windows of a text or pair, each with its tokens of each text. A pair has the first window of both; each other one of
 * the text that comes first in `parts` with all of the other text; and the other ones of that with the first. Matches
 * huggingface/tokenizers `Encoding::merge_with`.
 */
export function combinations(
  parts: readonly Part[],
  firsts: readonly TokenRange[],
  seconds: readonly TokenRange[] | undefined,
): TokenRange[][] {
  if (!seconds) return firsts.map((range) => [range])
  const isSwapped = parts.find(({ sequence }) => sequence !== undefined)?.sequence === 1
  const [ahead, behind] = isSwapped ? [seconds, firsts] : [firsts, seconds]
  const ordered = [
    [ahead[0], behind[0]],
    ...ahead.slice(1).flatMap((a) => behind.map((b) => [a, b])),
    ...behind.slice(1).map((b) => [ahead[0], b]),
  ]
  return isSwapped ? ordered.map(([b, a]) => [a, b]) : ordered
}

/** The ids of a window: int32 [length] */
export function assemble(
  { ids, first }: CutTexts,
  { spans, used }: EncodingLayout,
  length: number,
  paddingBefore: number,
  padId: number,
): Int32Array {
  const out = new Int32Array(length)
  if (length > used) out.fill(padId)
  let at = paddingBefore
  for (const { part, from, length: count } of spans) {
    if (part.sequence === undefined) {
      out[at++] = part.id
    } else {
      const start = from + (part.sequence === 0 ? 0 : first)
      out.set(ids.subarray(start, start + count), at)
      at += count
    }
  }
  return out
}
