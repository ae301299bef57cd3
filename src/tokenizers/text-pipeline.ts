import type { AddedToken } from './added-tokens.ts'
import { AddedTokenMatcher } from './added-tokens.ts'
import type { Normalizer, PreTokenizer, TokenModel } from './components.ts'
import { codePointsToText, NormalizedText } from './normalized-text.ts'
import { SplitText } from './split-text.ts'
import { TokenBuffer } from './token-buffer.ts'

/** Text to tokens, without what stands around them. */
export interface TextPipeline {
  /** Appends the ids of `text` to `out`; may stop after the word that brings `out` to `limit` tokens. */
  tokenize(text: string, out: TokenBuffer, limit: number): void
  /** The tokens of `text` with offsets and words, at least the first `count`. */
  trace(text: string, count: number): TokenBuffer
}

/** The steps from text to tokens. */
export interface PipelineParts {
  model: TokenModel
  normalizer?: Normalizer
  preTokenizer?: PreTokenizer
  addedTokens: readonly AddedToken[]
}

/**
 * Text to tokens by exchangeable parts: added tokens in the text as given, normalisation, added tokens in normalised text,
 * words, pieces. Matches huggingface/tokenizers `tokenizer/mod.rs` and `added_vocabulary.rs`.
 */
export class ComponentPipeline implements TextPipeline {
  readonly #parts: PipelineParts
  /** Finds added tokens in the text as given. */
  readonly #raw: AddedTokenMatcher | undefined
  /** Finds added tokens in normalised text. */
  readonly #normalized: AddedTokenMatcher | undefined
  readonly #source = new NormalizedText()
  readonly #text = new NormalizedText()
  readonly #whole = new SplitText()
  readonly #words = new SplitText()

  constructor(parts: PipelineParts) {
    this.#parts = parts
    const raw = parts.addedTokens.filter(({ normalized }) => !normalized)
    if (raw.length > 0) this.#raw = new AddedTokenMatcher(new Map(raw.map((token) => [token.content, token])))
    const normalized = parts.addedTokens.filter((token) => token.normalized)
    if (normalized.length > 0) {
      const forms = normalized.map((token) => [this.#normalizedForm(token.content), token] as const)
      this.#normalized = new AddedTokenMatcher(new Map(forms.filter(([form]) => form !== '')))
    }
  }

  tokenize(text: string, out: TokenBuffer, limit: number): void {
    let from = 0
    for (let found = this.#raw?.next(text, 0); found !== undefined; found = this.#raw?.next(text, from)) {
      if (found.start > from && !this.#segment(text, from, found.start, out, limit)) return
      out.push(found.id, found.start, found.end)
      out.wordCount++
      from = found.end
    }
    if (from < text.length) this.#segment(text, from, text.length, out, limit)
  }

  trace(text: string, count: number): TokenBuffer {
    const out = new TokenBuffer()
    this.tokenize(text, out, count)
    return out
  }

  /** The tokens of `text.slice(start, end)`. Returns false at the limit. */
  #segment(text: string, start: number, end: number, out: TokenBuffer, limit: number): boolean {
    const normalized = this.#normalize(text, start, end)
    if (this.#normalized === undefined) return this.#split(normalized, 0, normalized.length, start, out, limit)
    const form = codePointsToText(normalized.codePoints, 0, normalized.length)
    let unit = 0 // in units of `form`; `at` is the same place in code points
    let at = 0
    for (let found = this.#normalized.next(form, 0); found; found = this.#normalized.next(form, unit)) {
      const tokenStart = at + codePointCount(form, unit, found.start)
      const tokenEnd = tokenStart + codePointCount(form, found.start, found.end)
      if (!this.#split(normalized, at, tokenStart, at === 0 ? start : -1, out, limit)) return false
      out.push(found.id, normalized.starts[tokenStart], normalized.ends[tokenEnd - 1])
      out.wordCount++
      unit = found.end
      at = tokenEnd
    }
    return this.#split(normalized, at, normalized.length, at === 0 ? start : -1, out, limit)
  }

  #normalize(text: string, start: number, end: number): NormalizedText {
    const source = this.#source
    source.length = 0
    for (let i = start; i < end; ) {
      const codePoint = text.codePointAt(i) as number
      const next = i + (codePoint > 0xffff ? 2 : 1)
      source.push(codePoint >= 0xd800 && codePoint <= 0xdfff ? 0xfffd : codePoint, i, next)
      i = next
    }
    const { normalizer } = this.#parts
    if (!normalizer) return source
    this.#text.length = 0
    normalizer.normalize(source, this.#text)
    return this.#text
  }

  /** Words and pieces of a stretch of normalised text. Returns false at the limit. */
  #split(
    text: NormalizedText,
    start: number,
    end: number,
    sourceStart: number,
    out: TokenBuffer,
    limit: number,
  ): boolean {
    if (start === end) return true // only words stop at the limit, added tokens do not
    const { model, preTokenizer } = this.#parts
    if (!preTokenizer) {
      model.tokenize(text, start, end, out)
      return out.length < limit
    }
    const whole = this.#whole
    whole.clear()
    whole.text.append(text, start, end)
    whole.pushWord(0, end - start)
    whole.sourceStart = sourceStart
    const words = this.#words
    words.clear()
    preTokenizer.split(whole, words)
    for (let word = 0; word < words.count; word++) {
      model.tokenize(words.text, words.wordStarts[word], words.wordEnds[word], out)
      if (out.length >= limit) return false
    }
    return true
  }

  #normalizedForm(content: string): string {
    const form = this.#normalize(content, 0, content.length)
    return codePointsToText(form.codePoints, 0, form.length)
  }
}

/** Code points of `text.slice(start, end)`. */
export function codePointCount(text: string, start: number, end: number): number {
  let count = end - start
  for (let i = start; i < end; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--
  return count
}
