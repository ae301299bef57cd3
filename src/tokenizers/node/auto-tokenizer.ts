import { stat } from 'node:fs/promises'
import { TokenizerError } from '../../core/errors.ts'
import { tokenizerFileNames } from '../files/file-names.ts'
import type { Tokenizer } from '../tokenizer.ts'
import { loadTokenizer } from './folder.ts'
import type { HubOptions, WantedFiles } from './hub-cache.ts'
import { hubFiles } from './hub-cache.ts'

/** Finds the tokenizer of any model of the BERT family. */
export const AutoTokenizer = {
  /**
   * Loads a tokenizer from a folder, or from the hub by its id. Only tokenizer files (and config.json) are downloaded, into the cache
   * that other tools share; what the cache holds is not asked for again.
   *
   * ```ts
   * const tokenizer = await AutoTokenizer.fromPretrained('FacebookAI/roberta-base')
   * ```
   * @param pathOrId a folder, or `owner/name`
   * @throws TokenizerError naming the file, the model or the connection that is the matter, and what to do
   */
  async fromPretrained(pathOrId: string, options: HubOptions = {}): Promise<Tokenizer> {
    const isFolder = await stat(pathOrId).then(
      (entry) => entry.isDirectory(),
      () => false,
    )
    if (isFolder) return loadTokenizer(pathOrId)
    // A name, or an owner and a name; a path begins otherwise.
    if (!/^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/.test(pathOrId) || pathOrId.includes('..')) {
      throw new TokenizerError(
        'TOKENIZER_MISSING',
        `${pathOrId}: no such folder, and no id of a model on the hub either (owner/name). Check the path.`,
      )
    }
    return loadTokenizer(await hubFiles(pathOrId, wanted, options))
  },
} as const

const { text, bytes } = tokenizerFileNames
const settingsNames: readonly string[] = text.filter((name) => name.includes('token') || name === 'config.json')

/** tokenizer.json holds all of the vocabulary: other vocabulary files are wanted only where it is missing. */
const wanted: WantedFiles = {
  names: [...text, ...bytes],
  choose: (names) => (names.includes('tokenizer.json') ? names.filter((name) => settingsNames.includes(name)) : names),
  isEnough(names) {
    const has = (name: string) => names.includes(name)
    return has('tokenizer.json') || has('vocab.txt') || (has('vocab.json') && has('merges.txt')) || bytes.some(has)
  },
}
