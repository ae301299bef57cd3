import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ShapeError } from '../core/errors.ts'
import { type ExampleScorer, exampleScorer } from './example-scorer.ts'
import { classificationScorer } from './metrics-registry.ts'
import { mcnemarTest, pairedTests } from './paired-tests.ts'

interface Case {
  labels: number[]
  first: number[]
  second: number[]
  difference: number
  p: number
}

const fixture: {
  mcnemar: [number, number, number][]
  exact: Case[]
  sampled: Case[]
  interval: { first: number[]; second: number[]; low: number; high: number }
} = JSON.parse(readFileSync(new URL('paired-tests.fixture.json', import.meta.url), 'utf8'))

function scorerOf({ labels, first, second }: Pick<Case, 'labels' | 'first' | 'second'>): ExampleScorer {
  const result = { labels: [...labels, ...labels], predictions: [...first, ...second], numLabels: 2 }
  const losses = result.predictions.map((label, i) => Number(label !== result.labels[i]))
  const names = ['accuracy', 'f1']
  return exampleScorer([first.length, second.length], names, classificationScorer(result, names), { sums: losses })
}

test.each(fixture.mcnemar)("McNemar's exact test of %i and %i is scipy's binomtest", (b, c, p) => {
  expect(mcnemarTest(b, c) / p).toBeCloseTo(1, 9)
})

describe('approximate randomization', () => {
  test.each(fixture.exact)("of few examples is exact, as scipy's permutation_test", (item) => {
    const { f1 } = pairedTests(scorerOf(item), { seed: 1, exchanges: 5000 })
    expect(f1.difference).toBeCloseTo(item.difference, 12)
    expect(f1.p).toBeCloseTo(item.p, 12)
    expect(f1.test).toBe('randomization')
  })

  test.each(fixture.sampled)('of many is as often as large, within four standard errors of both', (item) => {
    const { f1 } = pairedTests(scorerOf(item), { seed: 1, exchanges: 4000 })
    expect(f1.difference).toBeCloseTo(item.difference, 12)
    expect(item.p).toBeGreaterThan(0.001)
    expect(Math.abs(f1.p - item.p)).toBeLessThan(4 * Math.sqrt((2 * item.p * (1 - item.p)) / 4000))
  })
})

test("intervals of differences are scipy's paired percentile bootstrap", () => {
  const { first, second, low, high } = fixture.interval
  const item = { labels: first.map(() => 1), first, second }
  const { accuracy } = pairedTests(scorerOf(item), { seed: 3, resamples: 20_000, exchanges: 1 })
  // Steps of 1 / 400, and a quantile's standard error of some 0.0005.
  expect(Math.abs(accuracy.low - low)).toBeLessThan(0.003)
  expect(Math.abs(accuracy.high - high)).toBeLessThan(0.003)
})

test('accuracy is tested by counts of right answers; the same seed gives the same', () => {
  const [item] = fixture.sampled
  const only = (own: number[], other: number[]) =>
    item.labels.filter((label, i) => own[i] === label && other[i] !== label).length
  const tests = pairedTests(scorerOf(item), { seed: 1 })
  expect(tests.accuracy.test).toBe('mcnemar')
  expect(tests.accuracy.p).toBe(mcnemarTest(only(item.first, item.second), only(item.second, item.first)))
  expect(pairedTests(scorerOf(item), { seed: 1 })).toEqual(tests)
  expect(tests.loss.difference).toBeCloseTo(-tests.accuracy.difference, 12)
})

test('a system against itself: no difference, p is 1', () => {
  const { labels, first } = fixture.sampled[0]
  for (const row of Object.values(
    pairedTests(scorerOf({ labels, first, second: first }), { seed: 1, exchanges: 50 }),
  )) {
    expect(row).toMatchObject({ difference: 0, low: 0, high: 0, p: 1 })
  }
})

test('a share that is no mean over examples is not tested as one', () => {
  // Two sentences of one and three words: right or wrong as wholes, but the accuracy is of words.
  const [right, words] = [
    [1, 0, 0, 3],
    [1, 3, 1, 3],
  ]
  const score = (answers: Int32Array) => {
    const sum = (values: number[]) => answers.reduce((total, i) => total + values[i], 0)
    return Float64Array.of(sum(right) / sum(words))
  }
  const { accuracy } = pairedTests(exampleScorer([2, 2], ['accuracy'], score, { sums: [0, 0, 0, 0] }), { seed: 1 })
  expect(accuracy.test).toBe('randomization')
})

test('systems that answered other numbers of examples are refused', () => {
  expect(() => exampleScorer([2, 3], [], () => new Float64Array(), { sums: [] })).toThrow(ShapeError)
})
