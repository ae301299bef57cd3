import { doubled, NormalizedText } from './normalized-text.ts'

/** Normalised text and the words in it, as ranges of code points. A reused buffer. */
export class SplitText {
  readonly text: NormalizedText = new NormalizedText()
  /** Words so far. */
  count = 0
  /**
   * Where the source of the text begins, as long as the text is one word that nothing was cut from; -1 later. It is before
   * `text.starts[0]` where normalisation dropped the first characters. For Metaspace, which asks whether a word is at 0.
   */
  sourceStart = -1
  /** `text.codePoints[wordStarts[w], wordEnds[w])` is word w. */
  wordStarts: Int32Array = new Int32Array(64)
  wordEnds: Int32Array = new Int32Array(64)

  /** Adds the word `text[start, end)`; an empty one is left out. */
  pushWord(start: number, end: number): void {
    if (end <= start) return
    if (this.count === this.wordStarts.length) {
      this.wordStarts = doubled(this.wordStarts)
      this.wordEnds = doubled(this.wordEnds)
    }
    this.wordStarts[this.count] = start
    this.wordEnds[this.count++] = end
  }

  clear(): void {
    this.text.length = 0
    this.count = 0
    this.sourceStart = -1
  }
}
