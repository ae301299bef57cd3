import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { DataError } from '../../../core/errors.ts'
import { writeRemedy } from '../../../core/node/write-file.ts'
import { requireRange, type TokenStore, TokenStoreIndex, type TokenStoreWriter } from '../token-store.ts'

/**
 * The layout of a file: ids (uint16 or int32), zeros up to a multiple of 8, sentence starts, document starts, a JSON footer,
 * its length (uint32) and these 8 bytes. Numbers are in the machine's byte order, which the footer names.
 */
const MAGIC = 'BSTOKEN1'

interface Footer {
  vocabSize: number
  tokens: number
  sentences: number
  documents: number
  idBytes: 2 | 4
  /** Bytes of a sentence start: uint32 or float64. */
  sentenceBytes: 4 | 8
  fingerprint: string
  littleEndian: boolean
}

/** Ids that are gathered before they are written. */
const CHUNK_IDS = 2 ** 18

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Writes a corpus to a file. */
export interface FileTokenStoreWriter extends TokenStoreWriter {
  /** Completes the file and puts it in its place. @throws DataError `EMPTY_CORPUS` or `CACHE_WRITE` */
  finish(): void
  /** Removes what was written; does nothing after `finish`. */
  abandon(): void
}

/**
 * Creates a writer that writes beside `path` and renames, so that `path` is complete whenever it is there.
 * @param vocabSize the highest id + 1; ids are stored in 2 bytes up to 65,536
 * @throws DataError `CACHE_WRITE`, as its `addSentence` does
 */
export function createFileTokenStore(path: string, vocabSize: number): FileTokenStoreWriter {
  const beside = `${path}.${process.pid}.tmp`
  const index = new TokenStoreIndex(vocabSize)
  const idBytes = vocabSize <= 2 ** 16 ? 2 : 4
  const chunk = idBytes === 2 ? new Uint16Array(CHUNK_IDS) : new Int32Array(CHUNK_IDS)
  let filled = 0
  const file = attempt(path, () => openSync(beside, 'w'))
  let state: 'open' | 'closed' | 'done' = 'open'
  const put = (bytes: Uint8Array) =>
    attempt(path, () => {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done)
    })
  const flush = () => {
    put(new Uint8Array(chunk.buffer, 0, filled * idBytes))
    filled = 0
  }
  const abandon = () => {
    if (state === 'done') return
    if (state === 'open') closeSync(file)
    state = 'done'
    rmSync(beside, { force: true })
  }
  return {
    get tokens() {
      return index.tokens
    },
    get sentences() {
      return index.sentences
    },
    get documents() {
      return index.documents
    },
    addSentence(ids, startsDocument) {
      index.add(ids, startsDocument)
      for (let from = 0; from < ids.length; ) {
        const part = ids.subarray(from, from + CHUNK_IDS - filled)
        chunk.set(part, filled)
        filled += part.length
        from += part.length
        if (filled === CHUNK_IDS) flush()
      }
    },
    finish() {
      const { tokens, sentenceStarts, documentStarts, fingerprint } = index.finish()
      const footer: Footer = {
        vocabSize,
        tokens,
        sentences: sentenceStarts.length - 1,
        documents: documentStarts.length - 1,
        idBytes,
        sentenceBytes: sentenceStarts.BYTES_PER_ELEMENT as 4 | 8,
        fingerprint,
        littleEndian,
      }
      flush()
      put(new Uint8Array(paddingBehind(tokens * idBytes)))
      put(bytesOf(sentenceStarts))
      put(bytesOf(documentStarts))
      const text = new TextEncoder().encode(JSON.stringify(footer))
      put(text)
      put(bytesOf(Uint32Array.of(text.length)))
      put(new TextEncoder().encode(MAGIC))
      attempt(path, () => {
        fsyncSync(file)
        state = 'closed' // also if closing fails, as a network's file system may
        closeSync(file)
        renameSync(beside, path)
        state = 'done'
      })
    },
    abandon,
  }
}

/**
 * A tokenised corpus in a file: only boundaries are in memory, tokens are read when they are asked for; the operating
 * system keeps what it can of the file in memory.
 * @throws DataError `TOKEN_STORE` if the file is missing, cut off, damaged or of another machine's byte order
 */
export function openFileTokenStore(path: string): TokenStore {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (cause) {
    throw broken(path, (cause as Error).message, cause)
  }
  try {
    const { footer, sentenceStarts, documentStarts } = readIndex(file, path)
    const { tokens, vocabSize, fingerprint, idBytes } = footer
    let buffer = new ArrayBuffer(4096)
    let closed = false
    return {
      tokens,
      vocabSize,
      fingerprint,
      sentenceStarts,
      documentStarts,
      read(start, count, out, at = 0) {
        requireRange(start, count, tokens)
        if (count * idBytes > buffer.byteLength) buffer = new ArrayBuffer(count * idBytes * 2)
        readFully(file, path, new Uint8Array(buffer, 0, count * idBytes), start * idBytes)
        out.set(idBytes === 2 ? new Uint16Array(buffer, 0, count) : new Int32Array(buffer, 0, count), at)
      },
      close() {
        if (!closed) closeSync(file)
        closed = true
      },
    }
  } catch (error) {
    closeSync(file)
    throw error
  }
}

function readIndex(file: number, path: string) {
  const { size } = fstatSync(file)
  const tailBytes = 4 + MAGIC.length
  if (size < tailBytes) throw broken(path, `it has ${size} bytes`)
  const tail = readFully(file, path, new Uint8Array(tailBytes), size - tailBytes)
  if (new TextDecoder().decode(tail.subarray(4)) !== MAGIC) throw broken(path, `it does not end in ${MAGIC}`)
  const footerBytes = new Uint32Array(tail.slice(0, 4).buffer)[0]
  const footerAt = size - tailBytes - footerBytes
  if (footerAt < 0) throw broken(path, `its footer is ${footerBytes} bytes long`)
  const text = new TextDecoder().decode(readFully(file, path, new Uint8Array(footerBytes), footerAt))
  let footer: Footer
  try {
    footer = JSON.parse(text)
  } catch (cause) {
    throw broken(path, 'its footer is no JSON', cause)
  }
  if (footer.littleEndian !== littleEndian) throw broken(path, 'it was written in another byte order')
  const idsEnd = footer.tokens * footer.idBytes
  const sentencesAt = idsEnd + paddingBehind(idsEnd)
  const documentsAt = sentencesAt + (footer.sentences + 1) * footer.sentenceBytes
  const expected = documentsAt + (footer.documents + 1) * 4
  if (expected !== footerAt) throw broken(path, `expected ${expected} bytes before the footer, found ${footerAt}`)
  const create = footer.sentenceBytes === 4 ? Uint32Array : Float64Array
  const sentenceStarts = new create(footer.sentences + 1)
  const documentStarts = new Uint32Array(footer.documents + 1)
  readFully(file, path, bytesOf(sentenceStarts), sentencesAt)
  readFully(file, path, bytesOf(documentStarts), documentsAt)
  return { footer, sentenceStarts, documentStarts }
}

/** Fills `bytes` from `position` on. */
function readFully(file: number, path: string, bytes: Uint8Array, position: number): Uint8Array {
  for (let done = 0; done < bytes.length; ) {
    const count = readSync(file, bytes, done, bytes.length - done, position + done)
    if (count === 0) throw broken(path, `it ends at byte ${position + done}`)
    done += count
  }
  return bytes
}

function bytesOf(array: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

function paddingBehind(bytes: number): number {
  return (8 - (bytes % 8)) % 8
}

function broken(path: string, why: string, cause?: unknown): DataError {
  return new DataError(
    'TOKEN_STORE',
    `${path}: this tokenised corpus cannot be used: ${why}. Remove the file; it is made again from the corpus.`,
    { cause },
  )
}

function attempt<T>(path: string, write: () => T): T {
  try {
    return write()
  } catch (cause) {
    throw new DataError(
      'CACHE_WRITE',
      `${path}: the tokenised corpus cannot be written (${(cause as Error).message}): ` +
        `${writeRemedy(cause as NodeJS.ErrnoException)}.`,
      { cause },
    )
  }
}
