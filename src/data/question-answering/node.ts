import { DataError } from '../../core/errors.ts'
import { decodeUtf8 } from '../decode-utf8.ts'
import { splitLines } from '../lines.ts'
import { openFile } from '../node/open-file.ts'
import type { QuestionExample, QuestionReadOptions } from './question-example.ts'
import { readQuestionsJsonl } from './questions-jsonl-reader.ts'
import { parseSquad } from './squad-reader.ts'

/** A file format of questions. */
export type QuestionFormat = 'squad' | 'jsonl'

/** How to read a file of questions. */
export interface QuestionFileOptions extends QuestionReadOptions {
  /** Default: by the extension, `.json` or `.jsonl .ndjson`, each also with `.gz` behind it. */
  format?: QuestionFormat
}

const readers: Record<
  QuestionFormat,
  (texts: AsyncIterable<string>, file: string, options: QuestionReadOptions) => AsyncIterable<QuestionExample>
> = {
  async *squad(texts, file, options) {
    const pieces: string[] = []
    for await (const text of texts) pieces.push(text)
    yield* parseSquad(pieces.join(''), file, options)
  },
  jsonl: (texts, file, options) => readQuestionsJsonl(splitLines(texts), file, options),
}

const extensions: Record<string, QuestionFormat> = { json: 'squad', jsonl: 'jsonl', ndjson: 'jsonl' }

/**
 * Reads questions about texts, in order: a JSON document in the format of SQuAD 1.1 or 2.0, which is held in memory, or JSON
 * Lines, which is not.
 *
 * ```ts
 * for await (const { question, context, answers } of readQuestionExamples('dev-v2.0.json')) { … }
 * ```
 * @throws DataError naming file and place, what was found and what to do
 */
export async function* readQuestionExamples(
  path: string,
  options: QuestionFileOptions = {},
): AsyncGenerator<QuestionExample> {
  const format = options.format ?? formatOf(path)
  if (!Object.hasOwn(readers, format)) throw unknownFormat(path, `format "${format}"`)
  yield* readers[format](decodeUtf8(openFile(path), path), path, options)
}

/** Reads all questions of a file into memory. @throws as `readQuestionExamples` */
export async function readAllQuestionExamples(
  path: string,
  options: QuestionFileOptions = {},
): Promise<QuestionExample[]> {
  const examples: QuestionExample[] = []
  for await (const example of readQuestionExamples(path, options)) examples.push(example)
  return examples
}

function formatOf(path: string): QuestionFormat {
  const extension = /\.([^./\\]+)(\.gz)?$/i.exec(path)?.[1].toLowerCase() ?? ''
  if (Object.hasOwn(extensions, extension)) return extensions[extension]
  throw unknownFormat(path, extension === '' ? 'a file name without an extension' : `the extension ".${extension}"`)
}

function unknownFormat(path: string, found: string): DataError {
  return new DataError(
    'UNKNOWN_FORMAT',
    `${path}: cannot read questions from ${found}: expected .${Object.keys(extensions).join(', .')}, each also with .gz. ` +
      `Rename or convert the file, or pass --format ${Object.keys(readers).join('|')}.`,
  )
}
