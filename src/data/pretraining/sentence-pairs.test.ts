import { describe, expect, test } from 'vitest'
import { ConfigError, DataError } from '../../core/errors.ts'
import { randomStream } from '../../core/random.ts'
import { materialise } from './examples.ts'
import fixture from './sentence-pairs.fixture.json' with { type: 'json' }
import { planSentencePairs, type SentencePairOptions, truncatePair } from './sentence-pairs.ts'
import { splitDocuments } from './split-documents.ts'
import { documentOfToken, numberedStore, randomDocuments } from './stores.samples.ts'

const special = { clsId: 1, sepId: 2 }
const options = { objective: 'next-sentence', maxLength: 64, seed: 5 } satisfies SentencePairOptions

describe.each([
  ['long documents', randomDocuments(2000, 60, 30)],
  ['short documents, many of one sentence', randomDocuments(20_000, 3, 20)],
  ['sentences longer than an example', randomDocuments(4000, 6, 200)],
])('next sentences of %s', (_, documents) => {
  const store = numberedStore(documents)
  const owner = documentOfToken(store)
  const examples = planSentencePairs(store, options)
  const count = examples.lengths.length

  test('half of the second segments are from another document, half follow the first', () => {
    const random = examples.pairLabels.reduce((sum, label) => sum + label, 0)
    expect(count).toBeGreaterThan(10_000)
    expect(Math.abs(random / count - 0.5)).toBeLessThan(0.005)
    const wrong: number[] = []
    for (let e = 0; e < count; e++) {
      const [a, b] = [examples.firstStarts[e], examples.secondStarts[e]]
      const [aLength, bLength] = [examples.firstLengths[e], examples.secondLengths[e]]
      const inOneDocument = (start: number, length: number) => owner[start] === owner[start + length - 1]
      const follows = owner[a] === owner[b] && b >= a + aLength
      if (
        aLength < 1 ||
        bLength < 1 ||
        aLength + bLength + 3 > options.maxLength ||
        examples.lengths[e] !== aLength + bLength + 3 ||
        !inOneDocument(a, aLength) ||
        !inOneDocument(b, bLength) ||
        (examples.pairLabels[e] === 1 ? owner[a] === owner[b] : !follows)
      ) {
        wrong.push(e)
      }
    }
    expect(wrong).toEqual([])
  })

  test('no document is left out; an untruncated second segment begins where the first ends', () => {
    const seen = new Uint8Array(documents.length)
    for (let e = 0; e < count; e++) {
      seen[owner[examples.firstStarts[e]]] = 1
      const gap = examples.secondStarts[e] - examples.firstStarts[e] - examples.firstLengths[e]
      const truncated = examples.lengths[e] === options.maxLength
      if (examples.pairLabels[e] === 0 && !truncated) expect(gap).toBe(0)
    }
    // Documents of one token make no pair.
    const ones = documents.filter((lengths) => lengths.length === 1 && lengths[0] === 1).length
    expect(examples.skippedDocuments).toBe(ones)
    expect(seen.reduce((sum, bit) => sum + bit, 0)).toBe(documents.length - ones)
  })
})

describe('a pair', () => {
  const store = numberedStore(randomDocuments(300, 20, 30), 10)

  test('reads as [CLS] first [SEP] second [SEP]', () => {
    const examples = planSentencePairs(store, options)
    for (const index of [0, 17, examples.lengths.length - 1]) {
      const { ids, typeIds, specialTokensMask, pairLabel } = materialise(store, examples, index, special)
      const [a, b] = [examples.firstLengths[index], examples.secondLengths[index]]
      const first = Array.from({ length: a }, (_, i) => 10 + examples.firstStarts[index] + i)
      const second = Array.from({ length: b }, (_, i) => 10 + examples.secondStarts[index] + i)
      expect([...ids]).toEqual([1, ...first, 2, ...second, 2])
      expect([...typeIds]).toEqual([...Array(a + 2).fill(0), ...Array(b + 1).fill(1)])
      const ordinary = [...specialTokensMask].flatMap((bit, t) => (bit === 0 ? [ids[t]] : []))
      expect(ordinary).toEqual([...first, ...second])
      expect(pairLabel).toBe(examples.pairLabels[index])
    }
    expect(() => materialise(store, examples, examples.lengths.length, special)).toThrow(RangeError)
  })

  test('is decided by the seed', () => {
    expect(planSentencePairs(store, options)).toEqual(planSentencePairs(store, options))
    expect(planSentencePairs(store, { ...options, seed: 6 })).not.toEqual(planSentencePairs(store, options))
  })

  test('comes from the chosen documents alone', () => {
    const owner = documentOfToken(store)
    const { training, evaluation } = splitDocuments(store, { evaluationShare: 0.1, seed: 1 })
    expect([training.length, evaluation.length]).toEqual([270, 30])
    expect([...training, ...evaluation].sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, d) => d))
    const examples = planSentencePairs(store, { ...options, documents: evaluation })
    const used = new Set<number>()
    for (let e = 0; e < examples.lengths.length; e++) {
      used.add(owner[examples.firstStarts[e]])
      used.add(owner[examples.secondStarts[e]])
    }
    expect([...used].sort((a, b) => a - b)).toEqual([...evaluation])
  })
})

test('duplicates go through the corpus again, otherwise paired', () => {
  const store = numberedStore(randomDocuments(200, 20, 20))
  const one = planSentencePairs(store, options)
  const three = planSentencePairs(store, { ...options, duplicates: 3 })
  const count = one.lengths.length
  expect(three.firstStarts.slice(0, count)).toEqual(one.firstStarts)
  expect(Math.abs(three.lengths.length / count - 3)).toBeLessThan(0.1)
  expect(three.secondStarts.slice(count, 2 * count)).not.toEqual(one.secondStarts)
})

test('one example in ten aims at a random shorter length', () => {
  // One-token sentences and long documents: an example has its target length, ends of documents apart.
  const store = numberedStore(Array.from({ length: 20 }, () => Array(100_000).fill(1)))
  const { lengths } = planSentencePairs(store, { ...options, objective: 'sentence-order', maxLength: 128 })
  const short = lengths.filter((length) => length < 128)
  expect(lengths.length).toBeGreaterThan(15_000)
  // Targets are uniform from 2 to 125 tokens, 125 itself among them. Five standard deviations: 1.2 points and 6 tokens.
  expect(Math.abs(short.length / lengths.length - (0.1 * 123) / 124)).toBeLessThan(0.012)
  expect(Math.min(...short)).toBe(5)
  expect(Math.abs(short.reduce((sum, length) => sum + length, 0) / short.length - (3 + 63))).toBeLessThan(6)
  const none = planSentencePairs(store, { ...options, maxLength: 128, shortSequenceProbability: 0 })
  expect(none.lengths.filter((length) => length < 128).length / none.lengths.length).toBeLessThan(0.005)
})

test('sentence order: two neighbours, half of them swapped', () => {
  const store = numberedStore(randomDocuments(3000, 20, 20))
  const owner = documentOfToken(store)
  const examples = planSentencePairs(store, { ...options, objective: 'sentence-order' })
  const swapped = examples.pairLabels.reduce((sum, label) => sum + label, 0)
  expect(Math.abs(swapped / examples.lengths.length - 0.5)).toBeLessThan(0.005)
  let wrong = 0
  for (let e = 0; e < examples.lengths.length; e++) {
    const [a, b] = [examples.firstStarts[e], examples.secondStarts[e]]
    if (owner[a] !== owner[b] || b > a !== (examples.pairLabels[e] === 0)) wrong++
  }
  expect(wrong).toBe(0)
})

test('a document alone has sentence order, but no random next sentence', () => {
  const store = numberedStore([[5, 6, 7, 8]])
  expect(() => planSentencePairs(store, options)).toThrow(DataError)
  expect(() => planSentencePairs(store, options)).toThrow(/at least two documents, found 1.*blank line/)
  expect(planSentencePairs(store, { ...options, objective: 'sentence-order' }).lengths.length).toBeGreaterThan(0)
  expect(() => planSentencePairs(numberedStore([[1], [1]]), options)).toThrow(/none of the 2 documents has two tokens/)
})

test('truncation takes from the longer segment, at the front as often as at the back', () => {
  const random = randomStream(1)
  let atFront = 0
  for (let run = 0; run < 1000; run++) {
    const first = { start: 0, length: 100 }
    const second = { start: 500, length: 30 }
    truncatePair(first, second, 80, random)
    expect([first.length, second]).toEqual([50, { start: 500, length: 30 }])
    atFront += first.start
  }
  expect(Math.abs(atFront / 50_000 - 0.5)).toBeLessThan(0.0112) // five standard deviations
  const equal = [
    { start: 0, length: 40 },
    { start: 0, length: 90 },
  ]
  truncatePair(equal[0], equal[1], 61, random)
  expect(equal.map(({ length }) => length)).toEqual([30, 31])
})

test('refuses settings out of range', () => {
  const store = numberedStore([
    [2, 2],
    [2, 2],
  ])
  for (const wrong of [
    { maxLength: 4 },
    { maxLength: 70_000 },
    { duplicates: 0 },
    { shortSequenceProbability: 2 },
    { objective: 'nsp' as 'next-sentence' },
  ]) {
    expect(() => planSentencePairs(store, { ...options, ...wrong })).toThrow(ConfigError)
  }
  expect(() => planSentencePairs(store, { ...options, documents: [0, 2] })).toThrow(RangeError)
  expect(() => splitDocuments(store, { evaluationShare: 1, seed: 1 })).toThrow(ConfigError)
  expect(() => splitDocuments(numberedStore([[3]]), { evaluationShare: 0.1, seed: 1 })).toThrow(DataError)
})

test("long documents give as many and as long segments as BERT's own code makes of them", () => {
  const store = numberedStore(
    Array.from({ length: fixture.documents }, (_, d) =>
      Array.from({ length: fixture.sentences }, (_, s) => 1 + ((7 * s + 3 * d + s * s) % 30)),
    ),
  )
  const rounds = 5
  const examples = planSentencePairs(store, {
    ...options,
    maxLength: fixture.maxLength,
    shortSequenceProbability: 0,
    duplicates: rounds,
  })
  for (const [label, expected] of [fixture.follows, fixture.random].entries()) {
    const pairs = [...examples.pairLabels].flatMap((found, e) =>
      found === label ? [[examples.firstLengths[e], examples.secondLengths[e]]] : [],
    )
    const share = (holds: (pair: number[]) => boolean) => pairs.filter(holds).length / pairs.length
    const mean = (i: number) => pairs.reduce((sum, pair) => sum + pair[i], 0) / pairs.length
    // About 20,000 pairs a label: five standard deviations of a mean length are 1.1 tokens, of a share at most 1.8 points.
    // BERT's code pairs a last sentence alone at random only, hence the 3 % more or less.
    expect(Math.abs(pairs.length / (fixture.documents * rounds) / expected.examplesPerDocument - 1)).toBeLessThan(0.03)
    expect(Math.abs(mean(0) - expected.meanFirst)).toBeLessThan(1.2)
    expect(Math.abs(mean(1) - expected.meanSecond)).toBeLessThan(1.2)
    expect(Math.abs(share(([first]) => first < 20) - expected.firstBelow20)).toBeLessThan(0.018)
    expect(Math.abs(share(([first]) => first > 100) - expected.firstAbove100)).toBeLessThan(0.018)
    expect(Math.abs(share(([a, b]) => a + b + 3 === fixture.maxLength) - expected.full)).toBeLessThan(0.018)
  }
})
