import { describe, expect, test } from 'vitest'
import { groupSplit } from './group-split.ts'

/** Groups of 1, 2, 3 … items, one after the other. */
const items = (groups: number) =>
  Array.from({ length: groups }, (_, g) => Array.from({ length: g + 1 }, (_, i) => ({ group: `g${g}`, i }))).flat()
const split = (list: ReturnType<typeof items>, fraction: number, seed = 1) =>
  groupSplit(list, { fraction, seed, groupOf: ({ group }) => group })

describe('groupSplit', () => {
  test.each([0.05, 0.1, 0.3, 0.5, 0.9])('no group is in both parts, and the share is near to %d', (fraction) => {
    const list = items(20)
    const { train, eval: evaluation } = split(list, fraction)
    const [own, other] = [train, evaluation].map((part) => new Set(part.map(({ group }) => group)))
    expect([...own].filter((group) => other.has(group))).toEqual([])
    expect([...train, ...evaluation].sort((a, b) => list.indexOf(a) - list.indexOf(b))).toEqual(list)
    expect(Math.abs(evaluation.length - list.length * fraction)).toBeLessThanOrEqual(10)
    expect(train).toEqual(list.filter(({ group }) => own.has(group)))
  })

  test('the seed decides', () => {
    expect(split(items(20), 0.2)).toEqual(split(items(20), 0.2))
    expect(split(items(20), 0.2, 2)).not.toEqual(split(items(20), 0.2))
  })

  test('each part has a group, however little or much is wanted', () => {
    for (const fraction of [0.001, 0.999]) {
      const { train, eval: evaluation } = split(items(2), fraction)
      expect([train.length, evaluation.length].sort()).toEqual([1, 2])
    }
  })

  test('bad input', () => {
    expect(() => split(items(1), 0.5)).toThrow(/cannot split 1 items of 1 of the groups/)
    expect(() => split(items(3), 1)).toThrow(/between 0 and 1/)
  })
})
