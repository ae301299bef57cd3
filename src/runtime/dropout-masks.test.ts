import { describe, expect, test } from 'vitest'
import { fillDropoutMask } from './dropout-masks.ts'

/** Masks are made of blocks of so many elements. */
const block = 1 << 14

function maskOf(length: number, probability: number, ...path: (string | number)[]): Uint8Array {
  const mask = new Uint8Array(length).fill(9) // what was there before must not show
  fillDropoutMask(mask, probability, ...path)
  return mask
}

const dropped = (mask: Uint8Array) => mask.reduce((count, kept) => count + 1 - kept, 0)

/** Standard deviations between a count and its expectation, if each of `trials` happens with `probability`. */
const deviation = (count: number, trials: number, probability: number) =>
  Math.abs(count - trials * probability) / Math.sqrt(trials * probability * (1 - probability))

test('are decided by the path alone', () => {
  const first = maskOf(1001, 0.3, 42, 'dropout', 7, 0, 'site')
  expect(maskOf(1001, 0.3, 42, 'dropout', 7, 0, 'site')).toEqual(first)
  for (const path of [
    [43, 'dropout', 7, 0, 'site'],
    [42, 'dropout', 8, 0, 'site'],
    [42, 'dropout', 7, 1, 'site'],
    [42, 'dropout', 7, 0, 'other'],
  ])
    expect(maskOf(1001, 0.3, ...path), path.join()).not.toEqual(first)
})

test.each([0, 1, 2, 3, 17, block - 1, block, block + 1, 2 * block + 5])('%i elements are 0 or 1, whole', (length) => {
  for (const probability of [0.001, 0.1, 0.5, 0.9])
    expect(maskOf(length, probability, 'lengths').every((value) => value <= 1)).toBe(true)
})

test('a mask begins as a longer one of the same path: no element depends on the length', () => {
  for (const probability of [0.001, 0.1, 0.5, 0.9]) {
    const whole = maskOf(3 * block + 11, probability, 'prefix')
    for (const length of [0, 1, 3, 1000, block - 1, block, block + 1, 2 * block + 7])
      expect(Buffer.compare(maskOf(length, probability, 'prefix'), whole.subarray(0, length)), `${length}`).toBe(0)
  }
})

test('an array that is cut from a larger one is filled up to its ends', () => {
  const buffer = new Uint8Array(120).fill(9)
  fillDropoutMask(buffer.subarray(10, 110), 0.9, 'view')
  expect(buffer.subarray(10, 110)).toEqual(maskOf(100, 0.9, 'view'))
  expect([...buffer.subarray(0, 10), ...buffer.subarray(110)]).toEqual(Array(20).fill(9))
})

describe.each([0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9])('probability %f', (probability) => {
  // Five standard deviations are exceeded once in two million times; the generator is seeded, so a pass stays a pass.
  const limit = 5
  const length = 128 * block
  const mask = maskOf(length, probability, 'statistics', 1)

  test('is the share of dropped elements', () => {
    expect(deviation(dropped(mask), length, probability)).toBeLessThan(limit)
  })

  test('holds at the first and the last elements of blocks too', () => {
    const many = 512
    const edges = maskOf(many * block, probability, 'edges')
    for (const offset of [0, 1, 2, block - 2, block - 1]) {
      let count = 0
      for (let i = offset; i < edges.length; i += block) count += 1 - edges[i]
      // A small count is not normally distributed: 3 more or less than expected are allowed.
      const slack = 3 / Math.sqrt(many * probability * (1 - probability))
      expect(deviation(count, many, probability), `offset ${offset}`).toBeLessThan(limit + slack)
    }
  })

  test.each([1, 2, 3, 64, block])('elements %i apart are independent', (distance) => {
    let both = 0
    for (let i = distance; i < length; i++) both += (1 - mask[i]) & (1 - mask[i - distance])
    // Neighbouring pairs share elements: the count of pairs varies more than one of as many separate trials.
    const pairs = length - distance
    const [p, q] = [probability, 1 - probability]
    const variance = pairs * (p * p * (1 - p * p) + 2 * p * p * p * q)
    expect(Math.abs(both - pairs * p * p) / Math.sqrt(variance)).toBeLessThan(limit)
  })

  test('masks of neighbouring steps are independent', () => {
    const next = maskOf(length, probability, 'statistics', 2)
    let both = 0
    for (let i = 0; i < length; i++) both += (1 - mask[i]) & (1 - next[i])
    expect(deviation(both, length, probability * probability)).toBeLessThan(limit)
  })
})
