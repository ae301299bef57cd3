import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ConfigError, DataError } from '../core/errors.ts'
import { bootstrapChoices, choiceMetrics, findChoiceMetric, likeliest } from './choice-metrics.ts'

const fixture = JSON.parse(readFileSync(new URL('choice-metrics.fixture.json', import.meta.url), 'utf8'))

test('metrics are those of scikit-learn', () => {
  const ours = choiceMetrics(fixture)
  expect(Object.keys(ours)).toEqual(Object.keys(fixture.metrics))
  for (const [name, value] of Object.entries(fixture.metrics)) expect(ours[name], name).toBeCloseTo(value as number, 12)
})

test('examples may have different numbers of choices; the first of equals is the likeliest', () => {
  const probabilities = [
    [0.2, 0.8],
    [0.25, 0.25, 0.25, 0.25],
    [0.1, 0.5, 0.4],
  ]
  expect(probabilities.map(likeliest)).toEqual([1, 0, 1])
  expect(choiceMetrics({ probabilities, labels: [1, 3, 2] })).toEqual({
    accuracy: 1 / 3,
    mean_reciprocal_rank: (1 + 1 / 4 + 1 / 2) / 3,
  })
})

test('intervals hold the value', () => {
  for (const { low, value, high } of Object.values(
    bootstrapChoices(fixture, ['accuracy', 'mean_reciprocal_rank'], { seed: 1, resamples: 300 }),
  )) {
    expect(low).toBeLessThan(value)
    expect(high).toBeGreaterThan(value)
  }
})

test('what cannot be measured is refused', () => {
  expect(() => findChoiceMetric('acuracy')).toThrow(/did you mean "accuracy"/)
  expect(() => findChoiceMetric('toString')).toThrow(ConfigError)
  expect(() => choiceMetrics({ probabilities: [], labels: [] })).toThrow(DataError)
})
