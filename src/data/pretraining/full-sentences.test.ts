import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../core/errors.ts'
import { materialise, type PretrainingExamples } from './examples.ts'
import { planFullSentences } from './full-sentences.ts'
import { documentOfToken, numberedStore, randomDocuments } from './stores.samples.ts'
import type { TokenStore } from './token-store.ts'

const special = { clsId: 1, sepId: 2 }
const rows = (store: TokenStore, examples: PretrainingExamples) =>
  Array.from(examples.lengths, (_, e) => [...materialise(store, examples, e, special).ids])

describe('two short documents and a long sentence', () => {
  const store = numberedStore([[2, 3], [2], [9, 1]], 10)

  test('share an example with [SEP] between them', () => {
    expect(rows(store, planFullSentences(store, { maxLength: 10 }))).toEqual([
      [1, 10, 11, 12, 13, 14, 2, 15, 16, 2],
      [1, 17, 18, 19, 20, 21, 22, 23, 24, 2],
      [1, 25, 26, 2],
    ])
  })

  test('or do not', () => {
    expect(rows(store, planFullSentences(store, { maxLength: 10, crossDocuments: false }))).toEqual([
      [1, 10, 11, 12, 13, 14, 2],
      [1, 15, 16, 2],
      [1, 17, 18, 19, 20, 21, 22, 23, 24, 2],
      [1, 25, 26, 2],
    ])
  })

  test('a document that is left out ends an example', () => {
    expect(rows(store, planFullSentences(store, { maxLength: 20, documents: [0, 2] }))).toEqual([
      [1, 10, 11, 12, 13, 14, 2],
      [1, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 2],
    ])
  })

  test('separators are special, all else is of type 0 and no pair', () => {
    const examples = planFullSentences(store, { maxLength: 10 })
    const sequence = materialise(store, examples, 0, special)
    expect([...sequence.specialTokensMask]).toEqual([1, 0, 0, 0, 0, 0, 1, 0, 0, 1])
    expect([...sequence.typeIds]).toEqual(Array(10).fill(0))
    expect(sequence.pairLabel).toBeUndefined()
  })
})

test.each([
  { crossDocuments: true, shortSequenceProbability: 0 },
  { crossDocuments: false, shortSequenceProbability: 0 },
  { crossDocuments: true, shortSequenceProbability: 0.5 },
])('each token is in one example, in order, and [SEP] wherever documents meet: %o', (options) => {
  const store = numberedStore(randomDocuments(500, 10, 60), 10)
  const owner = documentOfToken(store)
  const examples = planFullSentences(store, { maxLength: 50, seed: 3, ...options })
  const all: number[] = []
  let wrong = 0
  for (let e = 0; e < examples.lengths.length; e++) {
    const { ids, specialTokensMask } = materialise(store, examples, e, special)
    if (ids.length > 50 || ids.length !== examples.lengths[e]) wrong++
    for (let t = 1; t + 1 < ids.length; t++) {
      if (specialTokensMask[t] === 0) all.push(ids[t])
      else if (owner[ids[t - 1] - 10] === owner[ids[t + 1] - 10] || !options.crossDocuments) wrong++
      if (specialTokensMask[t] + specialTokensMask[t + 1] === 0 && owner[ids[t] - 10] !== owner[ids[t + 1] - 10])
        wrong++
    }
  }
  expect(wrong).toBe(0)
  expect(all.length).toBe(store.tokens)
  expect(all.every((id, t) => id === 10 + t)).toBe(true)
})

test('refuses settings out of range', () => {
  const store = numberedStore([[2]])
  expect(() => planFullSentences(store, { maxLength: 2 })).toThrow(ConfigError)
  expect(() => planFullSentences(store, { maxLength: 9, shortSequenceProbability: -1 })).toThrow(ConfigError)
})
