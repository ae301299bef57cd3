import { DataError } from '../core/errors.ts'
import type { ColumnOptions } from './columns.ts'
import type { Example } from './example.ts'
import type { Line } from './lines.ts'
import { emptyFile } from './table-reader.ts'

/**
 * Turns plain text into examples without labels, one a line. Blank lines are passed over.
 * @throws DataError for a file without text, or if labels are required
 */
export async function* readTextLines(
  lines: AsyncIterable<Line>,
  file: string,
  options: Pick<ColumnOptions, 'requireLabel'> = {},
): AsyncGenerator<Example> {
  if (options.requireLabel) {
    throw new DataError(
      'MISSING_COLUMN',
      `${file} is plain text and so has no labels: give a csv, tsv or jsonl file with a label column, or pass --format.`,
    )
  }
  let examples = 0
  for await (const { line, row } of lines) {
    if (line.trim() === '') continue
    yield { text: line, source: { file, row } }
    examples++
  }
  if (examples === 0) throw emptyFile(file)
}
