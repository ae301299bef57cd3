import { describe, expect, test } from 'vitest'
import { ConfigError, DataError } from '../../core/errors.ts'
import { randomStream } from '../../core/random.ts'
import { DataLoader } from '../loader.ts'
import type { Masking } from '../mask-batch.ts'
import { materialise } from './examples.ts'
import { planFullSentences } from './full-sentences.ts'
import {
  createPretrainingCollator,
  type MaskingVocabulary,
  maskingVocabulary,
  type PretrainingBatch,
} from './pretraining-collator.ts'
import { planSentencePairs } from './sentence-pairs.ts'
import { randomDocuments } from './stores.samples.ts'
import { createMemoryTokenStore, type TokenStore } from './token-store.ts'

/** Ids 0 to 4 are special, those above 600 go on with a word. */
const vocabSize = 1000
const vocabulary: MaskingVocabulary = maskingVocabulary({
  clsId: 2,
  sepId: 3,
  maskId: 4,
  vocabSize,
  addedTokens: [0, 1, 2, 3, 4].map((id) => ({ id, special: true })),
  vocab: Array.from({ length: vocabSize }, (_, id) => (id > 600 ? `##${id}` : `${id}`)),
  continuingSubwordPrefix: '##',
})

function corpus(documents: readonly number[][], seed = 1): TokenStore {
  const random = randomStream(seed, 'ids')
  const writer = createMemoryTokenStore(vocabSize)
  for (const lengths of documents) {
    lengths.forEach((length, s) => {
      // Some [UNK], id 1, stand in the text.
      writer.addSentence(
        Int32Array.from({ length }, () => (random.uniform() < 0.02 ? 1 : 5 + random.integer(995))),
        s === 0,
      )
    })
  }
  return writer.finish()
}

const store = corpus(randomDocuments(700, 40, 40))
const pairs = planSentencePairs(store, { objective: 'next-sentence', maxLength: 128, seed: 1 })
const kinds: Masking[] = [{ kind: 'token' }, { kind: 'whole-word' }, { kind: 'span' }]

describe.each(kinds)('batches with masking of kind $kind', (masking) => {
  const collate = createPretrainingCollator({ store, examples: pairs, vocabulary, masking, seed: 42 })
  const loader = new DataLoader({ lengths: pairs.lengths, collate, batchSize: 32, shuffle: true, seed: 42 })

  test('over millions of positions 15 % / 80 % / 10 % / 10 %; whole words; no special or unknown token', async () => {
    let [positions, chosen, toMask, same, wrong] = [0, 0, 0, 0, 0]
    for (let epoch = 0; positions < 4e6; epoch++) {
      const plan = loader.plan(epoch)
      for (let b = 0; b < plan.length; b++) {
        const batch = collate(plan[b], { epoch, batch: b })
        const plain = plan[b].flatMap((index) => [...materialise(store, pairs, index, vocabulary).ids])
        let m = 0
        for (let row = 0; row < batch.tokens; row++) {
          const masked = batch.maskedRows[m] === row
          const id = plain[row]
          if (id < 5) {
            if (masked || batch.ids[row] !== id) wrong++
            continue
          }
          positions++
          const inWord = id > 600 && plain[row - 1] >= 5
          if (masking.kind !== 'token' && inWord && masked !== (m > 0 && batch.maskedRows[m - 1] === row - 1)) wrong++
          if (!masked) {
            if (batch.ids[row] !== id) wrong++
            continue
          }
          if (batch.labels[m++] !== id) wrong++
          chosen++
          if (batch.ids[row] === 4) toMask++
          else if (batch.ids[row] === id) same++
        }
        if (m !== batch.labels.length || m !== batch.maskedRows.length || m === 0) wrong++
      }
    }
    expect(wrong).toBe(0)
    expect(Math.abs(chosen / positions - 0.15)).toBeLessThan(0.002)
    // A random token is one time in a thousand the mask or the token itself.
    expect(Math.abs(toMask / chosen - 0.8001)).toBeLessThan(0.002)
    expect(Math.abs(same / chosen - 0.1001)).toBeLessThan(0.002)
  })

  test('a run that goes on at any batch sees the same batches; epochs differ', async () => {
    const all: PretrainingBatch[] = []
    for await (const batch of loader.batches(1)) all.push(batch)
    for (const startBatch of [1, 7, all.length - 1]) {
      let b = startBatch
      for await (const batch of loader.batches(1, { startBatch })) {
        expect(batch).toEqual(all[b++])
        if (b > startBatch + 2) break
      }
    }
    const [indices] = loader.plan(0)
    expect(collate(indices, { epoch: 0, batch: 0 })).toEqual(collate(indices, { epoch: 0, batch: 0 }))
    expect(collate(indices, { epoch: 0, batch: 0 }).maskedRows).not.toEqual(
      collate(indices, { epoch: 1, batch: 0 }).maskedRows,
    )
    // An example's mask does not depend on its batch.
    const alone = collate([indices[0]], { epoch: 0, batch: 9 })
    expect(collate(indices, { epoch: 0, batch: 0 }).ids.slice(0, alone.tokens)).toEqual(alone.ids)
  })
})

test('pairs have labels, full sentences none', () => {
  const batch = createPretrainingCollator({ store, examples: pairs, vocabulary, seed: 1 })([0, 1, 2, 3], {
    epoch: 0,
    batch: 0,
  })
  expect(batch.pairLabels).toEqual(Int32Array.from(pairs.pairLabels.slice(0, 4)))
  expect(batch.size).toBe(4)
  const examples = planFullSentences(store, { maxLength: 64 })
  const full = createPretrainingCollator({ store, examples, vocabulary, seed: 1 })([5], { epoch: 0, batch: 0 })
  expect('pairLabels' in full).toBe(false)
  expect(full.tokens).toBe(examples.lengths[5])
})

test.each(kinds)('a batch has a masked token even if chance gives none: $kind', (masking) => {
  const examples = planFullSentences(store, { maxLength: 12 })
  const collate = createPretrainingCollator({
    store,
    examples,
    vocabulary,
    masking: { ...masking, probability: 0 },
    seed: 1,
  })
  const rows = new Set<number>()
  for (let batch = 0; batch < 40; batch++) {
    const made = collate([3, 4], { epoch: 0, batch })
    if (masking.kind === 'token') expect(made.labels.length).toBe(1)
    expect(made.labels.length).toBeGreaterThan(0)
    expect(made).toEqual(collate([3, 4], { epoch: 0, batch }))
    for (const label of made.labels) expect(label).toBeGreaterThan(4)
    rows.add(made.maskedRows[0])
  }
  expect(rows.size).toBeGreaterThan(4)
})

test('refuses a batch of unknown tokens, another vocabulary and unknown settings', () => {
  const writer = createMemoryTokenStore(vocabSize)
  writer.addSentence(Int32Array.of(1, 1, 1), true)
  const unknown = writer.finish()
  const examples = planFullSentences(unknown, { maxLength: 8 })
  const collate = createPretrainingCollator({ store: unknown, examples, vocabulary, seed: 1 })
  expect(() => collate([0], { epoch: 0, batch: 0 })).toThrow(DataError)
  const make = (changes: object) => () =>
    createPretrainingCollator({ store, examples: pairs, vocabulary, seed: 1, ...changes })
  expect(make({ vocabulary: { ...vocabulary, vocabSize: 999 } })).toThrow(/1000 ids, but the masking has one of 999/)
  expect(make({ masking: { kind: 'words' } })).toThrow(ConfigError)
  expect(make({ masking: { kind: 'token', probability: 2 } })).toThrow(ConfigError)
})
