import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TokenizerError } from '../../core/errors.ts'
import { writeRemedy } from '../../core/node/write-file.ts'
import { formatTokenizerFiles } from '../files/format-config.ts'
import type { Tokenizer } from '../tokenizer.ts'

/**
 * Writes tokenizer.json, tokenizer_config.json, special_tokens_map.json and, for WordPiece, vocab.txt, which transformers 4
 * and 5 load, each beside its place and then renamed, so that a crash leaves the old file or the new one. Makes the folder where
 * needed.
 */
export async function saveTokenizer(tokenizer: Tokenizer, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  const files = formatTokenizerFiles(tokenizer)
  for (const [name, text] of Object.entries(files)) await write(join(directory, name), text)
  // Where that format cannot hold the vocabulary, an older vocab.txt must not stay beside the new files.
  if (!('vocab.txt' in files)) await rm(join(directory, 'vocab.txt'), { force: true })
}

async function write(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`
  try {
    const file = await open(beside, 'w')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (cause) {
    await rm(beside, { force: true })
    throw new TokenizerError(
      'TOKENIZER_FILE',
      `${path}: cannot be written (${(cause as Error).message}): ${writeRemedy(cause as NodeJS.ErrnoException)}.`,
      { cause },
    )
  }
}
