import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { DataError } from '../../../core/errors.ts'
import type { TokenStore } from '../token-store.ts'
import {
  type CorpusTokenizer,
  type SentenceOptions,
  type TokenizeProgress,
  tokenizeCorpus,
} from '../tokenize-corpus.ts'
import {
  type CorpusFile,
  type CorpusOptions,
  type CorpusReadProgress,
  listCorpusFiles,
  readCorpus,
} from './corpus-files.ts'
import { createFileTokenStore, openFileTokenStore } from './file-token-store.ts'

/** Goes into the names of cache files: raise it when the same input is tokenised or stored differently. */
const CACHE_VERSION = 1

/** How to tokenise the files of a corpus. */
export interface TokenizedCorpusOptions extends CorpusOptions, SentenceOptions {
  tokenizer: CorpusTokenizer
  /** A text that tells this tokenizer from others, for example `formatTokenizerJson(tokenizer)`. */
  tokenizerIdentity: string
  /** The folder for tokenised corpora; made if it is missing. */
  cacheFolder: string
  /** Called a few times a second while the corpus is tokenised; not at all if it was already. */
  onProgress?(progress: TokenizeProgress & CorpusReadProgress): void
  signal?: AbortSignal
}

/** A tokenised corpus and where it came from. */
export interface TokenizedCorpus {
  store: TokenStore
  /** The file that holds it. */
  path: string
  /** Whether an earlier run had tokenised it. */
  reused: boolean
  files: CorpusFile[]
  /** Files in the given folders that are not read, since their names do not end as a corpus's. */
  skipped: string[]
}

/**
 * Tokenises the files of a corpus into a file in the cache folder, or opens the one that an earlier run has made of the
 * same files (path, size, time of change), tokenizer and settings. A file that is damaged is made again; a run that stops
 * leaves nothing that would be taken for a whole one.
 * @throws DataError as `listCorpusFiles` and `readCorpus`, `EMPTY_CORPUS` if there is no text, `CACHE_WRITE` if the file
 *   cannot be written; what the signal carries if it is aborted
 */
export async function openTokenizedCorpus(
  paths: readonly string[],
  options: TokenizedCorpusOptions,
): Promise<TokenizedCorpus> {
  const { tokenizer, cacheFolder, onProgress, signal } = options
  const { files, skipped } = await listCorpusFiles(paths, options)
  const name = `corpus-${cacheKey(files, options)}.tokens`
  const path = join(cacheFolder, name)
  const earlier = openIfWhole(path)
  if (earlier) return { store: earlier, path, reused: true, files, skipped }

  try {
    await mkdir(cacheFolder, { recursive: true })
  } catch (cause) {
    const { message } = cause as Error
    throw new DataError('CACHE_WRITE', `${cacheFolder}: the folder cannot be made (${message}): choose another.`, {
      cause,
    })
  }
  await removeLeftovers(cacheFolder, name)
  const writer = createFileTokenStore(path, tokenizer.vocabSize)
  const bytesTotal = files.reduce((sum, { size }) => sum + size, 0)
  let read: CorpusReadProgress = { file: files[0].path, bytesRead: 0, bytesTotal }
  const paragraphs = readCorpus(files, {
    ...options,
    onProgress(progress) {
      read = progress
    },
  })
  try {
    await tokenizeCorpus(paragraphs, {
      ...options,
      writer,
      signal,
      onProgress: onProgress && ((progress) => onProgress({ ...progress, ...read })),
    })
    if (writer.tokens === 0) throw emptyCorpus(paths)
    writer.finish()
  } finally {
    writer.abandon()
  }
  return { store: openFileTokenStore(path), path, reused: false, files, skipped }
}

/** 32 hexadecimal digits of all that decides what the tokens are. */
function cacheKey(files: readonly CorpusFile[], options: TokenizedCorpusOptions): string {
  const { documents, lines, field, sentences, locale, maxSentenceTokens, tokenizer, tokenizerIdentity } = options
  const parts = {
    version: CACHE_VERSION,
    tokenizer: createHash('sha256').update(tokenizerIdentity).digest('hex'),
    vocabSize: tokenizer.vocabSize,
    // Names, not undefined, for the defaults: naming a default is no change.
    documents: documents ?? 'blank-line',
    lines: lines ?? 'paragraph',
    field: field ?? 'text',
    sentences: sentences ?? 'segment',
    locale: locale ?? 'en',
    maxSentenceTokens: maxSentenceTokens ?? 256,
    files: files.map(({ path, format, size, modifiedMs }) => [resolve(path), format, size, modifiedMs]),
    // Sentences are cut by the Unicode data of the engine.
    icu: process.versions.icu ?? '',
  }
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

function openIfWhole(path: string): TokenStore | undefined {
  if (!existsSync(path)) return undefined
  try {
    return openFileTokenStore(path)
  } catch (error) {
    if (error instanceof DataError) return undefined
    throw error
  }
}

/** Removes what runs that were killed have left of this file. */
async function removeLeftovers(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    const pid = entry.startsWith(`${name}.`) ? /\.(\d+)\.tmp$/.exec(entry)?.[1] : undefined
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, entry), { force: true })
  }
}

function isRunning(pid: number): boolean {
  if (pid === process.pid) return true
  try {
    process.kill(pid, 0) // signal 0 only asks
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function emptyCorpus(paths: readonly string[]): DataError {
  const named = paths.length > 3 ? `${paths.slice(0, 3).join(', ')} and ${paths.length - 3} more` : paths.join(', ')
  return new DataError(
    'EMPTY_CORPUS',
    `the corpus has no text: ${named}. Expected text that the tokenizer knows as tokens: check the files, and for jsonl ` +
      'and parquet the field of the text (--text-column).',
  )
}
