import { DataError } from '../../core/errors.ts'
import { decodeUtf8 } from '../decode-utf8.ts'
import { splitLines } from '../lines.ts'
import { openFile } from '../node/open-file.ts'
import { type ConllOptions, readConll } from './conll-reader.ts'
import type { TokenExample } from './token-example.ts'
import { readTokensJsonl } from './tokens-jsonl-reader.ts'

/** A file format of tagged words. */
export type TokenFormat = 'conll' | 'jsonl'

/** How to read a file of tagged words. */
export interface TokenReadOptions extends ConllOptions {
  /** Default: by the extension, `.conll .bio .iob .iob2 .tsv .txt` or `.jsonl .ndjson`, each also with `.gz` behind it. */
  format?: TokenFormat
}

const readers = { conll: readConll, jsonl: readTokensJsonl }

const extensions: Record<string, TokenFormat> = {
  conll: 'conll',
  bio: 'conll',
  iob: 'conll',
  iob2: 'conll',
  tsv: 'conll',
  txt: 'conll',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
}

/**
 * Reads sentences of tagged words from a conll or jsonl file, in order, without holding the file in memory.
 *
 * ```ts
 * for await (const { words, tags } of readTokenExamples('train.conll')) { … } // ['In', 'Rome'], ['O', 'B-LOC']
 * ```
 * @throws DataError naming file, row and column, what was found and what to do; ConfigError for contradicting options
 */
export async function* readTokenExamples(path: string, options: TokenReadOptions = {}): AsyncGenerator<TokenExample> {
  const format = options.format ?? formatOf(path)
  if (!Object.hasOwn(readers, format)) throw unknownFormat(path, `format "${format}"`)
  yield* readers[format](splitLines(decodeUtf8(openFile(path), path)), path, options)
}

/** Reads all sentences of a file into memory. @throws as `readTokenExamples` */
export async function readAllTokenExamples(path: string, options: TokenReadOptions = {}): Promise<TokenExample[]> {
  const examples: TokenExample[] = []
  for await (const example of readTokenExamples(path, options)) examples.push(example)
  return examples
}

function formatOf(path: string): TokenFormat {
  const extension = /\.([^./\\]+)(\.gz)?$/i.exec(path)?.[1].toLowerCase() ?? ''
  if (Object.hasOwn(extensions, extension)) return extensions[extension]
  throw unknownFormat(path, extension === '' ? 'a file name without an extension' : `the extension ".${extension}"`)
}

function unknownFormat(path: string, found: string): DataError {
  return new DataError(
    'UNKNOWN_FORMAT',
    `${path}: cannot read tagged words from ${found}: expected .${Object.keys(extensions).join(', .')}, each also with .gz. ` +
      `Rename or convert the file, or pass --format ${Object.keys(readers).join('|')}.`,
  )
}
