import { open } from 'node:fs/promises'
import * as zlib from 'node:zlib'
import { DataError } from '../../../core/errors.ts'
import type { ExampleSource } from '../../example.ts'
import { missingField, textOf } from '../paragraphs.ts'

/** What is used of the package hyparquet. */
interface Hyparquet {
  parquetMetadataAsync(file: AsyncBuffer): Promise<ParquetMetadata>
  parquetReadObjects(options: {
    file: AsyncBuffer
    metadata: ParquetMetadata
    columns: string[]
    rowStart: number
    rowEnd: number
    compressors: Record<string, (input: Uint8Array, outputLength: number) => Uint8Array>
  }): Promise<Record<string, unknown>[]>
}

interface ParquetMetadata {
  row_groups: { num_rows: bigint }[]
  schema: { name: string; num_children?: number }[]
}

interface AsyncBuffer {
  byteLength: number
  slice(start: number, end?: number): Promise<ArrayBuffer>
}

/** Rows that are read at a time, within a row group. */
const ROWS_AT_ONCE = 4096

/**
 * The texts of a Parquet file, in order; only a row group's column is in memory. `null` and empty texts are passed over.
 * @param column the column of the text
 * @param load loads hyparquet; for tests
 * @throws DataError naming file, row and column for what is no Parquet file, a missing column, a text of another type;
 *   `PARQUET_SUPPORT` if the package hyparquet is not installed
 */
export async function* parquetTexts(
  path: string,
  column: string,
  load: () => Promise<unknown> = loadHyparquet,
): AsyncGenerator<{ text: string; source: ExampleSource }> {
  let hyparquet: Hyparquet
  try {
    hyparquet = (await load()) as Hyparquet
  } catch (cause) {
    throw new DataError(
      'PARQUET_SUPPORT',
      `${path}: reading Parquet files needs the package hyparquet: npm install hyparquet, or convert the file to jsonl.`,
      { cause },
    )
  }
  const handle = await open(path).catch((cause) => {
    throw new DataError('FILE_UNREADABLE', `${path} cannot be read: ${(cause as Error).message}.`, { cause })
  })
  try {
    const file = await asyncBuffer(handle)
    const metadata = await readable(path, () => hyparquet.parquetMetadataAsync(file))
    const names = topLevelColumns(metadata.schema)
    if (!names.includes(column)) throw missingField({ file: path, row: 1 }, column, names)
    let row = 0
    for (const { num_rows } of metadata.row_groups) {
      const end = row + Number(num_rows)
      while (row < end) {
        const rowEnd = Math.min(end, row + ROWS_AT_ONCE)
        const options = { file, metadata, columns: [column], rowStart: row, rowEnd, compressors }
        for (const record of await readable(path, () => hyparquet.parquetReadObjects(options))) {
          const source = { file: path, row: ++row }
          const text = textOf(record[column], source, column)
          if (text !== '') yield { text, source }
        }
        row = rowEnd
      }
    }
  } finally {
    await handle.close()
  }
}

/** Node 22.15 and later have it; before that hyparquet names the codec that it lacks. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (input: Uint8Array) => Uint8Array }

/** Codecs that Node has and hyparquet lacks; it has Snappy and no compression itself. */
const compressors: Record<string, (input: Uint8Array, outputLength: number) => Uint8Array> = {
  GZIP: (input) => zlib.gunzipSync(input),
  BROTLI: (input) => zlib.brotliDecompressSync(input),
  ...(zstdDecompressSync && { ZSTD: zstdDecompressSync }),
}

function loadHyparquet(): Promise<unknown> {
  const name = 'hyparquet' // not a literal, so that the package may be missing
  return import(name)
}

async function asyncBuffer(handle: Awaited<ReturnType<typeof open>>): Promise<AsyncBuffer> {
  const { size } = await handle.stat()
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(end - start)
      let done = 0
      while (done < bytes.length) {
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done)
        if (bytesRead === 0) throw new Error(`the file ends at byte ${start + done}`)
        done += bytesRead
      }
      return bytes.buffer
    },
  }
}

/** The names of the columns that are not parts of others: the schema is a tree, written parent first. */
function topLevelColumns(schema: ParquetMetadata['schema']): string[] {
  const names: string[] = []
  for (let i = 1; i < schema.length; ) {
    names.push(schema[i].name)
    for (let open = 1; open > 0 && i < schema.length; i++) open += (schema[i].num_children ?? 0) - 1
  }
  return names
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    throw new DataError(
      'BROKEN_PARQUET',
      `${path} cannot be read as a Parquet file (${(cause as Error).message}): it is another format, or cut off or ` +
        'damaged, or uses a codec that is not supported. Fetch it again, or convert it to jsonl.',
      { cause },
    )
  }
}
