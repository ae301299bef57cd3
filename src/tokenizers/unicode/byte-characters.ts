/**
 * The character that stands for each byte in byte-level vocabularies: printable Latin-1 characters for themselves, the
 * other 68 from U+0100 on. Source: openai/gpt-2 `encoder.py`, `bytes_to_unicode`.
 */
export const byteCharacters: Uint16Array = readByteCharacters()

/** The byte of each of those characters; -1 for the other code points below U+0144. */
export const characterBytes: Int16Array = new Int16Array(0x144).fill(-1)
for (const [byte, character] of byteCharacters.entries()) characterBytes[character] = byte

function readByteCharacters(): Uint16Array {
  let next = 0x100
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad)
    return printable ? byte : next++
  })
}
