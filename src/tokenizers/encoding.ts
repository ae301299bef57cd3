import type { Part } from './post-processors/index.ts'

/** A stretch of an encoding: one special token, or tokens of a text. */
export interface Span {
  /** The part of the post-processor that it is. */
  readonly part: Part
  /** Where it begins among the tokens of its text. */
  readonly from: number
  /** Tokens. */
  readonly length: number
}

/** How the tokens of an encoding are laid out. */
export interface EncodingLayout {
  readonly spans: readonly Span[]
  /** Padding tokens in front. */
  readonly paddingBefore: number
  /** Tokens without padding. */
  readonly used: number
}

/** Where the tokens of a text stand in it. The arrays may be longer than there are tokens. */
export interface TokenPlaces {
  /** int32, UTF-16 offsets into the text */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** int32, the word that each token is a piece of */
  readonly words: Int32Array
}

/** What an encoding asks its tokenizer for when tokens or offsets are wanted. */
export interface EncodingSource {
  /** The first text, or one of its words; for pre-split words their list. */
  text(sequence: 0 | 1): string | readonly string[]
  /** The places of the first `count` tokens of a text. */
  places(sequence: 0 | 1, count: number): TokenPlaces
  idToToken(id: number): string | undefined
  /**
   * The offsets of a token, `text.slice(start, end)`, without the white space at its ends. `isFirst`: the token is the first
   * of its window.
   */
  trim?(id: number, text: string, start: number, end: number, isFirst: boolean): [start: number, end: number]
}

/**
 * The tokens of a text or of a pair, with N tokens in all, padding included. Only the ids are stored; all else is made when
 * it is asked for and then kept.
 */
export class Encoding {
  /** `ids: int32 [N]` */
  readonly ids: Int32Array
  /** Which text of a batch it is from; 0 outside of batches. */
  readonly sampleIndex: number
  /** The other windows of a text that was cut, with `returnOverflowingTokens`; in the order of Hugging Face. */
  readonly overflowing: readonly Encoding[]
  /** Whether tokens were cut off. */
  readonly truncated: boolean
  readonly #layout: EncodingLayout
  readonly #source: EncodingSource
  #typeIds?: Int32Array
  #attentionMask?: Int32Array
  #specialTokensMask?: Int32Array
  #tokens?: string[]
  #offsets?: [number, number][]
  #wordIds?: (number | null)[]
  #sequenceIds?: (number | null)[]
  #placed?: { starts: Int32Array; ends: Int32Array; words: Int32Array }

  /** Made by a tokenizer. @param ids int32 [N] */
  constructor(
    ids: Int32Array,
    layout: EncodingLayout,
    source: EncodingSource,
    {
      sampleIndex = 0,
      overflowing = [] as readonly Encoding[],
      truncated = false,
    }: { sampleIndex?: number; overflowing?: readonly Encoding[]; truncated?: boolean } = {},
  ) {
    this.ids = ids
    this.sampleIndex = sampleIndex
    this.overflowing = overflowing
    this.truncated = truncated
    this.#layout = layout
    this.#source = source
  }

  /** N, padding included. */
  get length(): number {
    return this.ids.length
  }

  /** `typeIds: int32 [N]`: the segment of each token; 0 for padding. */
  get typeIds(): Int32Array {
    this.#typeIds ??= this.#filled(0, ({ part }) => part.typeId)
    return this.#typeIds
  }

  /** `attentionMask: int32 [N]`: 1 = keep, 0 = padding. */
  get attentionMask(): Int32Array {
    this.#attentionMask ??= this.#filled(0, () => 1)
    return this.#attentionMask
  }

  /** `specialTokensMask: int32 [N]`: 1 for special tokens that the tokenizer added, and for padding. */
  get specialTokensMask(): Int32Array {
    this.#specialTokensMask ??= this.#filled(1, ({ part }) => (part.sequence === undefined ? 1 : 0))
    return this.#specialTokensMask
  }

  /** The token of each id. */
  get tokens(): string[] {
    this.#tokens ??= Array.from(this.ids, (id) => this.#source.idToToken(id) ?? '')
    return this.#tokens
  }

  /** `starts: int32 [N]`, where each token begins in its own text, in UTF-16 units; 0 for special tokens. */
  get starts(): Int32Array {
    return this.#places().starts
  }

  /** `ends: int32 [N]`, where each token ends, exclusive; 0 for special tokens. */
  get ends(): Int32Array {
    return this.#places().ends
  }

  /**
   * `[start, end)` of each token in its own text, in UTF-16 units as in `text.slice(start, end)`; `[0, 0]` for special
   * tokens. For pre-split words, in the word.
   */
  get offsets(): [start: number, end: number][] {
    this.#offsets ??= Array.from(this.ids, (_, i): [number, number] => [this.starts[i], this.ends[i]])
    return this.#offsets
  }

  /** The offsets counted in code points, as in Python. */
  get codePointOffsets(): [start: number, end: number][] {
    const counts = new Map<string, Int32Array>()
    const count = (text: string, unit: number) => {
      let known = counts.get(text)
      if (!known) {
        known = codePointsBefore(text)
        counts.set(text, known)
      }
      return known[unit]
    }
    return this.offsets.map(([start, end], i) => {
      const sequence = this.sequenceIds[i]
      if (sequence === null) return [0, 0]
      const text = this.#source.text(sequence as 0 | 1)
      const own = typeof text === 'string' ? text : text[this.wordIds[i] as number]
      return [count(own, start), count(own, end)]
    })
  }

  /** The number of each token's word in its own text, from 0; null for special tokens. */
  get wordIds(): (number | null)[] {
    this.#wordIds ??= Array.from(this.#places().words, (word) => (word < 0 ? null : word))
    return this.#wordIds
  }

  /** 0 or 1, the text that each token is from; null for special tokens. */
  get sequenceIds(): (number | null)[] {
    if (this.#sequenceIds === undefined) {
      const ids: (number | null)[] = new Array(this.ids.length).fill(null)
      this.#eachSpan(({ part, length }, at) => {
        if (part.sequence !== undefined) ids.fill(part.sequence, at, at + length)
      })
      this.#sequenceIds = ids
    }
    return this.#sequenceIds
  }

  /** The token that covers a UTF-16 position of a text, or undefined. */
  charToToken(position: number, sequence: 0 | 1 = 0): number | undefined {
    const { starts, ends } = this.#places()
    return this.#findToken(sequence, (i) => position >= starts[i] && position < ends[i])
  }

  /** `[start, end)` of a token in its text; undefined for special tokens. */
  tokenToChars(token: number): [start: number, end: number] | undefined {
    return this.sequenceIds[token] == null ? undefined : [this.starts[token], this.ends[token]]
  }

  /** The word of a token; undefined for special tokens. */
  tokenToWord(token: number): number | undefined {
    return this.wordIds[token] ?? undefined
  }

  /** `[first, last + 1]` of the tokens of a word, or undefined if it has none here. */
  wordToTokens(word: number, sequence: 0 | 1 = 0): [start: number, end: number] | undefined {
    const { words } = this.#places()
    const start = this.#findToken(sequence, (i) => words[i] === word)
    if (start === undefined) return undefined
    let end = start + 1
    while (end < words.length && words[end] === word && this.sequenceIds[end] === sequence) end++
    return [start, end]
  }

  /** `[start, end)` of a word in its text, or undefined if it has no token here. */
  wordToChars(word: number, sequence: 0 | 1 = 0): [start: number, end: number] | undefined {
    const tokens = this.wordToTokens(word, sequence)
    return tokens && [this.starts[tokens[0]], this.ends[tokens[1] - 1]]
  }

  /** The word that covers a UTF-16 position of a text, or undefined. */
  charToWord(position: number, sequence: 0 | 1 = 0): number | undefined {
    const token = this.charToToken(position, sequence)
    return token === undefined ? undefined : this.tokenToWord(token)
  }

  #findToken(sequence: 0 | 1, fits: (token: number) => boolean): number | undefined {
    const found = this.sequenceIds.findIndex((own, i) => own === sequence && fits(i))
    return found === -1 ? undefined : found
  }

  #places(): { starts: Int32Array; ends: Int32Array; words: Int32Array } {
    if (this.#placed === undefined) {
      const count = this.ids.length
      const placed = {
        starts: new Int32Array(count),
        ends: new Int32Array(count),
        words: new Int32Array(count).fill(-1),
      }
      const { trim } = this.#source
      this.#eachSpan(({ part, from, length }, at) => {
        if (part.sequence === undefined || length === 0) return
        const { starts, ends, words } = this.#source.places(part.sequence, from + length)
        placed.starts.set(starts.subarray(from, from + length), at)
        placed.ends.set(ends.subarray(from, from + length), at)
        placed.words.set(words.subarray(from, from + length), at)
        if (!trim) return
        const text = this.#source.text(part.sequence)
        for (let i = at; i < at + length; i++) {
          const own = typeof text === 'string' ? text : text[placed.words[i]]
          const [start, end] = trim(this.ids[i], own, placed.starts[i], placed.ends[i], i === at)
          placed.starts[i] = start
          placed.ends[i] = end
        }
      })
      this.#placed = placed
    }
    return this.#placed
  }

  #filled(padding: number, value: (span: Span) => number): Int32Array {
    const values = new Int32Array(this.ids.length)
    if (padding !== 0) values.fill(padding)
    this.#eachSpan((span, at) => {
      values.fill(value(span), at, at + span.length)
    })
    return values
  }

  #eachSpan(visit: (span: Span, at: number) => void): void {
    let at = this.#layout.paddingBefore
    for (const span of this.#layout.spans) {
      visit(span, at)
      at += span.length
    }
  }
}

/** For each UTF-16 position how many code points begin before it: int32 [length + 1] */
function codePointsBefore(text: string): Int32Array {
  const counts = new Int32Array(text.length + 1)
  for (let i = 0; i < text.length; i++) {
    const isSecond = i > 0 && (text.codePointAt(i - 1) as number) > 0xffff && (text.charCodeAt(i) & 0xfc00) === 0xdc00
    counts[i + 1] = counts[i] + (isSecond ? 0 : 1)
  }
  // The second half of a pair belongs to the character that the first begins.
  for (let i = 1; i < text.length; i++) {
    if ((text.codePointAt(i - 1) as number) > 0xffff) counts[i] = counts[i - 1]
  }
  return counts
}
