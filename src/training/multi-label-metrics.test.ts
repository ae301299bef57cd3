import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ConfigError, DataError, ShapeError } from '../core/errors.ts'
import {
  bootstrapMultiLabel,
  findMultiLabelMetric,
  type MultiLabelResult,
  multiLabelMetrics,
  multiLabelScores,
} from './multi-label-metrics.ts'

interface Case extends MultiLabelResult {
  name: string
  metrics: Record<string, number>
  perLabel: Record<string, number>[]
}

const { cases }: { cases: Case[] } = JSON.parse(
  readFileSync(new URL('multi-label-metrics.fixture.json', import.meta.url), 'utf8'),
)

test.each(cases)('$name, as scikit-learn', ({ metrics, perLabel, ...result }) => {
  const ours = multiLabelMetrics(result)
  expect(Object.keys(ours).sort()).toEqual(Object.keys(metrics).sort())
  for (const [name, value] of Object.entries(metrics)) expect(ours[name], name).toBeCloseTo(value, 12)
  multiLabelScores(result).forEach((scores, label) => {
    for (const [name, value] of Object.entries(scores)) expect(value, name).toBeCloseTo(perLabel[label][name], 12)
  })
})

test('intervals hold the value', () => {
  const metrics = bootstrapMultiLabel(cases[0], ['f1_micro', 'accuracy'], { seed: 1, resamples: 300 })
  for (const { low, value, high } of Object.values(metrics)) {
    expect(low).toBeLessThan(value)
    expect(high).toBeGreaterThan(value)
  }
})

test('what cannot be measured is refused', () => {
  expect(() => findMultiLabelMetric('f1')).toThrow(/unknown metric "f1"/)
  expect(() => findMultiLabelMetric('f1')).toThrow(ConfigError)
  expect(() => multiLabelMetrics({ predictions: [], targets: [], numLabels: 2 })).toThrow(DataError)
  expect(() => multiLabelMetrics({ predictions: [1, 0], targets: [1, 0], numLabels: 3 })).toThrow(ShapeError)
})
