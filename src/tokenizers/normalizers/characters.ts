/** Normalisers that look at one character at a time, or at the ends of a text. */
import type { Normalizer } from '../components.ts'
import type { NormalizedText } from '../normalized-text.ts'
import { byteCharacters } from '../unicode/byte-characters.ts'
import { codePointFlags, lowercaseOf, UPPERCASE, WHITE } from '../unicode/code-points.ts'
import { combiningMarkRuns } from '../unicode/reference-ranges.ts'
import { codePointTable } from '../unicode/runs.ts'

/** Each character in lower case, without regard to its neighbours. */
export function createLowercase(): Normalizer {
  return {
    normalize(text, out) {
      for (let i = 0; i < text.length; i++) {
        const codePoint = text.codePoints[i]
        if ((codePointFlags[codePoint] & UPPERCASE) === 0) {
          out.push(codePoint, text.starts[i], text.ends[i])
        } else if (codePoint === 0x130) {
          out.push(0x69, text.starts[i], text.ends[i]) // İ: an i and a combining dot above
          out.push(0x307, text.starts[i], text.ends[i])
        } else {
          out.push(lowercaseOf(codePoint), text.starts[i], text.ends[i])
        }
      }
    },
  }
}

/** Drops combining marks; it does not decompose first. */
export function createStripAccents(): Normalizer {
  const marks = codePointTable([[1, combiningMarkRuns]])
  return {
    normalize(text, out) {
      for (let i = 0; i < text.length; i++) {
        if (marks[text.codePoints[i]] === 0) out.push(text.codePoints[i], text.starts[i], text.ends[i])
      }
    },
  }
}

/** Drops white space at the ends. */
export function createStrip(left: boolean, right: boolean): Normalizer {
  return {
    normalize(text, out) {
      let start = 0
      let end = text.length
      if (left) while (start < end && codePointFlags[text.codePoints[start]] & WHITE) start++
      if (right) while (end > start && codePointFlags[text.codePoints[end - 1]] & WHITE) end--
      out.append(text, start, end)
    },
  }
}

/** Drops control characters and turns unusual white space into spaces, as SentencePiece's rules for translation do. */
export function createNmt(): Normalizer {
  return {
    normalize(text, out) {
      for (let i = 0; i < text.length; i++) {
        const codePoint = nmt(text.codePoints[i])
        if (codePoint !== -1) out.push(codePoint, text.starts[i], text.ends[i])
      }
    },
  }
}

function nmt(codePoint: number): number {
  if (codePoint < 0x20) {
    if (codePoint === 9 || codePoint === 10 || codePoint === 12 || codePoint === 13) return 0x20
    return codePoint === 0 ? 0 : -1
  }
  switch (codePoint) {
    case 0x7f:
    case 0x8f:
    case 0x9f:
      return -1
    case 0x1680:
    case 0x200b:
    case 0x200c:
    case 0x200d:
    case 0x200e:
    case 0x200f:
    case 0x2028:
    case 0x2029:
    case 0x2581:
    case 0xfeff:
    case 0xfffd:
      return 0x20
  }
  return codePoint
}

/** Puts a text before a text that is not empty. */
export function createPrepend(prefix: string): Normalizer {
  const codePoints = Array.from(prefix, (character) => character.codePointAt(0) as number)
  return {
    normalize(text, out) {
      if (text.length === 0) return
      // What is put before shares the first character's source; with nothing to put, the reference loses that source.
      const end = prefix === '' ? text.starts[0] : text.ends[0]
      for (const codePoint of codePoints) out.push(codePoint, text.starts[0], end)
      out.push(text.codePoints[0], text.starts[0], end)
      out.append(text, 1, text.length)
    },
  }
}

/** Each byte of the UTF-8 form as a character of the byte-level alphabet. */
export function createByteLevelNormalizer(): Normalizer {
  return { normalize: (text, out) => pushBytes(text, 0, text.length, out) }
}

/** Appends the bytes of `text[start, end)` as characters, each with the source of the whole character. */
export function pushBytes(text: NormalizedText, start: number, end: number, out: NormalizedText): void {
  for (let i = start; i < end; i++) {
    const codePoint = text.codePoints[i]
    const from = text.starts[i]
    const to = text.ends[i]
    if (codePoint < 0x80) {
      out.push(byteCharacters[codePoint], from, to)
      continue
    }
    if (codePoint < 0x800) {
      out.push(byteCharacters[0xc0 | (codePoint >> 6)], from, to)
    } else {
      if (codePoint < 0x10000) {
        out.push(byteCharacters[0xe0 | (codePoint >> 12)], from, to)
      } else {
        out.push(byteCharacters[0xf0 | (codePoint >> 18)], from, to)
        out.push(byteCharacters[0x80 | ((codePoint >> 12) & 0x3f)], from, to)
      }
      out.push(byteCharacters[0x80 | ((codePoint >> 6) & 0x3f)], from, to)
    }
    out.push(byteCharacters[0x80 | (codePoint & 0x3f)], from, to)
  }
}
