import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { randomStream } from '../core/random.ts'
import { bootstrapInterval, bootstrapMetrics, quantile } from './bootstrap.ts'
import type { ClassificationResult } from './metrics.ts'
import { computeClassificationMetrics } from './metrics-registry.ts'

const fixture = JSON.parse(readFileSync(new URL('metrics.fixture.json', import.meta.url), 'utf8'))
const caseOf = (name: string): ClassificationResult => {
  const { labels, predictions, numLabels } = fixture.cases.find((item: { name: string }) => item.name === name)
  return { labels, predictions, numLabels }
}
const threeLabels = caseOf('three labels')

describe('intervals of scipy.stats.bootstrap, 20,000 resamples', () => {
  for (const { case: name, metric, low, high } of fixture.intervals) {
    test(`${metric}, ${name}`, () => {
      const options = { seed: 5, resamples: 20_000 }
      const mine = bootstrapMetrics(caseOf(name), [metric], options)[metric]
      // A 2.5 % quantile of 20,000 draws has a standard error of 0.0011 / density, and both sides are drawn: the
      // statistic's standard deviation is at most 0.05, its density there 0.058 / 0.05, so 4 errors of the difference
      // are 0.0055. Accuracy itself moves in steps of 1 / examples, at most 0.0104: one step is allowed.
      expect(Math.abs(mine.low - low)).toBeLessThan(0.0104)
      expect(Math.abs(mine.high - high)).toBeLessThan(0.0104)
    })
  }
})

test('quantiles are those of NumPy', () => {
  const { values, shares, answers } = fixture.quantiles
  const sorted = Float64Array.from(values as number[]).sort()
  shares.forEach((share: number, i: number) => {
    expect(Math.abs(quantile(sorted, share) - answers[i])).toBeLessThan(1e-14)
  })
})

test('counting cells equals recomputing the metric on the drawn examples', () => {
  const names = ['accuracy', 'f1_macro', 'recall_weighted', 'matthews_correlation']
  const { labels, predictions, numLabels } = threeLabels
  const intervals = bootstrapMetrics(threeLabels, names, { seed: 3, resamples: 200 })
  for (const name of names) {
    const plain = bootstrapInterval(
      labels.length,
      (indices) => {
        const drawn = {
          labels: indices.map((i) => labels[i]),
          predictions: indices.map((i) => predictions[i]),
          numLabels,
        }
        return computeClassificationMetrics(drawn, [name])[name]
      },
      { seed: 3, resamples: 200 },
    )
    const { value, ...interval } = intervals[name]
    expect(interval).toEqual(plain)
    expect(value).toBe(computeClassificationMetrics(threeLabels, [name])[name])
    expect(interval.low).toBeLessThan(value)
    expect(interval.high).toBeGreaterThan(value)
  }
})

test('one seed, one interval; another seed, another', () => {
  const draw = (seed: number) => bootstrapMetrics(threeLabels, ['f1_macro'], { seed, resamples: 100 }).f1_macro
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
})

test('19 of 20 intervals hold the true accuracy', () => {
  const random = randomStream(11, 'coverage')
  const trials = 400
  let held = 0
  for (let trial = 0; trial < trials; trial++) {
    const labels = new Int32Array(150)
    const predictions = labels.map(() => (random.uniform() < 0.8 ? 0 : 1))
    const { low, high } = bootstrapMetrics({ labels, predictions, numLabels: 2 }, ['accuracy'], {
      seed: trial,
      resamples: 300,
    }).accuracy
    if (low <= 0.8 && 0.8 <= high) held++
  }
  // Four standard errors of a share of 0.95 over 400 trials are 0.044.
  expect(held / trials).toBeGreaterThan(0.95 - 0.044)
  expect(held / trials).toBeLessThan(0.95 + 0.044)
})

test('a wider level gives a wider interval; no errors give none', () => {
  const at = (level: number) => bootstrapMetrics(threeLabels, ['accuracy'], { seed: 1, level }).accuracy
  expect(at(0.99).high - at(0.99).low).toBeGreaterThan(at(0.5).high - at(0.5).low)
  const perfect = { labels: [0, 1, 2], predictions: [0, 1, 2], numLabels: 3 }
  expect(bootstrapMetrics(perfect, ['accuracy'], { seed: 1 }).accuracy).toEqual({ value: 1, low: 1, high: 1 })
})

test('a statistic that is NaN on some resamples', () => {
  const alternating = () => {
    let call = 0
    return () => (call++ % 2 === 0 ? Number.NaN : 4)
  }
  expect(bootstrapInterval(3, alternating(), { seed: 1, resamples: 10 })).toEqual({ low: 4, high: 4 })
  expect(bootstrapInterval(3, () => Number.NaN, { seed: 1, resamples: 10 })).toEqual({
    low: Number.NaN,
    high: Number.NaN,
  })
})

test('settings out of range', () => {
  const run = (options: object, examples = 3) => bootstrapInterval(examples, () => 1, { seed: 1, ...options })
  expect(() => run({ resamples: 0 })).toThrow(expect.objectContaining({ code: 'BOOTSTRAP' }))
  expect(() => run({ level: 1 })).toThrow(expect.objectContaining({ code: 'BOOTSTRAP' }))
  expect(() => run({}, 0)).toThrow(expect.objectContaining({ code: 'NO_EXAMPLES' }))
})
