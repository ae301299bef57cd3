import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ConfigError, DataError, ShapeError } from '../core/errors.ts'
import { calibration, fitTemperature, isBoundTemperature } from './calibration.ts'

interface Case {
  name: string
  numLabels: number
  logits: number[]
  probabilities: number[]
  labels: number[]
  bins: number
  rows: [examples: number, confidence: number | null, accuracy: number | null][]
  expectedError: number
  maximumError: number
  temperature: number
}

const { cases }: { cases: Case[] } = JSON.parse(
  readFileSync(new URL('calibration.fixture.json', import.meta.url), 'utf8'),
)

test.each(cases)('$name: bins and errors', ({ probabilities, labels, numLabels, ...expected }) => {
  const found = calibration({ scores: probabilities, labels, numLabels }, { bins: expected.bins })
  expect(found.expectedError).toBeCloseTo(expected.expectedError, 12)
  expect(found.maximumError).toBeCloseTo(expected.maximumError, 12)
  found.bins.forEach(({ examples, confidence, accuracy }, i) => {
    const [count, mean, right] = expected.rows[i]
    expect(examples).toBe(count)
    if (count === 0) expect([confidence, accuracy]).toEqual([Number.NaN, Number.NaN])
    else
      for (const [ours, theirs] of [
        [confidence, mean],
        [accuracy, right],
      ])
        expect(ours).toBeCloseTo(theirs!, 12)
  })
})

test.each(cases)('$name: temperature as scipy finds it', ({ logits, labels, numLabels, temperature }) => {
  expect(fitTemperature({ scores: logits, labels, numLabels }) / temperature).toBeCloseTo(1, 6)
})

test('a temperature without an end stays within bounds', () => {
  const right = { scores: [2, 0, 0, 1], labels: [0, 1], numLabels: 2 }
  expect(fitTemperature(right)).toBe(0.01)
  expect(fitTemperature({ ...right, scores: [20, 0, 0, 10] })).toBe(0.01) // where the slope is lost to rounding
  expect(fitTemperature({ ...right, labels: [1, 0] })).toBe(100)
  expect([0.01, 100, 1].map(isBoundTemperature)).toEqual([true, true, false])
  expect(fitTemperature({ scores: [1, 1], labels: [0], numLabels: 2 })).toBe(1) // nothing to choose by
})

test('what cannot be measured is refused', () => {
  expect(() => calibration({ scores: [], labels: [], numLabels: 2 })).toThrow(DataError)
  expect(() => calibration({ scores: [1], labels: [0], numLabels: 2 })).toThrow(ShapeError)
  expect(() => calibration({ scores: [1, 0], labels: [0], numLabels: 2 }, { bins: 0 })).toThrow(ConfigError)
})
