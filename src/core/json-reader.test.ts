import { describe, expect, test } from 'vitest'
import { ConfigError } from './errors.ts'
import { jsonReader } from './json-reader.ts'

const json = {
  layers: 2,
  rate: 0.1,
  name: 'bert',
  flag: false,
  dropout: null,
  list: ['a', 'b'],
  map: { a: 1 },
}
const reader = () => jsonReader(json, 'model/config.json')

/** The error that `run` throws. */
function error(run: () => unknown): ConfigError {
  try {
    run()
  } catch (caught) {
    expect(caught).toBeInstanceOf(ConfigError)
    return caught as ConfigError
  }
  throw new Error('nothing was thrown')
}

describe('jsonReader', () => {
  test('returns values of the right type', () => {
    const r = reader()
    expect(r.integer('layers', { min: 1 })).toBe(2)
    expect(r.number('rate', { min: 0, max: 1 })).toBe(0.1)
    expect(r.string('name')).toBe('bert')
    expect(r.boolean('flag')).toBe(false)
    expect(r.oneOf('name', ['bert', 'albert'])).toBe('bert')
    expect(r.strings('list')).toEqual(['a', 'b'])
    expect(r.object('map')).toEqual({ a: 1 })
  })

  test('a default stands in for an absent key, null for null', () => {
    const r = reader()
    expect(r.integer('absent', { default: 7 })).toBe(7)
    expect(r.string('absent', { default: null })).toBeNull()
    expect(r.number('dropout', { default: null })).toBeNull()
    expect(r.has('dropout')).toBe(false)
    expect(r.has('rate')).toBe(true)
  })

  test('names file, key, what was expected and what came', () => {
    expect(error(() => reader().integer('rate')).message).toMatch(
      /^model\/config\.json: "rate" must be a whole number, found 0\.1/,
    )
    expect(error(() => reader().integer('layers', { min: 3 })).message).toContain(
      'a whole number of at least 3, found 2',
    )
    expect(error(() => reader().number('name', { min: 0, max: 1 })).message).toContain(
      'a number from 0 to 1, found "bert"',
    )
    expect(error(() => reader().number('name', { default: null })).message).toContain('a number or null')
    expect(error(() => reader().oneOf('name', ['x', 'y'])).message).toContain('one of "x", "y", found "bert"')
    expect(error(() => reader().number('dropout', { default: 0.1 })).code).toBe('CONFIG_VALUE')
    expect(error(() => reader().integer('absent')).code).toBe('MISSING_KEY')
  })

  test('a key of Object.prototype is not there', () => {
    expect(error(() => reader().string('constructor')).code).toBe('MISSING_KEY')
  })

  test.each([[null], [[1]], ['text'], [3]])('%j is no object', (value) => {
    expect(error(() => jsonReader(value, 'x.json')).message).toContain('x.json: expected a JSON object')
  })

  test('knows which keys were asked for', () => {
    const r = jsonReader({ rate: 1, layer: 2 }, 'x.json')
    r.number('rate')
    r.integer('layers', { default: 1 })
    expect(r.unknownKeys()).toEqual(['layer'])
    expect(error(() => r.rejectUnknownKeys()).message).toContain('"layer"; did you mean "layers"?')
  })
})
