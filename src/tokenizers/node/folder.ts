import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TokenizerError } from '../../core/errors.ts'
import type { TokenizerFiles } from '../files/file-names.ts'
import { tokenizerFileNames } from '../files/file-names.ts'
import { tokenizerFromFiles } from '../files/tokenizer-files.ts'
import type { Tokenizer } from '../tokenizer.ts'

/**
 * Loads the tokenizer of a Hugging Face folder: tokenizer.json, or the vocabulary files where that is missing (vocab.txt;
 * vocab.json and merges.txt; a sentencepiece model), and what tokenizer_config.json, special_tokens_map.json and
 * added_tokens.json say. A `BertTokenizer` where it is exactly BERT's.
 *
 * @throws TokenizerError naming the file that is missing, broken or of a kind that is not known
 */
export async function loadTokenizer(directory: string): Promise<Tokenizer> {
  const files: TokenizerFiles = {}
  const texts = tokenizerFileNames.text.map(async (name) => {
    const bytes = await read(join(directory, name))
    if (bytes !== undefined) files[name] = decodeText(bytes, join(directory, name))
  })
  await Promise.all(texts)
  if (files['tokenizer.json'] === undefined) {
    for (const name of tokenizerFileNames.bytes) files[name] = await read(join(directory, name))
  }
  return tokenizerFromFiles(files, join(directory, '/'))
}

function decodeText(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new TokenizerError('TOKENIZER_FILE', `${path}: not UTF-8 text. Copy or download it again.`, { cause })
  }
}

async function read(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new TokenizerError('TOKENIZER_FILE', `${path}: cannot be read: ${(error as Error).message}`, { cause: error })
  }
}
