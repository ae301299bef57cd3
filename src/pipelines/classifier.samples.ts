import { createModel } from '../checkpoints/node.ts'
import { bertConfig } from '../models/bert-config.ts'
import { BertTokenizer } from '../tokenizers/index.ts'
import { saveTokenizer } from '../tokenizers/node.ts'

/**
 * Saves a tiny classifier with random weights and its tokenizer, which knows some words: ids 0 to 4 are [PAD], [UNK], [CLS],
 * [SEP], [MASK], the words follow. The model takes at most 8 tokens.
 * @param maxLength the tokenizer's own limit; default none
 */
export async function saveClassifier(
  folder: string,
  { words, labels, maxLength }: { words: readonly string[]; labels: readonly string[]; maxLength?: number },
): Promise<BertTokenizer> {
  const tokenizer = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words], maxLength })
  const config = bertConfig({
    vocabSize: tokenizer.vocabSize,
    hiddenSize: 12,
    numHiddenLayers: 1,
    numAttentionHeads: 3,
    intermediateSize: 17,
    maxPositionEmbeddings: 8,
    initializerRange: 0.5, // so that texts get clearly different scores
    labels,
  })
  const model = await createModel('sequence-classification', 'bert', config, { threads: 1 })
  await model.savePretrained(folder)
  await model.close()
  await saveTokenizer(tokenizer, folder)
  return tokenizer
}
