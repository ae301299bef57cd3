import { characterBytes } from '../unicode/byte-characters.ts'

/**
 * The text whose UTF-8 bytes the characters of byte-level tokens stand for. A token with any other character is itself.
 * Bytes that are no UTF-8 become U+FFFD. Matches huggingface/tokenizers `pre_tokenizers/byte_level.rs`.
 */
export function decodeByteLevel(tokens: readonly string[]): string {
  const encoder = new TextEncoder()
  let bytes = new Uint8Array(256)
  let length = 0
  const reserve = (count: number) => {
    if (length + count <= bytes.length) return
    const larger = new Uint8Array(Math.max(bytes.length * 2, length + count))
    larger.set(bytes)
    bytes = larger
  }
  for (const token of tokens) {
    reserve(token.length)
    const start = length
    for (let i = 0; i < token.length; i++) {
      const unit = token.charCodeAt(i)
      const byte = unit < characterBytes.length ? characterBytes[unit] : -1
      if (byte === -1) {
        const own = encoder.encode(token)
        length = start
        reserve(own.length)
        bytes.set(own, length)
        length += own.length
        break
      }
      bytes[length++] = byte
    }
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, length))
}

/**
 * Runs of tokens `<0x61>` as the text whose UTF-8 bytes they are, or as one U+FFFD each where they are no UTF-8. Matches
 * huggingface/tokenizers `decoders/byte_fallback.rs`.
 */
export function decodeByteFallback(tokens: readonly string[]): string[] {
  const texts: string[] = []
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })
  let bytes: number[] = []
  const flush = () => {
    if (bytes.length === 0) return
    try {
      texts.push(decoder.decode(Uint8Array.from(bytes)))
    } catch {
      for (const _ of bytes) texts.push('\ufffd')
    }
    bytes = []
  }
  for (const token of tokens) {
    // `+` is read as a sign by the reference's number parser.
    if (/^<0x[0-9A-Fa-f+][0-9A-Fa-f]>$/.test(token)) {
      bytes.push(Number.parseInt(token.slice(3, 5), 16))
    } else {
      flush()
      texts.push(token)
    }
  }
  flush()
  return texts
}
