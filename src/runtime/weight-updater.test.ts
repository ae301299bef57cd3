import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formulaWeights } from '../../test/formula.ts'
import type { Value } from '../graph/graph.ts'
import { add, mul, sub } from '../graph/ops/elementwise.ts'
import { onnxRuntimeBackend } from './node/onnxruntime.ts'
import { type Optimizer, updateProgram } from './optimizer.ts'
import { WeightUpdater } from './weight-updater.ts'

/** Gradient descent with a sum of gradients as its state: exact in float32 for small whole numbers. */
const counting: Optimizer = {
  name: 'counting',
  learningRate: 1,
  weightDecay: 0,
  slots: ['sum'],
  scalars: () => ({}),
  update: ({ weights, gradients, sum, learningRate, weightDecay }: Record<string, Value>) => ({
    weights: sub(weights, mul(learningRate, add(gradients, mul(weights, weightDecay)))),
    sum: add(sum, gradients),
  }),
}

let updater: WeightUpdater
beforeAll(async () => {
  updater = await WeightUpdater.create(onnxRuntimeBackend({ threads: 1 }), updateProgram(counting))
})
afterAll(() => updater?.release())

const scalars = { gradientScale: 1, learningRate: 2 }
/** Small whole numbers that differ from element to element. */
const numbers = (count: number, factor: number) =>
  Float32Array.from({ length: count }, (_, i) => ((i * factor) % 97) - 48)

describe('groups', () => {
  // Around whole vectors of 4, a stretch of 8192 and two of them.
  test.each([1, 2, 3, 4, 5, 8191, 8192, 8193, 8195, 16384, 16385])(
    'of %i elements are updated whole, and nothing beside them',
    (length) => {
      const start = 5
      const total = start + length + 6
      const weights = numbers(total, 31)
      const gradients = numbers(total, 17)
      const sum = numbers(total, 7)
      const arrays = new Map(Object.entries({ weights, gradients, sum }).map(([name, a]) => [name, a.slice()]))
      updater.update(arrays, [{ start, end: start + length, weightDecay: 3, learningRateFactor: 4 }], scalars)
      const inside = (i: number) => i >= start && i < start + length
      const wrong = (name: string, expected: (i: number) => number) =>
        arrays.get(name)!.findIndex((value, i) => value !== expected(i))
      expect(wrong('gradients', (i) => gradients[i])).toBe(-1)
      expect(wrong('weights', (i) => weights[i] - (inside(i) ? 8 * (gradients[i] + 3 * weights[i]) : 0))).toBe(-1)
      expect(wrong('sum', (i) => sum[i] + (inside(i) ? gradients[i] : 0))).toBe(-1)
    },
  )

  test('have settings of their own; an empty one and none change nothing', () => {
    const arrays = new Map(['weights', 'gradients', 'sum'].map((name) => [name, new Float32Array(12).fill(1)]))
    updater.update(arrays, [], scalars)
    updater.update(arrays, [{ start: 4, end: 4, weightDecay: 1, learningRateFactor: 1 }], scalars)
    expect(arrays.get('weights')).toEqual(new Float32Array(12).fill(1))
    const groups = [
      { start: 0, end: 3, weightDecay: 0, learningRateFactor: 1 },
      { start: 7, end: 10, weightDecay: 5, learningRateFactor: 0.5 },
    ]
    updater.update(arrays, groups, scalars)
    expect([...arrays.get('weights')!]).toEqual([-1, -1, -1, 1, 1, 1, 1, -5, -5, -5, 1, 1])
  })

  test('do not see what an earlier, longer one left in the kernel', () => {
    const make = (length: number) =>
      new Map(['weights', 'gradients', 'sum'].map((name) => [name, numbers(length, name.length)]))
    const group = (end: number) => [{ start: 0, end, weightDecay: 1, learningRateFactor: 1 }]
    const [fresh, later] = [make(3), make(3)]
    updater.update(fresh, group(3), scalars)
    updater.update(make(500), group(500), scalars)
    updater.update(later, group(3), scalars)
    expect(later).toEqual(fresh)
  })
})

describe('an update in two passes', () => {
  /** w = w - lr ratio sum, where sum is the new one and ratio = |w| / |sum| over the group. */
  const normed: Optimizer = {
    ...counting,
    name: 'normed',
    update: ({ gradients, sum }: Record<string, Value>) => ({ sum: add(sum, gradients) }),
    layerwise: {
      trustRatio: ({ weights, sum }) => ({ numerator: weights, denominator: sum }),
      weights: ({ weights, sum, learningRate, trustRatio }) => sub(weights, mul(mul(learningRate, trustRatio), sum)),
    },
  }
  const run = async (weights: number[], gradients: number[], layerwise: boolean, before = 0) => {
    const twoPasses = await WeightUpdater.create(onnxRuntimeBackend({ threads: 1 }), updateProgram(normed))
    const once = (count: number, w: Float32Array, g: Float32Array) => {
      const arrays = new Map([
        ['weights', w.slice()],
        ['gradients', g.slice()],
        ['sum', new Float32Array(count)],
      ])
      const group = { start: 0, end: count, weightDecay: 0, learningRateFactor: 1, layerwise }
      twoPasses.update(arrays, [group], { ...scalars, learningRate: 1 })
      return arrays
    }
    if (before > 0) once(before, numbers(before, 31), numbers(before, 17))
    const found = once(weights.length, Float32Array.from(weights), Float32Array.from(gradients))
    await twoPasses.release()
    return { weights: [...found.get('weights')!], sum: [...found.get('sum')!], gradients: [...found.get('gradients')!] }
  }

  test('scales by the norms of the whole group, with the new state', async () => {
    // |(6, 8)| / |(3, 4)| = 2; the gradients stay.
    expect(await run([6, 8], [3, 4], true)).toEqual({ weights: [0, 0], sum: [3, 4], gradients: [3, 4] })
    expect((await run([6, 8], [3, 4], false)).weights).toEqual([3, 4])
  })

  test('does not see what an earlier group left in the kernel', async () => {
    expect((await run([6, 8, 0, 0, 0], [3, 4, 0, 0, 0], true, 20_000)).weights).toEqual([0, 0, 0, 0, 0])
  })

  test.each([
    ['weights', [0, 0], [3, 4], [-3, -4]],
    ['denominator', [6, 8], [0, 0], [6, 8]],
  ])('has a ratio of 1 where the norm of the %s is 0', async (_name, weights, gradients, expected) => {
    expect((await run(weights, gradients, true)).weights).toEqual(expected)
  })

  test('sums over several stretches', async () => {
    const count = 3 * 8192 + 5
    const { weights } = await run(Array(count).fill(6), Array(count).fill(3), true)
    expect(weights.findIndex((value) => value !== 0)).toBe(-1)
  })
})

describe('the norm', () => {
  test.each([0, 1, 3, 1000, (1 << 17) - 1, 1 << 17, (1 << 17) + 1, 1 << 20])('of %i elements', async (length) => {
    const values = formulaWeights('norm', length)
    let squares = 0
    for (const value of values) squares += value * value
    expect(Math.abs((await updater.norm(values)) - Math.sqrt(squares))).toBeLessThan(1e-6 * Math.sqrt(squares) + 1e-30)
  })

  test('is not finite if an element is not', async () => {
    const values = formulaWeights('norm', 100)
    values[57] = Number.NaN
    expect(await updater.norm(values)).toBeNaN()
    values[57] = Number.POSITIVE_INFINITY
    expect(await updater.norm(values)).toBe(Number.POSITIVE_INFINITY)
  })
})
