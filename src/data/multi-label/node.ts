import { decodeUtf8 } from '../decode-utf8.ts'
import { splitLines } from '../lines.ts'
import { csvRows } from '../node/csv-rows.ts'
import { openFile } from '../node/open-file.ts'
import { type ExampleFormat, exampleFormat } from '../node.ts'
import { tsvRows } from '../table-reader.ts'
import { readTextLines } from '../text-reader.ts'
import type { MultiLabelExample } from './multi-label-example.ts'
import { type MultiLabelColumnOptions, readMultiLabelObjects, readMultiLabelRows } from './multi-label-reader.ts'

/** How to read a file of texts with several labels each. */
export interface MultiLabelReadOptions extends MultiLabelColumnOptions {
  /** Default: by the extension, `.csv .tsv .jsonl .ndjson`, each also with `.gz` behind it. */
  format?: ExampleFormat
}

const readers: Record<
  ExampleFormat,
  (texts: AsyncIterable<string>, file: string, options: MultiLabelColumnOptions) => AsyncIterable<MultiLabelExample>
> = {
  csv: (texts, file, options) => readMultiLabelRows(csvRows(texts, file), file, options),
  tsv: (texts, file, options) => readMultiLabelRows(tsvRows(splitLines(texts)), file, options),
  jsonl: (texts, file, options) => readMultiLabelObjects(splitLines(texts), file, options),
  async *txt(texts, file) {
    for await (const example of readTextLines(splitLines(texts), file, { requireLabel: true })) {
      yield { ...example, labels: [] } // never: plain text has no labels, which the reader says
    }
  },
}

/**
 * Reads texts with several labels each from a csv, tsv or jsonl file, in order, without holding the file in memory.
 *
 * ```ts
 * for await (const { text, labels } of readMultiLabelExamples('train.csv', { labelSeparator: ',' })) { … }
 * ```
 * @throws DataError naming file, row and column, what was found and what to do; ConfigError for contradicting options
 */
export async function* readMultiLabelExamples(
  path: string,
  options: MultiLabelReadOptions = {},
): AsyncGenerator<MultiLabelExample> {
  yield* readers[exampleFormat(path, options.format)](decodeUtf8(openFile(path), path), path, options)
}

/** Reads all of them into memory. @throws as `readMultiLabelExamples` */
export async function readAllMultiLabelExamples(
  path: string,
  options: MultiLabelReadOptions = {},
): Promise<MultiLabelExample[]> {
  const examples: MultiLabelExample[] = []
  for await (const example of readMultiLabelExamples(path, options)) examples.push(example)
  return examples
}
