import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type ClassificationResult, type ClassScores, classificationMetrics, confusionMatrix } from './metrics.ts'
import { classificationMetricTable, computeClassificationMetrics, findMetric } from './metrics-registry.ts'

interface Case extends Omit<ClassificationResult, 'positive'> {
  name: string
  positive: number | null
  confusion: number[][]
  metrics: Record<string, number>
  perClass: ClassScores[]
}

const fixture = JSON.parse(readFileSync(new URL('metrics.fixture.json', import.meta.url), 'utf8'))
const cases: Case[] = fixture.cases

/** Sums of at most 40 quotients in float64, added in another order than NumPy does. */
const tolerance = 1e-14

const resultOf = ({ predictions, labels, numLabels, positive }: Case): ClassificationResult => ({
  predictions,
  labels,
  numLabels,
  ...(positive === null ? {} : { positive }),
})

describe.each(cases)('as scikit-learn: $name', (item) => {
  const metrics = classificationMetrics(resultOf(item))

  test('confusion matrix, rows are true labels', () => {
    expect([...metrics.confusion.counts]).toEqual(item.confusion.flat())
  })

  test('per-class table', () => {
    expect(metrics.perClass.length).toBe(item.numLabels)
    for (const [label, row] of metrics.perClass.entries()) {
      for (const key of ['precision', 'recall', 'f1', 'support'] as const) {
        expect(Math.abs(row[key] - item.perClass[label][key])).toBeLessThan(tolerance)
      }
    }
  })

  test('every metric of the registry', () => {
    const names = classificationMetricTable.map((metric) => metric.name)
    expect([...names].sort()).toEqual(Object.keys(item.metrics).sort())
    const values = computeClassificationMetrics(resultOf(item), names)
    expect(Object.keys(values)).toEqual(names)
    for (const name of names) {
      expect(Math.abs(values[name] - item.metrics[name]), name).toBeLessThan(tolerance)
    }
  })

  test('averages', () => {
    expect(Math.abs(metrics.accuracy - item.metrics.accuracy)).toBeLessThan(tolerance)
    for (const average of ['macro', 'weighted', 'micro'] as const) {
      for (const score of ['precision', 'recall', 'f1'] as const) {
        const difference = Math.abs(metrics[average][score] - item.metrics[`${score}_${average}`])
        expect(difference, `${score}_${average}`).toBeLessThan(tolerance)
      }
    }
    const hasPositive = item.positive !== null || item.numLabels === 2
    expect(metrics.binary === undefined).toBe(!hasPositive)
    if (metrics.binary) expect(Math.abs(metrics.binary.f1 - item.metrics.f1)).toBeLessThan(tolerance)
  })
})

test('typed arrays and plain arrays give the same', () => {
  const labels = [0, 1, 2, 1]
  const predictions = [0, 2, 2, 1]
  expect(
    classificationMetrics({ labels: Int32Array.from(labels), predictions: Int32Array.from(predictions), numLabels: 3 }),
  ).toEqual(classificationMetrics({ labels, predictions, numLabels: 3 }))
})

test('the correlation of half a million examples keeps its digits', () => {
  const labels = new Int32Array(500_000).map((_, i) => i % 2)
  const values = computeClassificationMetrics({ labels, predictions: labels, numLabels: 2 }, ['matthews_correlation'])
  expect(values.matthews_correlation).toBe(1)
})

describe('bad input', () => {
  test('lengths that differ', () => {
    expect(() => confusionMatrix({ predictions: [0], labels: [0, 1], numLabels: 2 })).toThrow(
      expect.objectContaining({
        code: 'LENGTHS_DIFFER',
        message: expect.stringContaining('1 predictions for 2 labels'),
      }),
    )
  })

  test.each([-100, 2, 0.5, Number.NaN])('label %s', (label) => {
    expect(() => confusionMatrix({ predictions: [0, 0], labels: [1, label], numLabels: 2 })).toThrow(
      expect.objectContaining({ code: 'LABEL_RANGE', message: expect.stringContaining('label of example 1') }),
    )
    expect(() => confusionMatrix({ predictions: [0, label], labels: [1, 1], numLabels: 2 })).toThrow(
      expect.objectContaining({ code: 'LABEL_RANGE', message: expect.stringContaining('prediction of example 1') }),
    )
  })

  test('no examples', () => {
    const nothing = { predictions: [], labels: [], numLabels: 2 }
    expect(() => classificationMetrics(nothing)).toThrow(expect.objectContaining({ code: 'NO_EXAMPLES' }))
    expect(() => computeClassificationMetrics(nothing)).toThrow(expect.objectContaining({ code: 'NO_EXAMPLES' }))
  })

  test('an unknown metric names the nearest', () => {
    expect(() => findMetric('f1-macro')).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_METRIC',
        message: expect.stringMatching(/"f1-macro"; did you mean "f1_macro"\? Known metrics: accuracy, f1, /),
      }),
    )
    expect(() => findMetric('zzzzzzzzzz')).toThrow('unknown metric "zzzzzzzzzz". Known metrics')
  })
})
