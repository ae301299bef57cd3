import { DataError } from '../../core/errors.ts'
import { decodeUtf8 } from '../decode-utf8.ts'
import { splitLines } from '../lines.ts'
import { csvRows } from '../node/csv-rows.ts'
import { openFile } from '../node/open-file.ts'
import { type ExampleFormat, exampleFormat } from '../node.ts'
import { tsvRows } from '../table-reader.ts'
import type { ChoiceExample } from './choice-example.ts'
import { type ChoiceColumnOptions, readChoiceObjects, readChoiceRows } from './choice-reader.ts'

/** How to read a file of questions with choices. */
export interface ChoiceReadOptions extends ChoiceColumnOptions {
  /** Default: by the extension, `.jsonl .ndjson .csv .tsv`, each also with `.gz` behind it. */
  format?: Exclude<ExampleFormat, 'txt'>
}

const readers: Record<
  Exclude<ExampleFormat, 'txt'>,
  (texts: AsyncIterable<string>, file: string, options: ChoiceColumnOptions) => AsyncIterable<ChoiceExample>
> = {
  jsonl: (texts, file, options) => readChoiceObjects(splitLines(texts), file, options),
  csv: (texts, file, options) => readChoiceRows(csvRows(texts, file), file, options),
  tsv: (texts, file, options) => readChoiceRows(tsvRows(splitLines(texts)), file, options),
}

/**
 * Reads questions with choices from a jsonl, csv or tsv file, in order, without holding the file in memory.
 *
 * ```ts
 * for await (const { question, choices, label } of readChoiceExamples('train.jsonl')) { … }
 * ```
 * @throws DataError naming file, row and key, what was found and what to do
 */
export async function* readChoiceExamples(
  path: string,
  options: ChoiceReadOptions = {},
): AsyncGenerator<ChoiceExample> {
  const format = exampleFormat(path, options.format)
  if (format === 'txt') {
    throw new DataError(
      'UNKNOWN_FORMAT',
      `${path} is plain text and so has no choices: give a jsonl, csv or tsv file, or pass --format.`,
    )
  }
  yield* readers[format](decodeUtf8(openFile(path), path), path, options)
}

/** Reads all questions of a file into memory. @throws as `readChoiceExamples` */
export async function readAllChoiceExamples(path: string, options: ChoiceReadOptions = {}): Promise<ChoiceExample[]> {
  const examples: ChoiceExample[] = []
  for await (const example of readChoiceExamples(path, options)) examples.push(example)
  return examples
}
