import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DataError, ShapeError } from '../core/errors.ts'
import { multiLabelMetrics, multiLabelScores } from './multi-label-metrics.ts'
import { bestThresholds, type ScoredLabels } from './multi-label-thresholds.ts'

interface Case extends ScoredLabels {
  name: string
  micro: number
  macro: number
  perLabel: number[]
}

const { cases }: { cases: Case[] } = JSON.parse(
  readFileSync(new URL('multi-label-thresholds.fixture.json', import.meta.url), 'utf8'),
)

test.each(cases)('$name: the best F1 that scikit-learn finds', ({ micro, macro, perLabel, ...scored }) => {
  const found = bestThresholds(scored)
  expect(found.micro.f1).toBeCloseTo(micro, 12)
  expect(found.macro.f1).toBeCloseTo(macro, 12)
  expect(found.perLabel).toHaveLength(perLabel.length)
  found.perLabel.forEach(({ f1 }, label) => {
    expect(f1).toBeCloseTo(perLabel[label], 12)
  })

  // The thresholds have the F1 that they are said to have.
  const { probabilities, targets, numLabels } = scored
  const given = (threshold: (label: number) => number) => ({
    predictions: Array.from(probabilities, (p, cell) => Number(p >= threshold(cell % numLabels))),
    targets,
    numLabels,
  })
  const metric = (name: string, threshold: number) =>
    multiLabelMetrics(
      given(() => threshold),
      [name],
    )[name]
  expect(metric('f1_micro', found.micro.threshold)).toBeCloseTo(micro, 12)
  expect(metric('f1_macro', found.macro.threshold)).toBeCloseTo(macro, 12)
  const byLabel = multiLabelScores(given((label) => found.perLabel[label].threshold))
  byLabel.forEach(({ f1 }, label) => {
    expect(f1).toBeCloseTo(perLabel[label], 12)
  })
  for (const { threshold } of [found.micro, found.macro, ...found.perLabel]) {
    expect(threshold).toBeGreaterThanOrEqual(0)
    expect(threshold).toBeLessThanOrEqual(1)
  }
})

test('0.5 stays where nothing is better, as for a label that never holds', () => {
  const [right] = bestThresholds({ probabilities: [0.9, 0.1, 0.7], targets: [1, 0, 1], numLabels: 1 }).perLabel
  expect(right).toEqual({ threshold: 0.5, f1: 1 })
  const [never] = bestThresholds({ probabilities: [0.9, 0.1], targets: [0, 0], numLabels: 1 }).perLabel
  expect(never).toEqual({ threshold: 0.5, f1: 0 })
})

test('what cannot be measured is refused', () => {
  expect(() => bestThresholds({ probabilities: [], targets: [], numLabels: 2 })).toThrow(DataError)
  expect(() => bestThresholds({ probabilities: [0.5], targets: [1, 0], numLabels: 2 })).toThrow(ShapeError)
})
