import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/checkpoint-fixture.ts'
import { createModel } from '../checkpoints/node.ts'
import { ConfigError } from '../core/errors.ts'
import { bertConfig } from '../models/bert-config.ts'
import { BertTokenizer } from '../tokenizers/index.ts'
import { saveTokenizer } from '../tokenizers/node.ts'
import { pipeline } from './node.ts'

const folder = join(temporaryFolder(), 'model')

test('texts are cut at the smaller of the model’s and the tokenizer’s limit', async () => {
  const words = ['good', 'great', 'bad', 'awful']
  const vocab = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words]
  const tokenizer = new BertTokenizer({ vocab, maxLength: 4 })
  const config = bertConfig({
    vocabSize: tokenizer.vocabSize,
    hiddenSize: 12,
    numHiddenLayers: 1,
    numAttentionHeads: 3,
    intermediateSize: 17,
    maxPositionEmbeddings: 8,
    initializerRange: 0.5, // so that texts get clearly different scores
    labels: ['down', 'up'],
  })
  const model = await createModel('sequence-classification', 'bert', config, { threads: 1 })
  await model.savePretrained(folder)
  await model.close()
  await saveTokenizer(tokenizer, folder)

  const classify = await pipeline('text-classification', folder, { threads: 1 })
  const [cut, two, three] = await classify(['good bad great', 'good bad', 'good bad awful'])
  await classify.close()
  expect([cut.scores, three.scores]).toEqual([two.scores, two.scores])

  const longer = await pipeline('text-classification', folder, { threads: 1, maxLength: 5 })
  const [uncut, other] = await longer(['good bad great', 'good bad awful'])
  await longer.close()
  expect(uncut.scores).not.toEqual(two.scores)
  expect(uncut.scores).not.toEqual(other.scores)
  await expect(pipeline('text-classification', folder, { maxLength: 9 })).rejects.toThrow(ConfigError)
})
