import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ConfigError, DataError, ShapeError } from '../core/errors.ts'
import { bootstrapRegression, findRegressionMetric, regressionMetrics, regressionScorer } from './regression-metrics.ts'

interface Case {
  name: string
  predictions: number[]
  targets: number[]
  metrics: Record<string, number | null>
}

const { cases }: { cases: Case[] } = JSON.parse(
  readFileSync(new URL('regression-metrics.fixture.json', import.meta.url), 'utf8'),
)

test.each(cases)('$name, as scipy and scikit-learn', ({ predictions, targets, metrics }) => {
  const ours = regressionMetrics({ predictions, targets })
  expect(Object.keys(ours).sort()).toEqual(Object.keys(metrics).sort())
  for (const [name, value] of Object.entries(metrics)) {
    if (value === null) expect(ours[name], name).toBeNaN()
    else expect(Math.abs(ours[name] - value), name).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value)))
  }
})

test('of some examples among others, as scipy and scikit-learn of these alone', () => {
  const all = {
    predictions: cases.flatMap(({ predictions }) => predictions),
    targets: cases.flatMap(({ targets }) => targets),
  }
  let start = 0
  for (const { name, targets, metrics } of cases) {
    const names = Object.keys(metrics)
    const own = Int32Array.from(targets, (_, i) => start + i)
    const values = regressionScorer(all, names)(own)
    names.forEach((metric, m) => {
      const value = metrics[metric] ?? Number.NaN
      expect(values[m], `${metric}: ${name}`).toSatisfy((ours: number) =>
        Number.isNaN(value) ? Number.isNaN(ours) : Math.abs(ours - value) <= 1e-9 * Math.max(1, Math.abs(value)),
      )
    })
    start += targets.length
  }
})

test('a prediction that is no number has no rank', () => {
  const result = { predictions: [1, Number.NaN, 3, 2], targets: [1, 2, 3, 4] }
  const score = regressionScorer(result, ['spearman'])
  expect(score(Int32Array.of(0, 1, 2))[0]).toBeNaN()
  expect(score(Int32Array.of(0, 2, 3))[0]).toBeCloseTo(0.5, 12) // ranks 1, 3, 2 against 1, 2, 3
})

test('intervals hold the value, and are wider for fewer examples', () => {
  const { predictions, targets } = cases[0]
  const width = (count: number) => {
    const result = { predictions: predictions.slice(0, count), targets: targets.slice(0, count) }
    const { pearson } = bootstrapRegression(result, ['pearson'], { seed: 1, resamples: 300 })
    expect(pearson.low).toBeLessThanOrEqual(pearson.value)
    expect(pearson.high).toBeGreaterThanOrEqual(pearson.value)
    return pearson.high - pearson.low
  }
  expect(width(12)).toBeGreaterThan(width(37))
})

test('what cannot be measured is refused', () => {
  expect(() => findRegressionMetric('person')).toThrow(/"person"; did you mean "pearson"/)
  expect(() => findRegressionMetric('toString')).toThrow(ConfigError)
  expect(() => regressionMetrics({ predictions: [], targets: [] })).toThrow(DataError)
  expect(() => regressionMetrics({ predictions: [1], targets: [1, 2] })).toThrow(ShapeError)
})
