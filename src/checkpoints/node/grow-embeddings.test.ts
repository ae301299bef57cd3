import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { ConfigError } from '../../core/errors.ts'
import { collateMaskedLm } from '../../data/collator.ts'
import { bertConfig } from '../../models/bert-config.ts'
import { electraConfig, generatorConfig } from '../../models/electra-config.ts'
import { replacedTokenDetection } from '../../models/heads/replaced-token-detection.ts'
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
  for (const { name } of model.parameters) {
    const [before, after] = [await model.parameter(name), await grown.parameter(name)]
    expect(after.subarray(0, before.length), name).toEqual(before)
    const isTable = name === embeddings || name === 'cls.predictions.bias'
    if (!isTable) expect(after.length, name).toBe(before.length)
    const width = before.length / 11
    for (const { id, pieces } of isTable ? added : []) {
      for (let i = 0; i < width; i++) {
        const mean = pieces.reduce((sum, piece) => sum + before[piece * width + i] / pieces.length, 0)
        expect(after[id * width + i]).toBe(Math.fround(mean))
      }
    }
  }
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

test('a token without pieces, or with unknown ones, is refused', async () => {
  await expect(growEmbeddings(model, [{ id: 11, pieces: [] }])).rejects.toThrow(/new token 11: it has no pieces/)
  await expect(growEmbeddings(model, [{ id: 11, pieces: [4, 11] }])).rejects.toThrow(
    /piece 11 is not among the model's 11/,
  )
})

test('a model with a generator is refused', async () => {
  const electra = electraConfig({ ...sizes, embeddingSize: 5, maxPositionEmbeddings: 9 })
  const head = replacedTokenDetection(generatorConfig(electra, 1 / 3))
  const joint = await createModel(head, 'electra', electra, threads)
  await expect(growEmbeddings(joint, added)).rejects.toThrow(ConfigError)
  await joint.close()
})
