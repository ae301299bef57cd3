import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import { type BatchOptions, planBatches } from './batches.ts'

const lengths = fc.array(fc.integer({ min: 1, max: 17 }), { maxLength: 70 })
const options: fc.Arbitrary<BatchOptions> = fc.record({
  batchSize: fc.integer({ min: 1, max: 7 }),
  tokenBudget: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
  shuffle: fc.boolean(),
  seed: fc.nat(),
  epoch: fc.nat({ max: 5 }),
  groupByLength: fc.boolean(),
})
const sum = (batch: number[], all: number[]) => batch.reduce((total, index) => total + all[index], 0)

describe('any plan', () => {
  test('holds each index once, keeps both limits, and is a function of its arguments', () => {
    fc.assert(
      fc.property(lengths, options, (all, plan) => {
        const batches = planBatches(all, plan)
        expect(batches.flat().sort((a, b) => a - b)).toEqual(all.map((_, i) => i))
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0)
          expect(batch.length).toBeLessThanOrEqual(plan.batchSize)
          if (batch.length > 1)
            expect(sum(batch, all)).toBeLessThanOrEqual(plan.tokenBudget ?? Number.POSITIVE_INFINITY)
        }
        expect(planBatches(all, plan)).toEqual(batches)
      }),
    )
  })

  test('with dropLast leaves out at most one batch, which had room', () => {
    fc.assert(
      fc.property(lengths, options, (all, plan) => {
        const whole = planBatches(all, plan)
        const kept = planBatches(all, { ...plan, dropLast: true })
        const dropped = whole.filter((batch) => !kept.some((other) => other[0] === batch[0]))
        expect(dropped.length).toBe(whole.length - kept.length)
        expect(dropped.length).toBeLessThanOrEqual(1)
        for (const batch of dropped) {
          expect(batch.length).toBeLessThan(plan.batchSize)
          expect(sum(batch, all)).toBeLessThan(plan.tokenBudget ?? Number.POSITIVE_INFINITY)
        }
        if (plan.tokenBudget === undefined) for (const batch of kept) expect(batch).toHaveLength(plan.batchSize)
      }),
    )
  })
})

test('without shuffling, source order filled greedily', () => {
  const plan = { batchSize: 3, shuffle: false, seed: 0, epoch: 0 }
  expect(planBatches([5, 5, 5, 5], plan)).toEqual([[0, 1, 2], [3]])
  expect(planBatches([5, 5, 1, 1, 1, 1, 30, 2], { ...plan, tokenBudget: 10 })).toEqual([
    [0, 1],
    [2, 3, 4],
    [5],
    [6],
    [7],
  ])
  expect(planBatches([5, 5, 5, 5], { ...plan, dropLast: true })).toEqual([[0, 1, 2]])
  expect(planBatches([2, 9, 4], { ...plan, groupByLength: true, batchSize: 2 })).toEqual([[1, 2], [0]])
  expect(planBatches([], plan)).toEqual([])
})

test('each epoch and seed has its own order', () => {
  const order = (seed: number, epoch: number) =>
    planBatches(new Array(50).fill(1), { batchSize: 4, shuffle: true, seed, epoch }).flat()
  const orders = [order(1, 0), order(1, 1), order(2, 0), order(2, 1)].map(String)
  expect(new Set(orders).size).toBe(4)
})

test('groupByLength: batches are runs of mega-batches sorted by length, in random order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 200 }), fc.nat(), (all, seed) => {
      const plan = { batchSize: 3, shuffle: true, seed, epoch: 2 }
      const order = planBatches(all, plan).flat()
      const mega = 3 * Math.max(1, Math.min(50, Math.floor(all.length / 12)))
      const expected: number[][] = []
      for (let start = 0; start < order.length; start += mega) {
        const sorted = order.slice(start, start + mega).map((index) => all[index])
        sorted.sort((a, b) => b - a)
        for (let i = 0; i < sorted.length; i += 3) expected.push(sorted.slice(i, i + 3))
      }
      const grouped = planBatches(all, { ...plan, groupByLength: true }).map((batch) =>
        batch.map((index) => all[index]),
      )
      const sortBatches = (batches: number[][]) => batches.map(String).sort()
      expect(sortBatches(grouped)).toEqual(sortBatches(expected))
    }),
  )
})

test('refuses sizes that are no positive integers', () => {
  const plan = { batchSize: 3, shuffle: false, seed: 0, epoch: 0 }
  for (const bad of [0, -1, 1.5, Number.NaN]) {
    expect(() => planBatches([1], { ...plan, batchSize: bad })).toThrow(ConfigError)
    expect(() => planBatches([1], { ...plan, tokenBudget: bad })).toThrow(/token budget/)
  }
})
