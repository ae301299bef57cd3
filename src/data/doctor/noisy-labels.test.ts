import { expect, test } from 'vitest'
import { randomStream } from '../../core/random.ts'
import { findLabelSuspects } from './noisy-labels.ts'
import { wordFeatures } from './word-features.ts'

const topics = ['goal match team coach league', 'bank shares profit market bond', 'virus cell doctor gene drug'].map(
  (words) => words.split(' '),
)

function data(size: number, flipped: readonly number[]) {
  const random = randomStream(5, 'topics')
  const labels = Int32Array.from({ length: size }, (_, i) => i % 3)
  const samples = Array.from(labels, (label) => ({
    texts: [
      Array.from(
        { length: 12 },
        () => topics[random.uniform() < 0.8 ? label : random.integer(3)][random.integer(5)],
      ).join(' '),
    ],
  }))
  for (const i of flipped) labels[i] = (labels[i] + 1) % 3
  return { sets: wordFeatures(samples), labels }
}

test('finds labels that were changed, the surest first, and the class that they had', () => {
  const flipped = [3, 50, 100, 151, 200, 250]
  const { sets, labels } = data(300, flipped)
  const { suspects, accuracy } = findLabelSuspects(sets, labels, 3, 42)
  expect(accuracy).toBeGreaterThan(0.9)
  const found = suspects.slice(0, flipped.length).map(({ index }) => index)
  expect(found.sort((a, b) => a - b)).toEqual(flipped)
  for (const { index, suggested, suggestedScore, givenScore } of suspects.slice(0, flipped.length)) {
    expect(suggested).toBe(index % 3)
    expect(suggestedScore).toBeGreaterThan(givenScore)
  }
})

test('clean labels are not suspected; the same seed gives the same answer', () => {
  const { sets, labels } = data(300, [])
  const report = findLabelSuspects(sets, labels, 3, 42)
  expect(report.suspects).toEqual([])
  expect(findLabelSuspects(sets, labels, 3, 42)).toEqual(report)
})
