import { DataError } from '../core/errors.ts'
import type { ColumnOptions } from './columns.ts'
import { decodeUtf8 } from './decode-utf8.ts'
import type { Example } from './example.ts'
import { readJsonl } from './jsonl-reader.ts'
import { splitLines } from './lines.ts'
import { csvRows } from './node/csv-rows.ts'
import { openFile } from './node/open-file.ts'
import { readTable, tsvRows } from './table-reader.ts'
import { readTextLines } from './text-reader.ts'

/** A file format of examples. */
export type ExampleFormat = 'csv' | 'tsv' | 'jsonl' | 'txt'

/** How to read a file of examples. */
export interface ReadOptions extends ColumnOptions {
  /** Default: by the extension, `.csv .tsv .jsonl .ndjson .txt`, each also with `.gz` behind it. */
  format?: ExampleFormat
}

/** One reader a format: text in, examples out. */
const readers: Record<
  ExampleFormat,
  (texts: AsyncIterable<string>, file: string, options: ColumnOptions) => AsyncIterable<Example>
> = {
  csv: (texts, file, options) => readTable(csvRows(texts, file), file, options),
  tsv: (texts, file, options) => readTable(tsvRows(splitLines(texts)), file, options),
  jsonl: (texts, file, options) => readJsonl(splitLines(texts), file, options),
  txt: (texts, file, options) => readTextLines(splitLines(texts), file, options),
}

const extensions: Record<string, ExampleFormat> = {
  csv: 'csv',
  tsv: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  txt: 'txt',
}

/**
 * Reads examples from a csv, tsv, jsonl or txt file, in order, without holding the file in memory.
 *
 * ```ts
 * for await (const { text, label } of readExamples('train.tsv', { textColumn: 0, labelColumn: 1 })) { … }
 * ```
 * @throws DataError naming file, row and column, what was found and what to do; ConfigError for contradicting options
 */
export async function* readExamples(path: string, options: ReadOptions = {}): AsyncGenerator<Example> {
  yield* readers[exampleFormat(path, options.format)](decodeUtf8(openFile(path), path), path, options)
}

/** Reads all examples of a file into memory. @throws as `readExamples` */
export async function readAllExamples(path: string, options: ReadOptions = {}): Promise<Example[]> {
  const examples: Example[] = []
  for await (const example of readExamples(path, options)) examples.push(example)
  return examples
}

/**
 * Reads texts alone, for training a vocabulary: each line that is not blank of a txt file, the text column of others.
 * @throws as `readExamples`
 */
export async function* readTexts(
  path: string,
  options: Pick<ReadOptions, 'format' | 'textColumn' | 'header'> = {},
): AsyncGenerator<string> {
  for await (const { text } of readExamples(path, options)) yield text
}

/** The format of a file: the given one, or what its name shows. @throws DataError `UNKNOWN_FORMAT` */
export function exampleFormat(path: string, format: string = formatOf(path)): ExampleFormat {
  if (Object.hasOwn(readers, format)) return format as ExampleFormat
  throw unknownFormat(path, `format "${format}"`)
}

function formatOf(path: string): ExampleFormat {
  const extension = /\.([^./\\]+)(\.gz)?$/i.exec(path)?.[1].toLowerCase() ?? ''
  if (Object.hasOwn(extensions, extension)) return extensions[extension]
  throw unknownFormat(path, extension === '' ? 'a file name without an extension' : `the extension ".${extension}"`)
}

function unknownFormat(path: string, found: string): DataError {
  return new DataError(
    'UNKNOWN_FORMAT',
    `${path}: cannot read ${found}: expected .csv, .tsv, .jsonl, .ndjson or .txt, each also with .gz. ` +
      `Rename or convert the file, or pass --format ${Object.keys(readers).join('|')}.`,
  )
}
