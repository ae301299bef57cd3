import { expect, test } from 'vitest'
import { ConfigError, ShapeError } from '../core/errors.ts'
import { randomStream } from '../core/random.ts'
import { maskTokens } from './masking.ts'

const maskId = 4
const vocabSize = 1000

test('15 % of ordinary tokens are chosen: 80 % become [MASK], 10 % random, 10 % stay', () => {
  const count = 200_000
  const ids = Int32Array.from({ length: count }, (_, t) => 5 + (t % 900))
  const specialTokensMask = ids.map((_, t) => (t % 10 === 0 ? 1 : 0))
  const original = ids.slice()
  const { ids: masked, labels } = maskTokens(
    { ids, specialTokensMask },
    { maskId, vocabSize, randomStream: randomStream(42, 'mask') },
  )
  expect(ids).toEqual(original)
  let [chosen, mask, same, random, beyond] = [0, 0, 0, 0, 0]
  for (let t = 0; t < count; t++) {
    if (labels[t] === -100) {
      if (masked[t] !== ids[t]) beyond++
      continue
    }
    if (labels[t] !== ids[t] || specialTokensMask[t] === 1) beyond++
    chosen++
    if (masked[t] === maskId) mask++
    else if (masked[t] === ids[t]) same++
    else {
      random++
      if (masked[t] < 0 || masked[t] >= vocabSize) beyond++
    }
  }
  expect(beyond).toBe(0)
  // Five standard deviations of binomial counts: 180,000 tokens at 0.15, then 27,000 at 0.8 and 0.1.
  expect(Math.abs(chosen - 27_000)).toBeLessThan(758)
  expect(Math.abs(mask / chosen - 0.8)).toBeLessThan(0.0125)
  expect(Math.abs(random / chosen - 0.1)).toBeLessThan(0.0095)
  expect(Math.abs(same / chosen - 0.1)).toBeLessThan(0.0095)
})

test('the same stream masks the same tokens; probabilities 0 and 1 are exact', () => {
  const text = { ids: Int32Array.of(2, 7, 8, 9, 3), specialTokensMask: [1, 0, 0, 0, 1] }
  const mask = (probability: number, seed: number) =>
    maskTokens(text, { probability, maskId, vocabSize, randomStream: randomStream(seed) })
  expect(mask(0.5, 3)).toEqual(mask(0.5, 3))
  expect([...mask(0, 1).labels]).toEqual([-100, -100, -100, -100, -100])
  expect([...mask(1, 1).labels]).toEqual([-100, 7, 8, 9, -100])
})

test('refuses a bad probability and a mask of another length', () => {
  const options = { maskId, vocabSize, randomStream: randomStream(1) }
  const text = { ids: Int32Array.of(1), specialTokensMask: [0] }
  for (const probability of [-0.1, 1.1, Number.NaN]) {
    expect(() => maskTokens(text, { ...options, probability })).toThrow(ConfigError)
  }
  expect(() => maskTokens({ ...text, specialTokensMask: [] }, options)).toThrow(ShapeError)
})
