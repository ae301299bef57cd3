/**
 * Turns offsets that count code points, as Python does, into offsets that count UTF-16 units, as JavaScript does.
 * @returns the UTF-16 offset of a code point from 0 to their number; undefined beyond
 */
export function codePointOffsets(text: string): (codePoint: number) => number | undefined {
  if (!/[\ud800-\udbff][\udc00-\udfff]/.test(text)) return (at) => (at >= 0 && at <= text.length ? at : undefined)
  const offsets: number[] = []
  for (let at = 0; at < text.length; at += text.codePointAt(at)! > 0xffff ? 2 : 1) offsets.push(at)
  offsets.push(text.length)
  return (codePoint) => offsets[codePoint]
}

/** How many code points begin before a UTF-16 offset. */
export function codePointsBefore(text: string, offset: number): number {
  return [...text.slice(0, offset)].length
}
