/** What report and card say of a run beside its training arguments. */
import { expect, test } from 'vitest'
import type { EncoderModel } from '../../models/model.ts'
import { finetuneSettings } from './finetune-record.ts'
import type { PretrainOptions } from './pretrain-options.ts'
import { pretrainingSettings } from './pretrain-record.ts'

const made = (task: string, more: object = {}, config: object = {}) =>
  ({ definition: { head: { task }, ...more }, config, trainableParameterCount: 31 }) as unknown as EncoderModel

test('a fine-tuning: how long texts are read, and how the model is adapted', () => {
  expect(finetuneSettings(made('sequence-classification'), 16)).toEqual({ maxLength: 16 })
  const longTexts = { pooling: 'attention', maxLength: 16, stride: 4 }
  const lora = { rank: 2, alpha: 8, targets: ['query', 'value'], dropout: 0.1, rsLora: false, modulesToSave: [] }
  expect(finetuneSettings(made('sequence-classification', { lora }, { longTexts }), 16)).toEqual({
    maxLength: 16,
    longTexts,
    lora: { ...lora, targets: 'query, value', modulesToSave: '' },
    trainedParameters: 31,
  })
})

test('a pre-training: what it learns from, where its vectors start', () => {
  const phases = [{ maxLength: 12, share: 1 }]
  const settings = (options: Partial<PretrainOptions>) => pretrainingSettings(options as PretrainOptions, phases)
  expect(settings({ model: made('masked-lm'), pairs: 'sentence-order', startEmbeddings: 'model' })).toEqual({
    maxLength: 12,
  })
  expect(settings({ model: made('pretraining') })).toEqual({ maxLength: 12, pairs: 'next-sentence' })
  expect(
    settings({
      model: made('pretraining'),
      pairs: 'sentence-order',
      duplicates: 3,
      masking: { kind: 'span', probability: 0.2 },
      startEmbeddings: 'cooccurrence',
    }),
  ).toEqual({
    maxLength: 12,
    masking: 'span',
    maskProbability: 0.2,
    pairs: 'sentence-order',
    duplicates: 3,
    startEmbeddings: 'cooccurrence',
  })
})
