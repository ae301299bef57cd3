import { ConfigError, didYouMean } from '../../core/errors.ts'
import { type ColumnOptions, hasHeader } from '../columns.ts'
import { decodeUtf8 } from '../decode-utf8.ts'
import { jsonText, readObjects } from '../jsonl-reader.ts'
import { splitLines } from '../lines.ts'
import { exampleFormat } from '../node.ts'
import { tsvRows } from '../table-reader.ts'
import { csvRows } from './csv-rows.ts'
import { openFile } from './open-file.ts'

/**
 * Further columns of a csv, tsv or jsonl file beside those of its examples, as text.
 * @param names of columns; positions from 0 in a file without a header
 * @param options as those that the examples were read with, which say whether there is a header
 * @returns the cells by column, each by the row that `ExampleSource` counts
 * @throws ConfigError `UNKNOWN_COLUMN` naming the nearest known one, or for a file that has no columns; DataError as `readExamples`
 */
export async function readColumns(
  path: string,
  names: readonly string[],
  options: Pick<ColumnOptions, 'textColumn' | 'header'> & { format?: string } = {},
): Promise<Map<string, Map<number, string>>> {
  const kind = exampleFormat(path, options.format)
  const columns = new Map(names.map((name) => [name, new Map<number, string>()]))
  const texts = decodeUtf8(openFile(path), path)
  if (kind === 'jsonl') {
    const seen = new Set<string>()
    for await (const [row, record] of readObjects(
      splitLines(texts),
      path,
      (record, { row }) => [row, record] as const,
    )) {
      for (const key of Object.keys(record)) seen.add(key)
      for (const [name, cells] of columns) cells.set(row, cellText(record[name]))
    }
    for (const name of names) requireColumn(name, [...seen], path)
    return columns
  }
  if (kind === 'txt') throw new ConfigError('NO_COLUMNS', `${path} has no columns: give a csv, tsv or jsonl file`)
  const header = hasHeader(options)
  let places: number[] | undefined
  for await (const { cells, row } of kind === 'csv' ? csvRows(texts, path) : tsvRows(splitLines(texts))) {
    if (places === undefined) {
      const known = cells.map((cell, i) => (header ? cell.trim() : String(i)))
      places = names.map((name) => requireColumn(name, known, path))
      if (header) continue
    }
    names.forEach((name, c) => {
      columns.get(name)!.set(row, cellText(cells[places![c]]))
    })
  }
  return columns
}

function requireColumn(name: string, known: readonly string[], path: string): number {
  const place = known.indexOf(name)
  if (place >= 0) return place
  const guess = didYouMean(name, known)
  throw new ConfigError(
    'UNKNOWN_COLUMN',
    `${path}: there is no column "${name}"${guess || '.'} The columns are: ${known.slice(0, 20).join(', ')}`,
  )
}

const cellText = (value: unknown): string => {
  const text = value === undefined || value === null ? '' : typeof value === 'string' ? value.trim() : jsonText(value)
  return text === '' ? '(empty)' : text
}
