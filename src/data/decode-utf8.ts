import { DataError } from '../core/errors.ts'

/** How much of a file's start is searched for signs of a binary format, in bytes. */
const PROBE_BYTES = 8192

/** First bytes of formats that people mistake for text, with what to do about each. */
const signatures: { bytes: number[]; what: string; remedy: string }[] = [
  { bytes: [0xff, 0xfe], what: 'UTF-16 text', remedy: 'save it as UTF-8' },
  { bytes: [0xfe, 0xff], what: 'UTF-16 text', remedy: 'save it as UTF-8' },
  { bytes: [0x1f, 0x8b], what: 'a gzip file', remedy: 'give its name the extension .gz' },
  { bytes: [0x50, 0x4b, 0x03, 0x04], what: 'a zip or Excel file', remedy: 'unpack it or export it as CSV' },
  { bytes: [0x50, 0x41, 0x52, 0x31], what: 'a Parquet file', remedy: 'export it as CSV or JSON Lines' },
]

/**
 * Decodes a stream of bytes as UTF-8, without its byte order mark.
 * @param file the name that errors mention
 * @throws DataError `BINARY_FILE` if the first 8 KiB show another format, `INVALID_UTF8` with line and byte offset
 */
export async function* decodeUtf8(chunks: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let offset = 0
  let lines = 0
  let carried = new Uint8Array(0) // the end of the last chunk, in case a character began there
  const locate = (bytes: Uint8Array) => {
    const position = firstInvalidByte(bytes)
    const at = offset - carried.length + position
    const line = lines + 1 + countLineFeeds(bytes.subarray(0, position))
    const found = position < bytes.length ? `byte 0x${bytes[position].toString(16).padStart(2, '0')}` : 'the end'
    return new DataError(
      'INVALID_UTF8',
      `${file}, line ${line}: the text is not valid UTF-8: ${found} at offset ${at}. ` +
        'Convert the file to UTF-8, for example: iconv -f WINDOWS-1252 -t UTF-8 old > new',
    )
  }
  for await (const chunk of chunks) {
    if (offset === 0) refuseBinary(chunk, file)
    let text: string
    try {
      text = decoder.decode(chunk, { stream: true })
    } catch {
      throw locate(concat(carried, chunk))
    }
    lines += countLineFeeds(chunk)
    offset += chunk.length
    carried = unfinishedTail(concat(carried, chunk.length > 4 ? chunk.slice(-4) : chunk))
    if (text !== '') yield text
  }
  try {
    const rest = decoder.decode()
    if (rest !== '') yield rest
  } catch {
    throw locate(carried)
  }
}

/** @throws DataError if the first bytes of a file are no text */
function refuseBinary(chunk: Uint8Array, file: string): void {
  const known = signatures.find(({ bytes }) => bytes.every((byte, i) => chunk[i] === byte))
  if (known) {
    throw new DataError('BINARY_FILE', `${file} is ${known.what}, expected UTF-8 text: ${known.remedy}.`)
  }
  const zero = chunk.subarray(0, PROBE_BYTES).indexOf(0)
  if (zero >= 0) {
    throw new DataError(
      'BINARY_FILE',
      `${file} is a binary file or UTF-16 text (a zero byte at offset ${zero}), expected UTF-8 text: ` +
        'check the path, or save the file as UTF-8.',
    )
  }
}

/** The index of the first byte that starts no valid UTF-8 character, or the length if only the end is missing. */
function firstInvalidByte(bytes: Uint8Array): number {
  let i = 0
  while (i < bytes.length) {
    const size = characterSize(bytes[i])
    if (size === 0) return i
    try {
      // In stream mode a character that is cut off but valid so far is no error yet.
      const cut = i + size > bytes.length
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(i, i + size), { stream: cut })
      if (cut) return bytes.length
    } catch {
      return i
    }
    // Runs of ASCII are by far the most frequent: pass them without a decoder each.
    do i += size
    while (i < bytes.length && size === 1 && bytes[i] < 0x80)
  }
  return i
}

/** How many bytes the character has that starts with this byte; 0 if none starts so. */
function characterSize(lead: number): number {
  if (lead < 0x80) return 1
  if (lead >= 0xc2 && lead < 0xe0) return 2
  if (lead >= 0xe0 && lead < 0xf0) return 3
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0
}

/** The bytes of a character that has begun at the end of `bytes` but is not complete. */
function unfinishedTail(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]
    if ((byte & 0xc0) === 0x80) continue
    return new Uint8Array(characterSize(byte) > back ? bytes.slice(-back) : [])
  }
  return new Uint8Array(0)
}

function countLineFeeds(bytes: Uint8Array): number {
  let count = 0
  for (let i = bytes.indexOf(10); i >= 0; i = bytes.indexOf(10, i + 1)) count++
  return count
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
