import { Readable } from 'node:stream'
import { type CsvError, type Info, parse } from 'csv-parse'
import { DataError } from '../../core/errors.ts'
import { describePlace } from '../example.ts'
import type { TableRow } from '../table-reader.ts'

/** A record that is longer has lost its closing quote, or will not fit into memory. Characters. */
const LONGEST_RECORD = 2 ** 28

/**
 * The rows of a CSV file as RFC 4180 has them: fields in double quotes may hold commas, line breaks and doubled quotes.
 * Lines end in LF, CRLF or CR, also mixed. Blank lines are passed over, but counted. Rows may differ in length.
 * @param file the name that errors mention
 * @throws DataError `UNTERMINATED_QUOTE` or `STRAY_QUOTE` with the row
 */
export async function* csvRows(texts: AsyncIterable<string>, file: string): AsyncGenerator<TableRow> {
  const parser = parse({
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: LONGEST_RECORD,
  })
  const input = Readable.from(texts)
  input.on('error', (error) => parser.destroy(error))
  try {
    for await (const { record, info } of input.pipe(parser) as AsyncIterable<{ record: string[]; info: Info }>) {
      yield { cells: record, row: info.records + info.empty_lines }
    }
  } catch (error) {
    throw quoteError(error, parser.info, file)
  } finally {
    input.destroy()
  }
}

/** Says in words what the parser's codes mean; other errors pass. */
function quoteError(error: unknown, info: Info, file: string): unknown {
  const { code, message } = error as Partial<CsvError>
  const place = describePlace({ file, row: info.records + info.empty_lines + 1 })
  switch (code as string) {
    case 'CSV_QUOTE_NOT_CLOSED':
    case 'CSV_MAX_RECORD_SIZE':
      return new DataError(
        'UNTERMINATED_QUOTE',
        `${place}: a field that opens with a quote is never closed: add the closing quote, ` +
          'and double each quote inside it ("").',
        { cause: error },
      )
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
      return new DataError(
        'STRAY_QUOTE',
        `${place}: a quote stands inside a field (${message}): put the whole field in quotes and double each quote ` +
          'inside it (""), or save the file as tsv, where quotes are plain characters.',
        { cause: error },
      )
    default:
      return error
  }
}
