import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError, DataError } from '../core/errors.ts'
import { stratifiedSplit } from './split.ts'

const items = fc
  .array(fc.nat({ max: 4 }), { minLength: 2, maxLength: 60 })
  .map((labels) => labels.map((label, index) => ({ label, index })))
  .filter((all) => new Set(all.map(({ label }) => label)).size < all.length) // some class has two items
const fraction = fc.double({ min: 0.01, max: 0.99, noNaN: true })
const labelOf = ({ label }: { label: number }) => label

test('parts the items, in source order, each class within one item of its share and on both sides', () => {
  fc.assert(
    fc.property(items, fraction, fc.nat(), (all, share, seed) => {
      const split = stratifiedSplit(all, { fraction: share, seed, labelOf })
      for (const side of [split.train, split.eval]) {
        expect(side).toEqual([...side].sort((a, b) => a.index - b.index))
      }
      expect([...split.train, ...split.eval].sort((a, b) => a.index - b.index)).toEqual(all)
      for (const label of new Set(all.map(labelOf))) {
        const count = (side: typeof all) => side.filter((item) => item.label === label).length
        const total = count(all)
        expect(Math.abs(count(split.eval) - total * share)).toBeLessThan(1)
        expect(count(split.train)).toBeGreaterThanOrEqual(1)
        if (total >= 2) expect(count(split.eval)).toBeGreaterThanOrEqual(1)
        else expect(count(split.eval)).toBe(0)
      }
      expect(stratifiedSplit(all, { fraction: share, seed, labelOf })).toEqual(split)
    }),
  )
})

test('exact shares where they are whole, and the rounded total where they are not', () => {
  const labels = ['a', 'b', 'c'].flatMap((label, i) => Array.from({ length: [50, 30, 20][i] }, () => label))
  const split = stratifiedSplit(labels, { fraction: 0.1, seed: 1, labelOf: (label) => label })
  expect(split.eval).toEqual([...Array(5).fill('a'), ...Array(3).fill('b'), ...Array(2).fill('c')])
  const odd = Array.from({ length: 33 }, (_, i) => i % 3)
  // 11 items a class: 2.75 each, 8.25 in all.
  expect(stratifiedSplit(odd, { fraction: 0.25, seed: 1, labelOf: (label) => label }).eval).toHaveLength(8)
})

test('another seed gives another split; each item is chosen about as often as the others', () => {
  const all = Array.from({ length: 20 }, (_, index) => index)
  const chosen = new Array(20).fill(0)
  for (let seed = 0; seed < 1000; seed++) {
    for (const index of stratifiedSplit(all, { fraction: 0.2, seed, labelOf: (i) => i % 2 }).eval) chosen[index]++
  }
  // Two of the ten items of each class: binomial(1000, 1/5), standard deviation 12.6, five of them.
  for (const count of chosen) expect(Math.abs(count - 200)).toBeLessThan(64)
})

test('refuses what cannot be split', () => {
  const options = { seed: 1, labelOf: (label: string) => label }
  for (const bad of [0, 1, -0.1, 1.5, Number.NaN]) {
    expect(() => stratifiedSplit(['a', 'a'], { ...options, fraction: bad })).toThrow(ConfigError)
  }
  expect(() => stratifiedSplit(['a', 'b', 'c'], { ...options, fraction: 0.5 })).toThrow(DataError)
  expect(() => stratifiedSplit([], { ...options, fraction: 0.5 })).toThrow(/each class needs two items/)
})
