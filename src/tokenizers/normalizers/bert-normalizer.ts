import type { Normalizer } from '../components.ts'
import { NormalizedText } from '../normalized-text.ts'
import {
  CJK,
  codePointFlags,
  DECOMPOSED,
  NONSPACING,
  ORDERED,
  REMOVED,
  UPPERCASE,
  WHITE,
} from '../unicode/code-points.ts'
import type { BertNormalizerSettings } from './bert.ts'
import { createLowercase } from './characters.ts'
import { createNormalForm } from './normal-form.ts'

const SPACE = 0x20

/**
 * `normalizeBert` as a step between others. Same characters and alignment as huggingface/tokenizers
 * `normalizers/bert.rs`.
 */
export function createBertNormalizer(settings: BertNormalizerSettings): Normalizer {
  const { cleanText, handleChineseChars, stripAccents, lowercase } = settings
  const decomposition = stripAccents ? createNormalForm('NFD') : undefined
  const lower = createLowercase()
  const cleaned = new NormalizedText()
  const decomposed = new NormalizedText()
  const stripped = new NormalizedText()

  function clean(text: NormalizedText, out: NormalizedText): void {
    for (let i = 0; i < text.length; i++) {
      let codePoint = text.codePoints[i]
      const flags = codePointFlags[codePoint]
      const start = text.starts[i]
      const end = text.ends[i]
      if (cleanText) {
        if (flags & REMOVED) continue
        if (flags & WHITE) codePoint = SPACE
      }
      const isolated = handleChineseChars && (flags & CJK) !== 0
      if (isolated) out.push(SPACE, start, end)
      out.push(codePoint, start, end)
      if (isolated) out.push(SPACE, start, end)
    }
  }

  const pass = REMOVED | WHITE | CJK | DECOMPOSED | NONSPACING | ORDERED | UPPERCASE
  return {
    normalize(text, out) {
      let plain = true
      for (let i = 0; i < text.length && plain; i++) plain = (codePointFlags[text.codePoints[i]] & pass) === 0
      if (plain) return out.append(text, 0, text.length)
      cleaned.length = 0
      clean(text, cleaned)
      let current = cleaned
      if (decomposition) {
        decomposed.length = 0
        decomposition.normalize(cleaned, decomposed)
        stripped.length = 0
        for (let i = 0; i < decomposed.length; i++) {
          const codePoint = decomposed.codePoints[i]
          if ((codePointFlags[codePoint] & NONSPACING) === 0) {
            stripped.push(codePoint, decomposed.starts[i], decomposed.ends[i])
          }
        }
        current = stripped
      }
      if (lowercase) lower.normalize(current, out)
      else out.append(current, 0, current.length)
    },
  }
}
