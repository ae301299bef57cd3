import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ConfigError, DataError } from '../core/errors.ts'
import { findBinaryThreshold, type ThresholdGoal } from './binary-threshold.ts'

const { cases }: { cases: { scores: number[]; positive: number[]; goals: Record<string, number | null> }[] } =
  JSON.parse(readFileSync(new URL('binary-threshold.fixture.json', import.meta.url), 'utf8'))

function goalOf(name: string): ThresholdGoal {
  const [metric, least] = name.split('=')
  return metric === 'f1' ? { metric } : { metric: metric as 'precision', least: Number(least) }
}

test.each(
  cases.flatMap(({ goals, ...item }) => Object.entries(goals).map(([name, value]) => ({ name, value, ...item }))),
)("the best for $name is that of scikit-learn's precision_recall_curve", ({ name, value, scores, positive }) => {
  const found = findBinaryThreshold(scores, positive, goalOf(name))
  if (value === null) return expect(found).toBeUndefined()
  const reached = { f1: found!.f1, precision: found!.recall, recall: found!.precision }[goalOf(name).metric]
  expect(reached).toBeCloseTo(value, 12)
  // The scores hold with the threshold, not only at the place where it was found.
  const taken = scores.flatMap((score, i) => (score >= found!.threshold ? [positive[i]] : []))
  expect(taken.length).toBe(found!.predicted)
  expect(taken.reduce((sum, one) => sum + one, 0) / taken.length).toBeCloseTo(found!.precision, 12)
})

test('what cannot be is refused or not found', () => {
  expect(findBinaryThreshold([0.9, 0.2], [0, 0], { metric: 'precision', least: 0.5 })).toBeUndefined()
  expect(() => findBinaryThreshold([0.9], [1], { metric: 'recall', least: 0 })).toThrow(ConfigError)
  expect(() => findBinaryThreshold([], [], { metric: 'f1' })).toThrow(DataError)
})
