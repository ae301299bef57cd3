import type { AddedToken } from './added-tokens.ts'
import { AddedTokenMatcher } from './added-tokens.ts'
import { ChunkCache } from './chunk-cache.ts'
import { isAsciiPunctuation, isChunkUnit } from './chunks.ts'
import type { TokenModel } from './components.ts'
import { codePointsToText, NormalizedText } from './normalized-text.ts'
import type { BertNormalizerSettings } from './normalizers/bert.ts'
import { normalizeBert } from './normalizers/bert.ts'
import { splitBertWords } from './pre-tokenizers/bert.ts'
import { codePointCount, type TextPipeline } from './text-pipeline.ts'
import { TokenBuffer } from './token-buffer.ts'

/** What the steps from text to tokens need to know. */
export interface BertPipelineSettings {
  model: TokenModel
  addedTokens: readonly AddedToken[]
  normalizer: BertNormalizerSettings
}

/** Longer chunks are seldom seen twice. */
const longestCachedChunk = 48

/** Text to tokens: added tokens, normalisation, words, pieces. Special tokens and truncation come later. */
export class BertPipeline implements TextPipeline {
  readonly #model: TokenModel
  readonly #normalizer: BertNormalizerSettings
  /** Finds added tokens in the text as given. */
  readonly #raw: AddedTokenMatcher | undefined
  /** Finds added tokens in normalised text. */
  readonly #normalized: AddedTokenMatcher | undefined
  readonly #punctuationIds = new Int32Array(128)
  readonly #cache = new ChunkCache()
  readonly #text = new NormalizedText()
  readonly #chunk = new TokenBuffer()

  constructor(settings: BertPipelineSettings) {
    this.#normalizer = settings.normalizer
    this.#model = settings.model
    const raw = settings.addedTokens.filter((token) => !token.normalized)
    if (raw.length > 0) this.#raw = new AddedTokenMatcher(new Map(raw.map((token) => [token.content, token])))
    for (let unit = 0; unit < 128; unit++) {
      if (!isAsciiPunctuation(unit)) continue
      this.#chunk.clear()
      this.#normalizeWords(String.fromCharCode(unit), 0, 1, this.#chunk, Number.POSITIVE_INFINITY)
      this.#punctuationIds[unit] = this.#chunk.ids[0]
    }
    const normalized = settings.addedTokens.filter((token) => token.normalized)
    if (normalized.length > 0) {
      const forms = normalized.map((token) => [this.#normalizedForm(token.content), token] as const)
      this.#normalized = new AddedTokenMatcher(new Map(forms.filter(([form]) => form !== '')))
    }
  }

  /**
   * Appends the ids of `text` to `out`. Stops after the word that brings `out` to `limit` tokens; an added token alone does
   * not stop it. Time is linear in the text. Offsets and words are not filled in: `trace` gives them.
   */
  tokenize(text: string, out: TokenBuffer, limit: number): void {
    this.#segments(text, out, (start, end) => this.#scan(text, start, end, out, limit, false))
  }

  /** The tokens of `text` with offsets and words, at least the first `count`. */
  trace(text: string, count: number): TokenBuffer {
    const out = new TokenBuffer()
    this.#segments(text, out, (start, end) => this.#scan(text, start, end, out, count, true))
    return out
  }

  /** Cuts the text at added tokens. `onText` returns false to stop. */
  #segments(text: string, out: TokenBuffer, onText: (start: number, end: number) => boolean): void {
    let from = 0
    for (let found = this.#raw?.next(text, 0); found !== undefined; found = this.#raw?.next(text, from)) {
      if (found.start > from && !onText(from, found.start)) return
      out.push(found.id, found.start, found.end)
      out.wordCount++
      from = found.end
    }
    if (from < text.length) onText(from, text.length)
  }

  /** The fast path: chunks that were seen before where possible. @param places also their offsets and words */
  #scan(text: string, start: number, end: number, out: TokenBuffer, limit: number, places: boolean): boolean {
    if (this.#normalized) return this.#normalizeWords(text, start, end, out, limit)
    const cache = this.#cache
    for (let i = start; i < end; ) {
      let unit = text.charCodeAt(i)
      if (!isChunkUnit(unit)) {
        if (isAsciiPunctuation(unit)) {
          out.push(this.#punctuationIds[unit], i, i + 1)
          out.wordCount++
          if (out.length >= limit) return false
        }
        i++
        continue
      }
      const from = i
      let hash = 0
      do {
        hash = (Math.imul(hash ^ unit, 0x01000193) + 0x9e3779b) | 0 // an int32, as the cache stores it
        i++
        if (i === end) break
        unit = text.charCodeAt(i)
      } while (isChunkUnit(unit))
      if (i - from > longestCachedChunk) {
        if (!this.#normalizeWords(text, from, i, out, limit)) return false
        continue
      }
      let found = cache.find(text, from, i, hash)
      if (found === -1) {
        const chunk = this.#chunk
        chunk.clear()
        this.#normalizeWords(text, from, i, chunk, Number.POSITIVE_INFINITY)
        found = cache.add(text, from, i, hash, chunk)
      }
      const idStart = cache.idStart(found)
      const idEnd = cache.idStart(found + 1)
      if (out.length + idEnd - idStart >= limit) {
        // The limit may fall between two words of the chunk.
        if (!this.#normalizeWords(text, from, i, out, limit)) return false
        continue
      }
      if (places) cache.copyPlaces(found, from, out)
      else out.pushIds(cache.ids, idStart, idEnd)
    }
    return true
  }

  /** The plain path: the tokens of `text.slice(start, end)` with all that is known of them. Returns false at the limit. */
  #normalizeWords(text: string, start: number, end: number, out: TokenBuffer, limit: number): boolean {
    const normalized = this.#text
    normalized.length = 0
    normalizeBert(text, start, end, this.#normalizer, normalized)
    let more = true
    const split = (from: number, to: number) =>
      splitBertWords(normalized.codePoints, from, to, (wordStart, wordEnd) => {
        if (!more) return
        this.#model.tokenize(normalized, wordStart, wordEnd, out)
        more = out.length < limit
      })
    if (this.#normalized === undefined) {
      split(0, normalized.length)
      return more
    }
    const form = codePointsToText(normalized.codePoints, 0, normalized.length)
    let from = 0 // in units of `form`; `at` is the same place in code points
    let at = 0
    for (let found = this.#normalized.next(form, 0); found; found = this.#normalized.next(form, from)) {
      const tokenStart = at + codePointCount(form, from, found.start)
      const tokenEnd = tokenStart + codePointCount(form, found.start, found.end)
      split(at, tokenStart)
      if (!more) return false
      out.push(found.id, normalized.starts[tokenStart], normalized.ends[tokenEnd - 1])
      out.wordCount++
      from = found.end
      at = tokenEnd
    }
    split(at, normalized.length)
    return more
  }

  #normalizedForm(text: string): string {
    this.#text.length = 0
    normalizeBert(text, 0, text.length, this.#normalizer, this.#text)
    return codePointsToText(this.#text.codePoints, 0, this.#text.length)
  }
}
