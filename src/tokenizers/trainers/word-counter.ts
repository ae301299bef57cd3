import { endOfChunk, isAsciiPunctuation, isAsciiWhite } from '../chunks.ts'
import { codePointsToText, NormalizedText } from '../normalized-text.ts'
import type { BertNormalizerSettings } from '../normalizers/bert.ts'
import { normalizeBert } from '../normalizers/bert.ts'
import { splitBertWords } from '../pre-tokenizers/bert.ts'

/**
 * Counts the words of texts as BERT normalises and splits them. A stretch between ASCII spaces and punctuation is counted as
 * it stands and normalised once, however often it comes.
 */
export class WordCounter {
  readonly #chunks = new Map<string, number>()

  add(text: string): void {
    for (let i = 0; i < text.length; ) {
      const unit = text.charCodeAt(i)
      if (isAsciiWhite(unit)) {
        i++
        continue
      }
      const end = isAsciiPunctuation(unit) ? i + 1 : endOfChunk(text, i, text.length)
      const chunk = text.slice(i, end)
      const count = this.#chunks.get(chunk)
      this.#chunks.set(count === undefined ? detached(chunk) : chunk, (count ?? 0) + 1)
      i = end
    }
  }

  /** Each word with its count, as code points, in an order that depends on the texts alone. */
  words(settings: BertNormalizerSettings): Map<string, number> {
    const words = new Map<string, number>()
    const normalized = new NormalizedText()
    for (const [chunk, count] of this.#chunks) {
      normalized.length = 0
      normalizeBert(chunk, 0, chunk.length, settings, normalized)
      splitBertWords(normalized.codePoints, 0, normalized.length, (start, end) => {
        const word = codePointsToText(normalized.codePoints, start, end)
        words.set(word, (words.get(word) ?? 0) + count)
      })
    }
    return words
  }
}

/** A copy: a slice of 13 units or more would keep the whole text that it is from in memory. */
function detached(slice: string): string {
  if (slice.length < 13 || slice.length > 1000) return slice
  return String.fromCharCode(...Array.from({ length: slice.length }, (_, i) => slice.charCodeAt(i)))
}
