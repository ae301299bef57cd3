import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TokenizerError } from '../core/errors.ts'
import type { BertTokenizerOptions } from './bert-tokenizer.ts'
import { BertTokenizer } from './bert-tokenizer.ts'
import {
  formatSpecialTokensMap,
  formatTokenizerConfig,
  parseSpecialTokensMap,
  parseTokenizerConfig,
} from './files/tokenizer-config.ts'
import { formatTokenizerJson, parseTokenizerJson } from './files/tokenizer-json.ts'
import { createVocabulary, formatVocabText, parseVocabText } from './vocabulary.ts'

/**
 * Loads the tokenizer of a Hugging Face folder: tokenizer.json, or vocab.txt where that is missing, and what
 * special_tokens_map.json and tokenizer_config.json say, which wins as it does in transformers.
 *
 * @throws TokenizerError naming the file that is missing, broken or of another kind of tokenizer
 */
export async function loadTokenizer(directory: string): Promise<BertTokenizer> {
  const path = (name: string) => join(directory, name)
  const [json, vocab, config, map] = await Promise.all(
    ['tokenizer.json', 'vocab.txt', 'tokenizer_config.json', 'special_tokens_map.json'].map((name) => read(path(name))),
  )
  let options: BertTokenizerOptions
  let source: string
  if (json !== undefined) {
    source = path('tokenizer.json')
    options = parseTokenizerJson(json, source)
  } else if (vocab !== undefined) {
    source = path('vocab.txt')
    options = { vocab: parseVocabText(vocab) }
    createVocabulary(options.vocab, source) // for the file's name in the message
  } else {
    throw new TokenizerError(
      'TOKENIZER_MISSING',
      `${directory}: no tokenizer here: expected tokenizer.json, or vocab.txt. Is this the folder of a saved model?`,
    )
  }
  const settings = config === undefined ? {} : parseTokenizerConfig(config, path('tokenizer_config.json'))
  const named = map === undefined ? {} : parseSpecialTokensMap(map, path('special_tokens_map.json'))
  const specialTokens = { ...options.specialTokens, ...named, ...settings.specialTokens }
  try {
    return new BertTokenizer({ ...options, ...settings, specialTokens })
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error
    throw new TokenizerError(error.code, `${source}: ${error.message}`, { cause: error })
  }
}

/**
 * Writes tokenizer.json, tokenizer_config.json, special_tokens_map.json and vocab.txt, which transformers 4 and 5 load, each
 * beside its place and then renamed, so that a crash leaves the old file or the new one. Makes the folder where needed.
 */
export async function saveTokenizer(tokenizer: BertTokenizer, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  await write(join(directory, 'tokenizer.json'), formatTokenizerJson(tokenizer))
  await write(join(directory, 'tokenizer_config.json'), formatTokenizerConfig(tokenizer))
  await write(join(directory, 'special_tokens_map.json'), formatSpecialTokensMap(tokenizer))
  const vocab = formatVocabText(tokenizer.vocab)
  // Where that format cannot hold the vocabulary, an older vocab.txt must not stay beside the new files.
  if (vocab === undefined) await rm(join(directory, 'vocab.txt'), { force: true })
  else await write(join(directory, 'vocab.txt'), vocab)
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new TokenizerError('TOKENIZER_FILE', `${path}: cannot be read: ${(error as Error).message}`, { cause: error })
  }
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
    throw new TokenizerError('TOKENIZER_FILE', `${path}: cannot be written: ${(cause as Error).message}`, { cause })
  }
}
