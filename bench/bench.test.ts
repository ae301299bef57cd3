import { describe, expect, test } from 'vitest'
import { batchSizes } from './batches.ts'
import { baseSizes, benchModel, classifier, miniSizes } from './classifier.ts'
import { mlmBatches } from './mlm-batches.ts'
import { groupProducts, matrixProducts, operations } from './products.ts'
import { meanByNode, partOf } from './profile.ts'
import { summarize } from './statistics.ts'
import { asTfjsTrains } from './tfjs-case.ts'

describe('matrix products of a training step', () => {
  const tokens = 11
  const products = matrixProducts(classifier(baseSizes(2)), { batch: 3, tokens, longest: 5 })

  test('linear layers multiply each weight with each row once forward and twice backward', () => {
    const linear = products.filter(({ batch, scope, n }) => batch === 1 && n > 1 && scope.includes('.layer.'))
    // What follows attention in the last layer runs on the 3 sequences' first tokens only.
    const projections = 2 * tokens * 3 * 768 * 768
    const others = (tokens + 3) * (768 * 768 + 2 * 768 * 3072)
    expect(linear.map(operations).reduce((a, b) => a + b)).toBe(3 * 2 * (projections + others))
  })

  test('attention has two products of T x T x D a head forward and four backward', () => {
    const attention = products.filter(({ batch }) => batch === 3 * 12)
    expect(attention).toHaveLength(2 * 6)
    expect(attention.map(operations).reduce((a, b) => a + b)).toBe(2 * 6 * 2 * 36 * 5 * 5 * 64)
  })

  test('are grouped by shape and transposition', () => {
    const [first] = groupProducts(products.filter(({ scope }) => scope.includes('intermediate')))
    expect(first.name).toBe('[11, 768] [768, 3072]ᵀ')
    expect(first.members).toHaveLength(1)
    const queries = groupProducts(products.filter(({ scope }) => scope.endsWith('self.query')))
    expect(queries.map(({ name, members }) => [name, members.length])).toEqual([['[11, 768] [768, 768]ᵀ', 2]])
  })

  test('TensorFlow.js transposes in the gradients of linear layers, and not in the layers', () => {
    const shape = { batch: 1, m: 2, n: 3, k: 4 }
    expect(asTfjsTrains({ ...shape, transA: false, transB: true })).toMatchObject({ transA: false, transB: false })
    expect(asTfjsTrains({ ...shape, transA: false, transB: false })).toMatchObject({ transA: false, transB: true })
    expect(asTfjsTrains({ ...shape, transA: true, transB: false })).toMatchObject({ transA: true, transB: false })
  })
})

test('a language model multiplies the vocabulary with the tokens to be predicted alone', () => {
  const sizes = { batch: 3, tokens: 11, longest: 5, masked: 2 }
  const products = matrixProducts(benchModel('masked-lm', miniSizes()), sizes)
  const vocabulary = products.filter(({ m, n, k }) => [m, n, k].includes(30522))
  expect(vocabulary).toHaveLength(3)
  expect(vocabulary.map(operations)).toEqual(Array(3).fill(2 * 2 * 256 * 30522))
})

test('pre-training batches without data: random ids, the same each time, 15 % to be predicted', async () => {
  const { batches, notFound } = await mlmBatches('no such folder', 2, 32)
  expect(notFound).toContain('wikitext2')
  expect((await mlmBatches('no such folder', 2, 32)).batches).toEqual(batches)
  expect(batches[0].ids).not.toEqual(batches[1].ids)
  for (const batch of batches) {
    const { masked, ...sizes } = batchSizes(batch)
    expect(sizes).toEqual({ batch: 32, tokens: 32 * 128, longest: 128 })
    expect(Math.abs(masked! / (32 * 126) - 0.15)).toBeLessThan(0.03) // five standard deviations
    const labels = (batch.labels as number[][]).flat()
    const shown = batch.ids.flat()
    const share = shown.filter((id, i) => labels[i] !== -100 && id === 103).length / masked!
    expect(Math.abs(share - 0.8)).toBeLessThan(0.1)
    expect(labels.findIndex((label, i) => label === -100 && shown[i] === 103)).toBe(-1)
    expect(labels.filter((label) => label === 101 || label === 102)).toEqual([])
  }
})

test.each([
  ['bert.embeddings.LayerNorm.grad/Mul_261', 'embeddings, backward'],
  ['bert.encoder.layer.0.attention.self.key/Gemm_8', 'attention, forward'],
  ['bert.encoder.layer.11.attention.output.LayerNorm.grad/Sub_206', 'attention, backward'],
  ['bert.encoder.layer.0.output.LayerNorm/LayerNormalization_32', 'feed-forward, forward'],
  ['grad:bert.encoder.layer.0.intermediate.dense.bias', 'feed-forward, backward'],
  ['bert.pooler.dense/Gemm_60', 'head and loss, forward'],
  ['grad/Neg_70', 'head and loss, backward'],
  ['factors:46', 'dropout factors'],
])('%s belongs to %s', (node, part) => {
  expect(partOf(node)).toBe(part)
})

test('steps that warm up do not count in a profile', () => {
  const events = [90, 10, 30].map((durationUs) => ({ op: 'Gemm', node: 'fused a/Gemm_1', durationUs }))
  expect(meanByNode(events, 1)).toEqual(new Map([['a/Gemm_1', { op: 'Gemm', seconds: 20e-6 }]]))
})

test('a summary has the quartiles of NumPy', () => {
  // numpy.percentile([4, 1, 3, 2], [25, 50, 75]) = [1.75, 2.5, 3.25]
  expect(summarize([4, 1, 3, 2])).toMatchObject({ median: 2.5, min: 1, max: 4, iqr: 1.5 })
})
