import type { NormalizedText } from '../normalized-text.ts'
import { doubled } from '../normalized-text.ts'

/**
 * The characters of a text to be, each with a change that says how far it uses up the text before: 0 stands for the next
 * character, +1 is added behind the last one used and shares its source, -n stands for the next one and drops n more.
 *
 * The alignment of huggingface/tokenizers `NormalizedString::transform`. A reused buffer.
 */
export class Rewrite {
  length = 0
  codePoints: Int32Array = new Int32Array(64)
  changes: Int32Array = new Int32Array(64)

  push(codePoint: number, change: number): void {
    if (this.length === this.codePoints.length) {
      this.codePoints = doubled(this.codePoints)
      this.changes = doubled(this.changes)
    }
    this.codePoints[this.length] = codePoint
    this.changes[this.length++] = change
  }

  /**
   * Appends the characters to `out` with their sources in `text`, of which those from `at` on are used up, and forgets
   * them. @returns the first character of `text` that is not used up
   */
  flush(text: NormalizedText, at: number, out: NormalizedText): number {
    let next = at
    for (let i = 0; i < this.length; i++) {
      const change = this.changes[i]
      const source = change > 0 ? next - 1 : Math.min(next, text.length - 1)
      if (source >= 0) out.push(this.codePoints[i], text.starts[source], text.ends[source])
      else out.push(this.codePoints[i], text.starts[0], text.starts[0]) // nothing before it: an empty range
      next += 1 - change
    }
    this.length = 0
    return next
  }
}
