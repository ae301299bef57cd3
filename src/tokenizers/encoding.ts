import type { TokenBuffer } from './token-buffer.ts'

/** How the tokens of an encoding are laid out: `[CLS] first [SEP] second [SEP] [PAD]…`. */
export interface EncodingLayout {
  /** Tokens of the first text. */
  first: number
  /** Tokens of the second text; undefined if there is none. */
  second: number | undefined
  /** Whether [CLS] and [SEP] are there. */
  special: boolean
}

/** What an encoding asks its tokenizer for when tokens or offsets are wanted. */
export interface EncodingSource {
  text: string
  textPair: string | undefined
  idToToken(id: number): string | undefined
  /** The tokens of `text`, up to `count`, with offsets and words. */
  trace(text: string, count: number): TokenBuffer
}

/**
 * The tokens of a text or of a pair, with N tokens in all, padding included. Only the ids are stored; all else is made when
 * it is asked for and then kept.
 */
export class Encoding {
  /** `ids: int32 [N]` */
  readonly ids: Int32Array
  readonly #layout: EncodingLayout
  readonly #source: EncodingSource
  #typeIds?: Int32Array
  #attentionMask?: Int32Array
  #specialTokensMask?: Int32Array
  #tokens?: string[]
  #alignment?: { offsets: [number, number][]; wordIds: (number | null)[] }
  #sequenceIds?: (number | null)[]

  /** Made by a tokenizer. @param ids int32 [N] */
  constructor(ids: Int32Array, layout: EncodingLayout, source: EncodingSource) {
    this.ids = ids
    this.#layout = layout
    this.#source = source
  }

  /** N, padding included. */
  get length(): number {
    return this.ids.length
  }

  /** `typeIds: int32 [N]`: 1 from the second text to its [SEP], else 0. */
  get typeIds(): Int32Array {
    if (this.#typeIds === undefined) {
      this.#typeIds = new Int32Array(this.ids.length)
      if (this.#layout.second !== undefined) this.#typeIds.fill(1, this.#secondStart(), this.#used())
    }
    return this.#typeIds
  }

  /** `attentionMask: int32 [N]`: 1 = keep, 0 = padding. */
  get attentionMask(): Int32Array {
    this.#attentionMask ??= new Int32Array(this.ids.length).fill(1, 0, this.#used())
    return this.#attentionMask
  }

  /** `specialTokensMask: int32 [N]`: 1 for [CLS], [SEP] and padding that the tokenizer added. */
  get specialTokensMask(): Int32Array {
    if (this.#specialTokensMask === undefined) {
      const { first, second } = this.#layout
      this.#specialTokensMask = new Int32Array(this.ids.length).fill(1)
      this.#specialTokensMask.fill(0, this.#firstStart(), this.#firstStart() + first)
      if (second !== undefined) this.#specialTokensMask.fill(0, this.#secondStart(), this.#secondStart() + second)
    }
    return this.#specialTokensMask
  }

  /** The token of each id. */
  get tokens(): string[] {
    this.#tokens ??= Array.from(this.ids, (id) => this.#source.idToToken(id) ?? '')
    return this.#tokens
  }

  /**
   * `[start, end)` of each token in its own text, in UTF-16 units as in `text.slice(start, end)`; `[0, 0]` for special
   * tokens.
   */
  get offsets(): [start: number, end: number][] {
    return this.#aligned().offsets
  }

  /** The number of each token's word in its own text, from 0; null for special tokens. */
  get wordIds(): (number | null)[] {
    return this.#aligned().wordIds
  }

  /** 0 or 1, the text that each token is from; null for special tokens. */
  get sequenceIds(): (number | null)[] {
    if (this.#sequenceIds === undefined) {
      const { first, second } = this.#layout
      this.#sequenceIds = new Array(this.ids.length).fill(null)
      this.#sequenceIds.fill(0, this.#firstStart(), this.#firstStart() + first)
      if (second !== undefined) this.#sequenceIds.fill(1, this.#secondStart(), this.#secondStart() + second)
    }
    return this.#sequenceIds
  }

  #aligned(): { offsets: [number, number][]; wordIds: (number | null)[] } {
    if (this.#alignment === undefined) {
      const { first, second } = this.#layout
      const offsets = Array.from(this.ids, (): [number, number] => [0, 0])
      const wordIds: (number | null)[] = new Array(this.ids.length).fill(null)
      const place = (text: string, count: number, at: number) => {
        const { starts, ends, words } = this.#source.trace(text, count)
        for (let i = 0; i < count; i++) {
          offsets[at + i] = [starts[i], ends[i]]
          wordIds[at + i] = words[i]
        }
      }
      place(this.#source.text, first, this.#firstStart())
      if (second !== undefined) place(this.#source.textPair as string, second, this.#secondStart())
      this.#alignment = { offsets, wordIds }
    }
    return this.#alignment
  }

  #firstStart(): number {
    return this.#layout.special ? 1 : 0
  }

  #secondStart(): number {
    return this.#layout.first + (this.#layout.special ? 2 : 0)
  }

  /** Tokens without padding. */
  #used(): number {
    const { first, second, special } = this.#layout
    return first + (second ?? 0) + (special ? (second === undefined ? 2 : 3) : 0)
  }
}
