import { expect, test } from 'vitest'
import { bootstrapMetrics } from './bootstrap.ts'
import { exampleScorer } from './example-scorer.ts'
import { classificationScorer } from './metrics-registry.ts'
import { lengthBuckets, sliceMetrics } from './slices.ts'

const labels = Array.from({ length: 90 }, (_, i) => i % 2)
const predictions = labels.map((label, i) => (i % 7 === 0 ? 1 - label : label))
const names = ['accuracy', 'f1']
const scorer = exampleScorer([90], names, classificationScorer({ labels, predictions, numLabels: 2 }, names), {
  sums: predictions.map((label, i) => Number(label !== labels[i])),
})

test('a slice has the metrics of its examples alone, the largest first', () => {
  const values = labels.map((_, i) => (i < 60 ? 'long' : i < 80 ? 'short' : 'odd'))
  const slices = sliceMetrics(scorer, values, { seed: 4 })
  expect(slices.map(({ value, examples, tooFew }) => [value, examples, tooFew])).toEqual([
    ['long', 60, false],
    ['short', 20, true],
    ['odd', 10, true],
  ])
  const own = { labels: labels.slice(0, 60), predictions: predictions.slice(0, 60), numLabels: 2 }
  const { accuracy, f1 } = slices[0].metrics
  // One seed draws the same resamples, however they are counted.
  expect({ accuracy, f1 }).toEqual(bootstrapMetrics(own, names, { seed: 4 }))
})

test('many values: the rarest are put together', () => {
  const slices = sliceMetrics(
    scorer,
    labels.map((_, i) => `v${i < 40 ? i % 4 : i}`),
    { seed: 1, resamples: 2 },
  )
  expect(slices.length).toBe(20)
  expect(slices[19]).toMatchObject({ value: '(other values)', examples: 35 })
})

test('lengths keep their order, whatever the sizes; values without a place follow', () => {
  const { values, order } = lengthBuckets(labels.map((_, i) => (i < 10 ? 7 : i < 70 ? 120 : 31)))
  expect(order).toEqual(['7–31', '120'])
  const options = { seed: 1, resamples: 2 }
  expect(sliceMetrics(scorer, values, { ...options, order }).map(({ value }) => value)).toEqual(order)
  const slices = sliceMetrics(scorer, values, { ...options, order: ['7–31'] })
  expect(slices.map(({ value, examples }) => [value, examples])).toEqual([
    ['7–31', 30],
    ['120', 60],
  ])
  const many = labels.map((_, i) => String(i))
  expect(sliceMetrics(scorer, many, { ...options, order: many }).map(({ value }) => value)).toEqual(many)
})

test('lengths in buckets of about as many examples', () => {
  const { values, order } = lengthBuckets([5, 1, 2, 2, 9, 30, 3, 4])
  expect(order).toEqual(['1–2', '3', '4–5', '9–30'])
  expect(values).toEqual(['4–5', '1–2', '1–2', '1–2', '9–30', '9–30', '3', '4–5'])
  expect(lengthBuckets([7, 7, 7]).order).toEqual(['7'])
})
