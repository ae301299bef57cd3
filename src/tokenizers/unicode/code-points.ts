import {
  cjkRuns,
  decomposedRuns,
  lowercaseRuns,
  nonspacingRuns,
  orderedRuns,
  punctuationRuns,
  removedRuns,
  whiteRuns,
} from './unicode-ranges.ts'

/** Dropped by cleanText: control, format and private-use characters, U+0000 and U+FFFD. */
export const REMOVED = 1
/** White space. */
export const WHITE = 2
/** Punctuation, and the ASCII symbols. */
export const PUNCTUATION = 4
/** Han ideographs. */
export const CJK = 8
/** Nonspacing marks. */
export const NONSPACING = 16
/** Has a canonical decomposition. */
export const DECOMPOSED = 32
/** Takes part in canonical ordering and is no nonspacing mark. */
export const ORDERED = 64
/** Has a lower case. */
export const UPPERCASE = 128

/**
 * Properties of every code point, an OR of the constants above: `codePointFlags[codePoint]`.
 *
 * Own tables rather than `\p{…}`, since Hugging Face's are those of older Unicode versions than a JavaScript engine's, and
 * since ids must not depend on the engine.
 */
export const codePointFlags: Uint8Array = readFlags()

const lowercaseDeltas: ReadonlyMap<number, number> = readLowercase()

/** The lower case of an UPPERCASE code point other than U+0130, whose lower case is two characters. */
export function lowercaseOf(codePoint: number): number {
  return codePoint + (lowercaseDeltas.get(codePoint) ?? 0)
}

function readFlags(): Uint8Array {
  const flags = new Uint8Array(0x110000)
  const tables: [number, string][] = [
    [REMOVED, removedRuns],
    [WHITE, whiteRuns],
    [PUNCTUATION, punctuationRuns],
    [CJK, cjkRuns],
    [NONSPACING, nonspacingRuns],
    [DECOMPOSED, decomposedRuns],
    [ORDERED, orderedRuns],
  ]
  for (const [flag, runs] of tables) {
    let at = 0
    for (const run of runs.split(' ')) {
      const [gap, length = '1'] = run.split('.')
      at += Number.parseInt(gap, 36)
      const end = at + Number.parseInt(length, 36)
      for (; at < end; at++) flags[at] |= flag
    }
  }
  for (const codePoint of readLowercase().keys()) flags[codePoint] |= UPPERCASE
  return flags
}

function readLowercase(): Map<number, number> {
  const deltas = new Map<number, number>([[0x130, 0]])
  for (const entry of lowercaseRuns.split(' ')) {
    const [first, count, step, delta] = entry.split('.').map((digits) => Number.parseInt(digits, 36))
    for (let i = 0; i < count; i++) deltas.set(first + i * step, delta)
  }
  return deltas
}
