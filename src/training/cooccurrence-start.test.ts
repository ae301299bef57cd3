import { afterAll, expect, test } from 'vitest'
import { createModel } from '../checkpoints/node.ts'
import { ConfigError } from '../core/errors.ts'
import { createMemoryTokenStore } from '../data/pretraining/index.ts'
import { bertConfig } from '../models/bert-config.ts'
import { startFromCooccurrences } from './cooccurrence-start.ts'

const sizes = { numHiddenLayers: 1, numAttentionHeads: 3, hiddenSize: 6, intermediateSize: 7, maxPositionEmbeddings: 9 }
const model = await createModel('masked-lm', 'bert', bertConfig({ ...sizes, vocabSize: 8 }), { threads: 1 })
const name = 'bert.embeddings.word_embeddings.weight'
afterAll(() => model.close())

/** Tokens 2 and 3 stand between 4 and 5, tokens 6 and 7 beside 1; token 0 nowhere. */
function store(vocabSize: number) {
  const writer = createMemoryTokenStore(vocabSize)
  for (let i = 0; i < 40; i++) writer.addSentence(Int32Array.of(4, i % 2 ? 2 : 3, 5), true)
  for (let i = 0; i < 40; i++) writer.addSentence(Int32Array.of(1, i % 2 ? 6 : 7), true)
  return writer.finish()
}

test('tokens that are used alike have vectors alike, with the spread of new ones and no common part', async () => {
  const before = await model.parameter(name)
  await startFromCooccurrences(model, store(8), { seed: 2 })
  const after = await model.parameter(name)
  const row = (token: number) => after.subarray(6 * token, 6 * token + 6)
  const cosine = (a: Float32Array, b: Float32Array) => {
    const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i], 0)
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
  }
  expect(row(0)).toEqual(before.subarray(0, 6))
  expect(cosine(row(2), row(3))).toBeGreaterThan(0.99)
  expect(cosine(row(6), row(7))).toBeGreaterThan(0.99)
  expect(cosine(row(2), row(6))).toBeLessThan(0.5)
  const known = after.subarray(6)
  for (let i = 0; i < 6; i++) {
    expect(Math.abs(known.reduce((sum, value, j) => (j % 6 === i ? sum + value : sum), 0))).toBeLessThan(1e-6)
  }
  const deviation = Math.sqrt(known.reduce((sum, value) => sum + value * value, 0) / known.length)
  expect(deviation).toBeCloseTo(2 * 0.02, 6)
})

test('vectors that are frozen beside adapters stay', async () => {
  const parameters = model.parameters.map((each) => ({ ...each, isFrozen: true }))
  const adapted = { ...model, definition: model.definition, parameters } as unknown as typeof model
  await expect(startFromCooccurrences(adapted, store(8))).rejects.toThrow(/frozen beside adapters/)
})

test('a corpus of another vocabulary is refused', async () => {
  await expect(startFromCooccurrences(model, store(9))).rejects.toThrow(ConfigError)
  await expect(startFromCooccurrences(model, store(9))).rejects.toThrow(/vocabulary of 9, but the model's has 8/)
})
