import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { ConfigError } from '../../core/errors.ts'
import { collateMaskedLm } from '../../data/collator.ts'
import { bertConfig } from '../../models/bert-config.ts'
import { electraConfig, generatorConfig } from '../../models/electra-config.ts'
import { replacedTokenDetection } from '../../models/heads/replaced-token-detection.ts'
import type { EncoderModel } from '../../models/model.ts'
import { createModel, growEmbeddings, loadModel } from '../node.ts'

const root = temporaryFolder()
const sizes = { vocabSize: 11, hiddenSize: 6, numHiddenLayers: 1, numAttentionHeads: 3, intermediateSize: 7 }
const config = bertConfig({ ...sizes, maxPositionEmbeddings: 9 })
const threads = { threads: 1 }
const model = await createModel('masked-lm', 'bert', config, { seed: 3, ...threads })
await model.setParameter(
  'cls.predictions.bias',
  Float32Array.from({ length: 11 }, (_, i) => i / 7),
)
afterAll(() => model.close())

const added = [
  { id: 11, pieces: [4, 9, 4] },
  { id: 12, pieces: [10, 5] },
]
const embeddings = 'bert.embeddings.word_embeddings.weight'

test('keeps what is known, and starts new tokens from the mean of their pieces', async () => {
  const grown = await growEmbeddings(model, added, threads)
  expect(grown.config.vocabSize).toBe(13)
  await expectGrown(model, grown, [embeddings, 'cls.predictions.bias'])
  await grown.close()
})

test('rows that the tokenizer leaves unused are taken; rows between are 0', async () => {
  const ids = [
    { id: 10, pieces: [4, 9, 9] },
    { id: 14, pieces: [1, 2] },
  ]
  const grown = await growEmbeddings(model, ids, threads)
  expect(grown.config.vocabSize).toBe(15)
  const [before, after] = [await model.parameter(embeddings), await grown.parameter(embeddings)]
  const row = (id: number) => after.subarray(id * 6, id * 6 + 6)
  expect(after.subarray(0, 60)).toEqual(before.subarray(0, 60))
  expect(row(10)).toEqual(meanOf(before, 6, [4, 9, 9]))
  expect(row(14)).toEqual(meanOf(before, 6, [1, 2]))
  expect(after.subarray(66, 84)).toEqual(new Float32Array(18))
  await grown.close()
})

test.each(['pretraining', 'sequence-classification'])('%s', async (task) => {
  const other = await createModel(task, 'bert', { ...config, labels: ['no', 'yes'] }, threads)
  const grown = await growEmbeddings(other, added, threads)
  await expectGrown(other, grown, [embeddings, ...(task === 'pretraining' ? ['cls.predictions.bias'] : [])])
  await grown.close()
  await other.close()
})

test('a generator grows with its discriminator, and both train on', async () => {
  const electra = electraConfig({ ...sizes, embeddingSize: 5, maxPositionEmbeddings: 9 })
  const head = replacedTokenDetection(generatorConfig(electra, 1 / 3), 7)
  const joint = await createModel(head, 'electra', electra, threads)
  await joint.setParameter(
    'generator.generator_lm_head.bias',
    Float32Array.from({ length: 11 }, (_, i) => Math.cbrt(i)),
  )
  const grown = await growEmbeddings(joint, added, threads)
  await expectGrown(joint, grown, ['electra.embeddings.word_embeddings.weight', 'generator.generator_lm_head.bias'])
  await joint.close()
  const ids = Int32Array.of(2, 12, 4, 11, 3)
  const batch = collateMaskedLm([{ ids, typeIds: new Int32Array(5), labels: Int32Array.of(-100, 12, -100, 5, -100) }])
  const { loss } = await grown.forward({ ...batch, uniform: Float32Array.of(0.3, 0.99) }, { loss: true })
  expect(loss).toBeGreaterThan(0)
  await grown.close()
})

test('texts of old tokens have the same logits, and a folder that loads', async () => {
  const grown = await growEmbeddings(model, added, threads)
  const ids = Int32Array.of(2, 7, 4, 10, 3)
  const batch = collateMaskedLm([{ ids, typeIds: new Int32Array(5), labels: Int32Array.of(-100, 5, -100, 6, -100) }])
  const [before, after] = [await model.forward(batch), await grown.forward(batch)]
  const row = (output: typeof before, columns: number, r: number) =>
    (output.logits!.data as Float32Array).subarray(r * columns, r * columns + 11)
  for (const r of [0, 1]) expect(row(after, 13, r)).toEqual(row(before, 11, r))
  // The new token's logit is the mean of its pieces'.
  const logits = after.logits!.data as Float32Array
  expect(logits[12]).toBeCloseTo((logits[10] + logits[5]) / 2, 6)

  await grown.savePretrained(join(root, 'grown'))
  await grown.close()
  const loaded = await loadModel(join(root, 'grown'), 'masked-lm', threads)
  expect((await loaded.forward(batch)).logits!.data).toEqual(logits)
  await loaded.close()
})

test.each([
  [[{ id: 11, pieces: [] }], /new token 11: it has no pieces/],
  [[{ id: 11, pieces: [4, 11] }], /piece 11 is not among the 11 tokens/],
  [
    [
      { id: 3, pieces: [4, 5] },
      { id: 11, pieces: [3, 4] },
    ],
    /new token 11: piece 3 .*new itself/,
  ],
  [[{ id: 11, pieces: [4, 1.5] }], /piece 1.5/],
  [[{ id: -1, pieces: [4, 5] }], /new token -1: an id must be/],
  [
    [
      { id: 11, pieces: [4, 5] },
      { id: 11, pieces: [6, 5] },
    ],
    /comes twice/,
  ],
])('%j is refused', async (tokens, message) => {
  const growing = growEmbeddings(model, tokens, threads)
  await expect(growing).rejects.toThrow(ConfigError)
  await expect(growing).rejects.toThrow(message)
})

/** In float64, rounded once. */
function meanOf(table: Float32Array, width: number, pieces: readonly number[]): Float32Array {
  const sum = (i: number) => pieces.reduce((total, piece) => total + table[piece * width + i], 0)
  return Float32Array.from({ length: width }, (_, i) => sum(i) / pieces.length)
}

/** Compares every parameter: those of these names have rows for `added`, all others are as they were. */
async function expectGrown(model: EncoderModel, grown: EncoderModel, names: readonly string[]): Promise<void> {
  expect(grown.parameters.map(({ name }) => name)).toEqual(model.parameters.map(({ name }) => name))
  for (const { name } of model.parameters) {
    const [before, after] = [await model.parameter(name), await grown.parameter(name)]
    expect(after.subarray(0, before.length), name).toEqual(before)
    const width = names.includes(name) ? before.length / 11 : 0
    expect(after.length, name).toBe(before.length + added.length * width)
    for (const { id, pieces } of width > 0 ? added : []) {
      expect(after.subarray(id * width, (id + 1) * width), name).toEqual(meanOf(before, width, pieces))
    }
  }
}
