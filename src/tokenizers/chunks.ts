// Text is first cut at ASCII white space and punctuation. Those are word boundaries whatever stands around them, no step of
// normalisation acts across them, and they are found without tables: so a chunk between them can be remembered as it stands.

const WORD = 0
const WHITE = 1
const PUNCTUATION = 2
const kinds = Uint8Array.from({ length: 128 }, (_, unit) => {
  if (unit === 0x20 || unit === 9 || unit === 10 || unit === 13) return WHITE
  return /[!-/:-@[-`{-~]/.test(String.fromCharCode(unit)) ? PUNCTUATION : WORD
})

/** Space, tab, line feed or carriage return. */
export function isAsciiWhite(unit: number): boolean {
  return unit < 128 && kinds[unit] === WHITE
}

/** One of the ASCII symbols, which BERT counts as punctuation. */
export function isAsciiPunctuation(unit: number): boolean {
  return unit < 128 && kinds[unit] === PUNCTUATION
}

/** Whether a UTF-16 unit belongs to a chunk. */
export function isChunkUnit(unit: number): boolean {
  return unit >= 128 || kinds[unit] === WORD
}

/** The end of the chunk that begins at `start`. */
export function endOfChunk(text: string, start: number, end: number): number {
  let i = start + 1
  while (i < end && isChunkUnit(text.charCodeAt(i))) i++
  return i
}
