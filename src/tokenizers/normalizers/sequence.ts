import type { Normalizer } from '../components.ts'
import { NormalizedText } from '../normalized-text.ts'

/** Normalisers one after another. */
export function createNormalizerSequence(normalizers: readonly Normalizer[]): Normalizer {
  const buffers = [new NormalizedText(), new NormalizedText()]
  return {
    normalize(text, out) {
      let from = text
      for (const [i, normalizer] of normalizers.entries()) {
        const to = i === normalizers.length - 1 ? out : buffers[i % 2]
        if (to !== out) to.length = 0
        normalizer.normalize(from, to)
        from = to
      }
      if (normalizers.length === 0) out.append(text, 0, text.length)
    },
  }
}
