import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import { collateClassification } from './collator.ts'
import { encodeClassification, encodeExamples, type SequenceEncoder } from './encode-examples.ts'
import { createLoader, DataLoader, type DataLoaderOptions } from './loader.ts'

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const plain = (lengths: number[], options: Partial<DataLoaderOptions<unknown>> = {}) =>
  new DataLoader({ batchSize: 3, ...options, lengths, collate: (indices, context) => ({ indices, ...context }) })

describe('DataLoader', () => {
  test('starting at any batch gives exactly the rest of the epoch', async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 25 })
    await fc.assert(
      fc.asyncProperty(lengths, fc.nat({ max: 3 }), fc.nat(), fc.boolean(), async (all, epoch, seed, groupByLength) => {
        const options = { shuffle: true, seed, groupByLength, tokenBudget: 20, prefetchDepth: seed % 3 }
        const whole = await collect(plain(all, options).batches(epoch))
        expect(whole.length).toBe(plain(all, options).batchesPerEpoch(epoch))
        for (let startBatch = 0; startBatch <= whole.length; startBatch++) {
          expect(await collect(plain(all, options).batches(epoch, { startBatch }))).toEqual(whole.slice(startBatch))
        }
      }),
      { numRuns: 30 },
    )
  })

  test('iterating it runs epoch after epoch, and nextEpoch can be set', async () => {
    const loader = plain([1, 1, 1, 1, 1, 1, 1], { shuffle: true, seed: 5 })
    const first = await collect(loader)
    const second = await collect(loader)
    expect(first.map(({ epoch, batch }) => [epoch, batch])).toEqual([0, 1, 2].map((batch) => [0, batch]))
    expect(second).toEqual(await collect(plain([1, 1, 1, 1, 1, 1, 1], { shuffle: true, seed: 5 }).batches(1)))
    expect(second.flatMap(({ indices }) => indices)).not.toEqual(first.flatMap(({ indices }) => indices))
    loader.nextEpoch = 0
    expect(await collect(loader)).toEqual(first)
  })

  test('waits for collate, and hands on its errors', async () => {
    const slow = new DataLoader({ lengths: [1, 1], batchSize: 1, collate: async ([index]) => index })
    expect(await collect(slow)).toEqual([0, 1])
    const broken = new DataLoader({
      lengths: [1, 1, 1],
      batchSize: 1,
      collate([index]) {
        if (index === 1) throw new Error('no such text')
        return index
      },
    })
    await expect(collect(broken)).rejects.toThrow('no such text')
  })

  test('refuses what gives no batches', () => {
    expect(() => plain([])).toThrow(ConfigError)
    expect(() => plain([1, 1], { dropLast: true })).toThrow(/do not fill one batch of 3/)
    expect(() => plain([1], { batchSize: 0 })).toThrow(/batch size/)
    expect(() => plain([1], { prefetchDepth: -1 })).toThrow(/prefetch/)
    for (const startBatch of [-1, 2, 0.5]) {
      expect(() => plain([1, 1, 1]).batches(0, { startBatch })).toThrow(/it has 1 batches/)
    }
  })
})

describe('from examples to batches', () => {
  /** One id a word (its length), [CLS] 101 and [SEP] 102 around, the pair with type 1. */
  const encoder: SequenceEncoder = {
    encode(text, { textPair, maxLength = Number.POSITIVE_INFINITY, truncation }) {
      expect(truncation).toBe(maxLength !== Number.POSITIVE_INFINITY)
      const ids = [101, ...text.split(' ').map((word) => word.length), 102]
      const typeIds = ids.map(() => 0)
      if (textPair !== undefined) {
        for (const word of textPair.split(' ')) {
          ids.push(word.length)
          typeIds.push(1)
        }
      }
      return { ids: Int32Array.from(ids.slice(0, maxLength)), typeIds: Int32Array.from(typeIds.slice(0, maxLength)) }
    },
  }
  const examples = [
    { text: 'a bb ccc', label: 'pos', source: { file: 'x.csv', row: 2 } },
    { text: 'dddd', textPair: 'e', label: 'neg', source: { file: 'x.csv', row: 3 } },
    { text: 'f', label: 'pos', source: { file: 'x.csv', row: 4 } },
  ]

  test('encodes, cuts and collates', async () => {
    const items = encodeClassification(examples, encoder, { labels: ['neg', 'pos'], maxLength: 4 })
    expect(items.map(({ ids, labelId }) => [[...ids], labelId])).toEqual([
      [[101, 1, 2, 3], 1],
      [[101, 4, 102, 1], 0],
      [[101, 1, 102], 1],
    ])
    const seen: number[][] = []
    const loader = createLoader({
      items,
      batchSize: 2,
      collate(batch, { indices }) {
        seen.push(indices)
        return collateClassification(batch)
      },
    })
    const [first, second] = await collect(loader)
    expect(seen).toEqual([[0, 1], [2]])
    expect([...first.ids]).toEqual([101, 1, 2, 3, 101, 4, 102, 1])
    expect([...first.typeIds]).toEqual([0, 0, 0, 0, 0, 0, 0, 1])
    expect([...first.labels, ...second.labels]).toEqual([1, 0, 1])
    expect(loader.batchesPerEpoch()).toBe(2)
  })

  test('without maxLength nothing is cut; a bad one is refused', () => {
    expect(encodeExamples(examples, encoder)[0].ids).toHaveLength(5)
    expect(() => encodeExamples(examples, encoder, { maxLength: 0 })).toThrow(ConfigError)
  })

  test('an unknown label shows before anything is encoded', () => {
    const unused = { encode: () => expect.fail('encoded') }
    expect(() => encodeClassification(examples, unused, { labels: ['pos'] })).toThrow(/x\.csv, row 3/)
  })
})
