import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { DataError } from '../../../core/errors.ts'
import { decodeUtf8 } from '../../decode-utf8.ts'
import { splitLines } from '../../lines.ts'
import { openFile } from '../../node/open-file.ts'
import { jsonlTexts, type Paragraph, recordParagraphs, type TextLayout, textParagraphs } from '../paragraphs.ts'
import { parquetTexts } from './parquet-texts.ts'

/** A file format of texts without labels. */
export type CorpusFormat = 'txt' | 'jsonl' | 'parquet'

/** How to read a corpus. */
export interface CorpusOptions extends TextLayout {
  /** Default: by the extension, `.txt .jsonl .ndjson .parquet`, the first three also with `.gz` behind them. */
  format?: CorpusFormat
  /** The key or column of the text in jsonl and parquet files. Default `text`. */
  field?: string
}

/** A file of a corpus. */
export interface CorpusFile {
  path: string
  format: CorpusFormat
  /** Bytes on disk. */
  size: number
  /** When it was last changed, in ms since 1970. */
  modifiedMs: number
}

/** How far the reading of a corpus is. */
export interface CorpusReadProgress {
  /** The file that is being read. */
  file: string
  /** Bytes on disk that were read, of all files. */
  bytesRead: number
  bytesTotal: number
}

const extensions: Record<string, CorpusFormat> = {
  '.txt': 'txt',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.parquet': 'parquet',
}

/**
 * The files of a corpus: those given, and in folders all below them whose names end as corpora do, in the order of their
 * names. Hidden files and folders are passed over.
 * @returns the files, and `skipped`: files in folders with other endings
 * @throws DataError for a path that does not exist, an unknown ending, a folder without a corpus file, no paths
 */
export async function listCorpusFiles(
  paths: readonly string[],
  { format }: Pick<CorpusOptions, 'format'> = {},
): Promise<{ files: CorpusFile[]; skipped: string[] }> {
  if (paths.length === 0) throw new DataError('EMPTY_CORPUS', 'there is no corpus: give at least one file or folder.')
  const files: CorpusFile[] = []
  const skipped: string[] = []
  for (const path of paths) {
    const found = await status(path)
    if (!found.isDirectory()) {
      files.push(describe(path, format ?? formatOf(path) ?? unknownFormat(path), found))
      continue
    }
    const before = files.length
    for (const inner of await filesBelow(path)) {
      const known = formatOf(inner)
      if (known === undefined) skipped.push(inner)
      else files.push(describe(inner, format ?? known, await status(inner)))
    }
    if (files.length === before) {
      throw new DataError(
        'EMPTY_CORPUS',
        `${path}: there is no corpus file in this folder: expected names that end in .txt, .jsonl, .ndjson (each also ` +
          'with .gz) or .parquet.',
      )
    }
  }
  return { files, skipped }
}

/**
 * Reads a corpus paragraph by paragraph without holding a file in memory. Each file begins a document.
 * @throws DataError naming file and row: binary files, text that is not UTF-8, broken archives and records
 */
export async function* readCorpus(
  files: readonly CorpusFile[],
  options: CorpusOptions & { onProgress?(progress: CorpusReadProgress): void } = {},
): AsyncGenerator<Paragraph> {
  const bytesTotal = files.reduce((sum, { size }) => sum + size, 0)
  let bytesRead = 0
  for (const file of files) {
    const report = (bytes: number) =>
      options.onProgress?.({ file: file.path, bytesRead: bytesRead + bytes, bytesTotal })
    yield* readFile(file, options, report)
    bytesRead += file.size
    report(0)
  }
}

function readFile(
  file: CorpusFile,
  options: CorpusOptions,
  report: (bytes: number) => void,
): AsyncGenerator<Paragraph> {
  const { path, format } = file
  const { field = 'text' } = options
  if (format === 'parquet') return recordParagraphs(parquetTexts(path, field))
  const packed = path.toLowerCase().endsWith('.gz')
  const lines = splitLines(decodeUtf8(counted(openFile(path), packed ? () => {} : report), path))
  return format === 'jsonl' ? recordParagraphs(jsonlTexts(lines, path, field)) : textParagraphs(lines, path, options)
}

/** Reports how many bytes went by. */
async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  report: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of chunks) {
    yield chunk
    bytes += chunk.length
    report(bytes)
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1)) // by code units: the same order on every machine
  const found: string[] = []
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    // A link may lead to a folder, even to this one: files alone are followed.
    if (entry.isDirectory()) found.push(...(await filesBelow(path)))
    else if (entry.isFile() || (entry.isSymbolicLink() && (await status(path)).isFile())) found.push(path)
  }
  return found
}

function formatOf(path: string): CorpusFormat | undefined {
  const lower = path.toLowerCase()
  const packed = lower.endsWith('.gz')
  const extension = extname(packed ? lower.slice(0, -3) : lower)
  const format = Object.hasOwn(extensions, extension) ? extensions[extension] : undefined
  return packed && format === 'parquet' ? undefined : format
}

function unknownFormat(path: string): never {
  throw new DataError(
    'UNKNOWN_FORMAT',
    `${path}: cannot tell the format of this corpus: expected a name that ends in .txt, .jsonl, .ndjson (each also with ` +
      '.gz) or .parquet, or a folder. Rename or convert the file, or say which format it has.',
  )
}

function describe(
  path: string,
  format: CorpusFormat,
  { size, mtimeMs }: { size: number; mtimeMs: number },
): CorpusFile {
  return { path, format, size, modifiedMs: mtimeMs }
}

async function status(path: string) {
  try {
    return await stat(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new DataError('FILE_NOT_FOUND', `${path} does not exist: check the path.`, { cause })
    }
    throw new DataError('FILE_UNREADABLE', `${path} cannot be read: ${(cause as Error).message}.`, { cause })
  }
}
