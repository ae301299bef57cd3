import {
  clusterControlRuns,
  clusterExtendRuns,
  clusterPrependRuns,
  clusterSpacingRuns,
  conjunctConsonantRuns,
  conjunctLinkerRuns,
  pictographicRuns,
} from './reference-ranges.ts'
import { codePointTable } from './runs.ts'

const EXTEND = 1
const SPACING = 2
const PREPEND = 4
const CONTROL = 8
const PICTOGRAPHIC = 16
const LINKER = 32
const CONSONANT = 64

const ZERO_WIDTH_JOINER = 0x200d

/** Finds the end of the extended grapheme cluster that begins at `start`. */
export type ClusterEnd = (codePoints: Int32Array, start: number, end: number) => number

/**
 * Extended grapheme clusters (Unicode Standard Annex 29) of the reference's Unicode version, exact for clusters of fewer
 * than 6 bytes in UTF-8, which are those that SentencePiece's rules look at: flags are not told from single letters.
 */
export function createClusterEnd(): ClusterEnd {
  const table = codePointTable([
    [EXTEND, clusterExtendRuns],
    [SPACING, clusterSpacingRuns],
    [PREPEND, clusterPrependRuns],
    [CONTROL, clusterControlRuns],
    [PICTOGRAPHIC, pictographicRuns],
    [LINKER, conjunctLinkerRuns],
    [CONSONANT, conjunctConsonantRuns],
  ])
  table[0] |= CONTROL
  return (codePoints, start, end) => {
    let previous = codePoints[start]
    let flags = table[previous]
    let i = start + 1
    if (flags & CONTROL) return previous === 0x0d && i < end && codePoints[i] === 0x0a ? i + 1 : i
    let inEmoji = (flags & PICTOGRAPHIC) !== 0
    let inConjunct = (flags & CONSONANT) !== 0
    let linked = false
    for (; i < end; i++) {
      const codePoint = codePoints[i]
      const next = table[codePoint]
      const joins =
        (next & EXTEND) !== 0 ||
        ((flags & PREPEND) !== 0 && (next & CONTROL) === 0) ||
        (inEmoji && previous === ZERO_WIDTH_JOINER && (next & PICTOGRAPHIC) !== 0) ||
        (inConjunct && linked && (next & CONSONANT) !== 0) ||
        joinsHangul(previous, codePoint)
      if (!joins) break
      if ((next & EXTEND) === 0 || next & SPACING) {
        inEmoji = (next & PICTOGRAPHIC) !== 0
        inConjunct = (next & CONSONANT) !== 0
        linked = false
      } else if (next & LINKER) {
        linked = true
      }
      previous = codePoint
      flags = next
    }
    return i
  }
}

const LEAD = 1
const VOWEL = 2
const TAIL = 3
const OPEN = 4
const CLOSED = 5

function joinsHangul(before: number, after: number): boolean {
  if (before < 0x1100 || after < 0x1100) return false
  const kind = hangulKind(before)
  if (kind === 0) return false
  const next = hangulKind(after)
  if (kind === LEAD) return next === LEAD || next === VOWEL || next === OPEN || next === CLOSED
  if (kind === VOWEL || kind === OPEN) return next === VOWEL || next === TAIL
  return next === TAIL
}

function hangulKind(codePoint: number): number {
  if (codePoint >= 0xac00 && codePoint <= 0xd7a3) return (codePoint - 0xac00) % 28 === 0 ? OPEN : CLOSED
  if (codePoint <= 0x11ff) return codePoint < 0x1160 ? LEAD : codePoint < 0x11a8 ? VOWEL : TAIL
  if (codePoint >= 0xa960 && codePoint <= 0xa97c) return LEAD
  if (codePoint >= 0xd7b0 && codePoint <= 0xd7c6) return VOWEL
  return codePoint >= 0xd7cb && codePoint <= 0xd7fb ? TAIL : 0
}
