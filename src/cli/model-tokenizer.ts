import { ConfigError } from '../core/errors.ts'
import type { Tokenizer } from '../tokenizers/index.ts'
import { loadTokenizer } from '../tokenizers/node.ts'
import { modelFolder } from './inputs.ts'

/**
 * The tokenizer to read texts for a trained model with: its own, or another one of the same vocabulary.
 * @param folder the model's
 * @param given the folder of another tokenizer
 * @throws ConfigError `VOCABULARY` naming the first token that has another id, which the model would take for another word
 */
export async function modelTokenizer(folder: string, given?: string): Promise<Tokenizer> {
  if (given === undefined) return loadTokenizer(folder)
  const tokenizer = await loadTokenizer(await modelFolder(given))
  const own = await loadTokenizer(folder).catch(() => undefined) // a model may have been saved without one
  for (let id = 0; own && id < Math.min(own.vocabSize, tokenizer.vocabSize); id++) {
    const [known, other] = [own.idToToken(id), tokenizer.idToToken(id)]
    if (known === other) continue
    throw new ConfigError(
      'VOCABULARY',
      `the tokenizer ${given} has another vocabulary than the model ${folder}: ${id} is ${JSON.stringify(other)} in the one and ` +
        `${JSON.stringify(known)} in the other. Leave --tokenizer out, or start from scratch with --size`,
    )
  }
  return tokenizer
}
