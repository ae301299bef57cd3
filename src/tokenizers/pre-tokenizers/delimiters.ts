import type { SplitText } from '../split-text.ts'

/** What becomes of a delimiter, in Hugging Face's names. */
export const splitBehaviors = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] as const
export type SplitBehavior = (typeof splitBehaviors)[number]

/**
 * Takes the stretches of a word from left to right, delimiters and what stands between them, and adds the words that they
 * make to `out`. Matches huggingface/tokenizers `NormalizedString::split`.
 */
export class DelimiterSplitter {
  readonly #behavior: SplitBehavior
  readonly #out: SplitText
  /** The stretch that a next one may still be joined to. */
  #start = -1
  #end = -1
  #lastIsDelimiter = false

  constructor(behavior: SplitBehavior, out: SplitText) {
    this.#behavior = behavior
    this.#out = out
  }

  /** The stretch `out.text[start, end)`. */
  add(start: number, end: number, isDelimiter: boolean): void {
    const behavior = this.#behavior
    if (behavior === 'Removed') {
      if (!isDelimiter) this.#out.pushWord(start, end)
      return
    }
    if (behavior === 'Isolated') {
      this.#out.pushWord(start, end)
      return
    }
    const joins =
      this.#start !== -1 &&
      (behavior === 'Contiguous'
        ? isDelimiter === this.#lastIsDelimiter
        : behavior === 'MergedWithPrevious'
          ? isDelimiter && !this.#lastIsDelimiter
          : !isDelimiter && this.#lastIsDelimiter)
    if (!joins) {
      this.#flush()
      this.#start = start
    }
    this.#end = end
    this.#lastIsDelimiter = isDelimiter
  }

  /** The word ends. */
  finish(): void {
    this.#flush()
    this.#start = -1
    this.#lastIsDelimiter = false
  }

  #flush(): void {
    if (this.#start !== -1) this.#out.pushWord(this.#start, this.#end)
  }
}

/** Appends the text of `input` to `out`. @returns how far its code points move */
export function copyText(input: SplitText, out: SplitText): number {
  const shift = out.text.length
  out.text.append(input.text, 0, input.text.length)
  return shift
}
