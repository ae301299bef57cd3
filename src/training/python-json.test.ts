import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { formatPythonJson, parsePythonJson } from './python-json.ts'

const { python }: { python: { pretty: string; compact: string } } = JSON.parse(
  readFileSync(new URL('trainer.fixture.json', import.meta.url), 'utf8'),
)
/** As scripts/fixtures/trainer.py has it. */
const value = {
  loss: Number.NaN,
  grad_norm: Number.POSITIVE_INFINITY,
  rows: [Number.NEGATIVE_INFINITY, 0.1, -25, null, true, Number.NaN],
  NaN: 'NaN',
  'a "quoted" -Infinity \\': 'ends with a backslash \\',
  '\\': ', NaN, "Infinity"',
}

describe('numbers that JSON lacks', () => {
  test('are written as Python writes them', () => {
    expect(formatPythonJson(value)).toBe(python.pretty)
  })

  test.each(['pretty', 'compact'] as const)('are read as Python writes them, %s', (form) => {
    expect(parsePythonJson(python[form])).toEqual(value)
  })

  test('in names and texts are texts', () => {
    const texts = { Infinity: '-Infinity', '"': '\\"NaN', '\\\\': '\\\\"', '\n': 'NaN\n', empty: '' }
    expect(parsePythonJson(JSON.stringify(texts))).toEqual(texts)
    expect(formatPythonJson(texts)).toBe(JSON.stringify(texts, null, 2))
  })
})

test('without such numbers it is plain JSON', () => {
  const plain = { a: [1, -0.5, 1e300], b: { c: null }, d: 'é\u2028' }
  expect(formatPythonJson(plain)).toBe(JSON.stringify(plain, null, 2))
  expect(parsePythonJson(JSON.stringify(plain))).toEqual(plain)
})

test.each(['{', '[NaN', 'NaNa', '-NaN', '[1 NaN]', '{"a": InfinityNaN}', ''])('%s is no JSON', (text) => {
  expect(() => parsePythonJson(text)).toThrow(SyntaxError)
})
