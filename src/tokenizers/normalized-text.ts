/** Normalised text as code points, each with the UTF-16 range of the source text that it came from. A reused buffer. */
export class NormalizedText {
  length = 0
  codePoints = new Int32Array(64)
  starts = new Int32Array(64)
  ends = new Int32Array(64)

  push(codePoint: number, start: number, end: number): void {
    const at = this.length++
    if (at === this.codePoints.length) this.#grow()
    this.codePoints[at] = codePoint
    this.starts[at] = start
    this.ends[at] = end
  }

  /** Appends `text[start, end)`. */
  append(text: NormalizedText, start: number, end: number): void {
    while (this.length + end - start > this.codePoints.length) this.#grow()
    this.codePoints.set(text.codePoints.subarray(start, end), this.length)
    this.starts.set(text.starts.subarray(start, end), this.length)
    this.ends.set(text.ends.subarray(start, end), this.length)
    this.length += end - start
  }

  #grow(): void {
    this.codePoints = doubled(this.codePoints)
    this.starts = doubled(this.starts)
    this.ends = doubled(this.ends)
  }
}

/** A copy of twice the length. */
export function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}

/** The text of `codePoints[start, end)`. */
export function codePointsToText(codePoints: Int32Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i += 4096) {
    text += String.fromCodePoint(...codePoints.subarray(i, Math.min(end, i + 4096)))
  }
  return text
}
