import { DataError } from '../core/errors.ts'
import { type ColumnOptions, type ColumnPositions, findColumns, hasHeader } from './columns.ts'
import { describePlace, type Example, type ExampleSource } from './example.ts'
import type { Line } from './lines.ts'

/** One record of a table: its cells as text. */
export interface TableRow {
  cells: string[]
  /** 1-based; a header is row 1, blank lines count. */
  row: number
}

/**
 * The rows of a TSV file. Everything between two tabs is literal: quotes and backslashes are plain characters, since the
 * usual data sets in this format (SST-2, CoLA, Quora pairs) contain unpaired quotes. Blank lines are passed over.
 */
export async function* tsvRows(lines: AsyncIterable<Line>): AsyncGenerator<TableRow> {
  for await (const { line, row } of lines) {
    if (line !== '') yield { cells: line.split('\t'), row }
  }
}

/**
 * Turns the rows of a table into examples. Labels lose surrounding white space; texts stay as they are.
 * @throws DataError naming file, row and column for an empty file, a missing column, a row with too few or too many
 *   fields, an empty label
 */
export function readTable(
  rows: AsyncIterable<TableRow>,
  file: string,
  options: ColumnOptions = {},
): AsyncGenerator<Example> {
  return readRows(rows, file, options, (firstRow, source) => {
    const columns = findColumns(firstRow, source, options)
    return (cells, place) => rowExample(cells, place, columns, options.requireLabel === true)
  })
}

/**
 * Turns the rows of a table into what a function makes of them.
 * @param begin looks at the first row, a header or not, and returns the function
 * @throws DataError naming file and row for an empty file or a row with too few or too many fields
 */
export async function* readRows<T>(
  rows: AsyncIterable<TableRow>,
  file: string,
  options: Pick<ColumnOptions, 'textColumn' | 'header'>,
  begin: (firstRow: string[], source: ExampleSource) => (cells: string[], source: ExampleSource) => T,
): AsyncGenerator<T> {
  const header = hasHeader(options)
  let read: ReturnType<typeof begin> | undefined
  let expected = 0
  let examples = 0
  for await (const { cells, row } of rows) {
    const source = { file, row }
    if (read === undefined) {
      read = begin(cells, source)
      expected = cells.length
      if (header) continue
    }
    if (cells.length !== expected) throw fieldCount(cells, source, expected, header)
    yield read(cells, source)
    examples++
  }
  if (read === undefined) throw emptyFile(file)
  if (examples === 0) {
    throw new DataError(
      'EMPTY_FILE',
      `${file} holds a header and no rows: add data, or pass --text-column 0 if its only row is data.`,
    )
  }
}

/** The error for a file that has nothing to read. */
export function emptyFile(file: string): DataError {
  return new DataError('EMPTY_FILE', `${file} is empty: expected at least one example. Check the path.`)
}

/** The error for a label that is required and empty or absent. */
export function emptyLabel(source: ExampleSource, column: string | number): DataError {
  return new DataError(
    'EMPTY_LABEL',
    `${describePlace(source, column)}: the label is empty: fill it in or remove the row.`,
  )
}

function rowExample(
  cells: string[],
  source: ExampleSource,
  { text, textPair, label }: ColumnPositions,
  requireLabel: boolean,
): Example {
  const example: Example = { ...rowTexts(cells, { text, textPair }), source }
  if (label) {
    const name = cells[label.index].trim()
    if (name !== '') example.label = name
    else if (requireLabel) throw emptyLabel(source, label.name)
  }
  return example
}

/** The text, or pair of texts, of a row. */
export function rowTexts(
  cells: readonly string[],
  { text, textPair }: Pick<ColumnPositions, 'text' | 'textPair'>,
): Pick<Example, 'text' | 'textPair'> {
  return { text: cells[text.index], ...(textPair && { textPair: cells[textPair.index] }) }
}

function fieldCount(cells: string[], source: ExampleSource, expected: number, header: boolean): DataError {
  const why =
    cells.length > expected
      ? 'a text with separators in it must stand in quotes (csv) or lose its tabs (tsv)'
      : 'a field or a closing quote is missing'
  return new DataError(
    'FIELD_COUNT',
    `${describePlace(source)}: expected ${expected} fields as in ${header ? 'the header' : 'the first row'}, ` +
      `found ${cells.length}: ${why}.`,
  )
}
