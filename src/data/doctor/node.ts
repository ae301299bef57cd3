import { DEFAULT_LABEL_COLUMN, DEFAULT_TEXT_COLUMN, DEFAULT_TEXT_PAIR_COLUMN, hasHeader } from '../columns.ts'
import { decodeUtf8 } from '../decode-utf8.ts'
import { parseObject } from '../jsonl-reader.ts'
import { type Line, splitLines } from '../lines.ts'
import { csvRows } from '../node/csv-rows.ts'
import { openFile } from '../node/open-file.ts'
import { exampleFormat, type ReadOptions } from '../node.ts'
import { type TableRow, tsvRows } from '../table-reader.ts'
import type { FileColumn } from './context.ts'

/** Rows that are looked at. */
const mostRows = 300

/**
 * The columns of a csv, tsv or jsonl file of examples that nothing reads, with the values of the first rows.
 * @throws DataError as `readExamples` for what cannot be read
 */
export async function readUnusedColumns(path: string, options: ReadOptions = {}): Promise<FileColumn[]> {
  const format = exampleFormat(path, options.format)
  if (format === 'txt') return []
  const texts = decodeUtf8(openFile(path), path)
  const columns = await (format === 'jsonl'
    ? keysOf(splitLines(texts), path)
    : cellsOf(format === 'csv' ? csvRows(texts, path) : tsvRows(splitLines(texts)), hasHeader(options)))
  const { textColumn = DEFAULT_TEXT_COLUMN, textPairColumn = DEFAULT_TEXT_PAIR_COLUMN } = options
  const used = new Set([textColumn, textPairColumn, options.labelColumn ?? DEFAULT_LABEL_COLUMN].map(String))
  return [...columns]
    .filter(([name], i) => !used.has(name) && !used.has(String(i)))
    .map(([name, values]) => ({ file: path, name, values }))
}

async function cellsOf(rows: AsyncIterable<TableRow>, header: boolean): Promise<Map<string, string[]>> {
  let names: string[] | undefined
  const columns = new Map<string, string[]>()
  let count = 0
  for await (const { cells } of rows) {
    if (names === undefined) {
      names = header ? cells.map((cell) => cell.trim()) : cells.map((_, i) => String(i))
      for (const name of names) columns.set(name, [])
      if (header) continue
    }
    for (const [i, name] of names.entries()) columns.get(name)!.push(cells[i] ?? '')
    if (++count === mostRows) break
  }
  return columns
}

async function keysOf(lines: AsyncIterable<Line>, file: string): Promise<Map<string, string[]>> {
  const columns = new Map<string, string[]>()
  let count = 0
  for await (const { line, row } of lines) {
    if (line.trim() === '') continue
    for (const [name, value] of Object.entries(parseObject(line, { file, row }))) {
      if (value === null || typeof value === 'object') continue
      const values = columns.get(name)
      if (values) values.push(String(value))
      else columns.set(name, [String(value)])
    }
    if (++count === mostRows) break
  }
  return columns
}
