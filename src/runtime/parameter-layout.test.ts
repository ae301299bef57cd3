import { expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import { layoutParameters } from './parameter-layout.ts'

test('parameters lie one behind the other, each at the start of a cache line', () => {
  const layout = layoutParameters([
    { name: 'scalar', shape: [] },
    { name: 'line', shape: [4, 4] },
    { name: 'odd', shape: [3, 17] },
    { name: 'none', shape: [0, 5] },
    { name: 'last', shape: [1] },
  ])
  expect(layout.slots).toEqual([
    { name: 'scalar', shape: [], offset: 0, size: 1 },
    { name: 'line', shape: [4, 4], offset: 16, size: 16 },
    { name: 'odd', shape: [3, 17], offset: 32, size: 51 },
    { name: 'none', shape: [0, 5], offset: 96, size: 0 },
    { name: 'last', shape: [1], offset: 96, size: 1 },
  ])
  expect(layout.size).toBe(112)
  expect(layoutParameters([])).toEqual({ slots: [], size: 0 })
})

test('a name that comes twice is refused', () => {
  const twice = ['a', 'b', 'a'].map((name) => ({ name, shape: [2] }))
  expect(() => layoutParameters(twice)).toThrow(ConfigError)
  expect(() => layoutParameters(twice)).toThrow(/two parameters are named "a"/)
})
