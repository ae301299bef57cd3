import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { DataError } from '../../../core/errors.ts'
import type { ExampleSource } from '../../example.ts'
import { missingField, textOf } from '../paragraphs.ts'

/** Rows that are read at a time, within a row group. */
const ROWS_AT_ONCE = 4096

/**
 * The texts of a Parquet file, in order; only a row group's column is in memory. `null` and empty texts are passed over.
 * @param column the column of the text
 * @throws DataError naming file, row and column for what is no Parquet file, a missing column, a text of another type
 */
export async function* parquetTexts(
  path: string,
  column: string,
): AsyncGenerator<{ text: string; source: ExampleSource }> {
  const file = await asyncBufferFromFile(path).catch((cause) => {
    throw new DataError('FILE_UNREADABLE', `${path} cannot be read: ${(cause as Error).message}.`, { cause })
  })
  const metadata = await readable(path, () => parquetMetadataAsync(file))
  const names = parquetSchema(metadata).children.map(({ element }) => element.name)
  if (!names.includes(column)) throw missingField({ file: path, row: 1 }, column, names)
  let row = 0
  for (const { num_rows } of metadata.row_groups) {
    const end = row + Number(num_rows)
    while (row < end) {
      const rowEnd = Math.min(end, row + ROWS_AT_ONCE)
      const options = { file, metadata, columns: [column], rowStart: row, rowEnd, compressors }
      for (const record of await readable(path, () => parquetReadObjects(options))) {
        const source = { file: path, row: ++row }
        const text = textOf(record[column], source, column)
        if (text !== '') yield { text, source }
      }
      row = rowEnd
    }
  }
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
