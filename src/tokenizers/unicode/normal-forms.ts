import { combiningClassRuns, compatibilityRuns } from './reference-ranges.ts'
import { codePointValues, forEachRun } from './runs.ts'
import { decomposedRuns } from './unicode-ranges.ts'

export type NormalForm = 'NFC' | 'NFD' | 'NFKC' | 'NFKD'

/** The form of the character alone is not the character. */
export const CHANGES = 1
/** The character has a decomposition. */
export const DECOMPOSES = 2
/** The character may change places or become one with the character before it. */
export const JOINS = 4

const syllableBase = 0xac00
const leadBase = 0x1100
const vowelBase = 0x1161
const tailBase = 0x11a7

/**
 * What a normal form does to characters, as far as the reference's Unicode version knows them: an engine's `normalize`
 * knows newer ones and takes quadratic time for long runs of marks.
 */
export interface NormalFormTables {
  /** An OR of the constants above for each code point. */
  flags: Uint8Array
  /** Canonical combining class of each code point. */
  classes: Uint8Array
  /** Full decomposition of a character that DECOMPOSES. */
  decompose(codePoint: number): readonly number[]
  /** The character that two become, or -1. */
  compose(first: number, second: number): number
}

/** Tables of a normal form; they take some milliseconds and about 3 MB. */
export function createNormalFormTables(form: NormalForm): NormalFormTables {
  const classes = codePointValues(combiningClassRuns)
  const flags = new Uint8Array(0x110000)
  const decompositions = new Map<number, number[]>()
  const compositions = new Map<number, number>()
  const composes = form.endsWith('C')

  forEachRun(decomposedRuns, (start, end) => {
    for (let codePoint = start; codePoint < end; codePoint++) {
      flags[codePoint] = DECOMPOSES
      if (isSyllable(codePoint)) continue
      const character = String.fromCodePoint(codePoint)
      const parts = toCodePoints(character.normalize('NFD'))
      decompositions.set(codePoint, parts)
      if (parts.length === 1 || character.normalize('NFC') !== character) continue
      const last = parts[parts.length - 1]
      const first = String.fromCodePoint(...parts.slice(0, -1))
        .normalize('NFC')
        .codePointAt(0) as number
      compositions.set(pairKey(first, last), codePoint)
      if (composes) flags[last] |= JOINS
    }
  })
  if (form.startsWith('NFK')) {
    forEachRun(compatibilityRuns, (start, end) => {
      for (let codePoint = start; codePoint < end; codePoint++) {
        flags[codePoint] |= DECOMPOSES
        decompositions.set(codePoint, toCodePoints(String.fromCodePoint(codePoint).normalize('NFKD')))
      }
    })
  }
  if (composes) flags.fill(JOINS, vowelBase, vowelBase + 21).fill(JOINS, tailBase + 1, tailBase + 28)
  forEachRun(combiningClassRuns, (start, end) => {
    for (let codePoint = start; codePoint < end; codePoint++) flags[codePoint] |= JOINS
  })
  for (const [codePoint, parts] of decompositions) {
    flags[codePoint] |= flags[parts[0]] & JOINS
    const character = String.fromCodePoint(codePoint)
    if (!composes || character.normalize(form) !== character) flags[codePoint] |= CHANGES
  }
  if (!composes) flags.fill(DECOMPOSES | CHANGES, syllableBase, syllableBase + 11172)

  return {
    flags,
    classes,
    decompose: (codePoint) => (isSyllable(codePoint) ? jamo(codePoint) : (decompositions.get(codePoint) as number[])),
    compose(first, second) {
      if (second >= vowelBase && second < tailBase + 28) {
        if (second < vowelBase + 21 && first >= leadBase && first < leadBase + 19) {
          return syllableBase + (first - leadBase) * 588 + (second - vowelBase) * 28
        }
        const isOpen = isSyllable(first) && (first - syllableBase) % 28 === 0
        if (isOpen && second > tailBase) return first + second - tailBase
        return -1
      }
      return compositions.get(pairKey(first, second)) ?? -1
    },
  }
}

function isSyllable(codePoint: number): boolean {
  return codePoint >= syllableBase && codePoint < syllableBase + 11172
}

function jamo(syllable: number): number[] {
  const index = syllable - syllableBase
  const parts = [leadBase + Math.floor(index / 588), vowelBase + Math.floor((index % 588) / 28)]
  if (index % 28 > 0) parts.push(tailBase + (index % 28))
  return parts
}

function pairKey(first: number, second: number): number {
  return first * 0x110000 + second
}

function toCodePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) as number)
}
