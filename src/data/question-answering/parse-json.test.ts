import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonErrorAt, parseJson } from './parse-json.ts'

/** The message for a text that is no JSON. */
function failure(text: string): string {
  try {
    parseJson(text, 'a.json')
  } catch (error) {
    expect(error).toMatchObject({ name: 'DataError', code: 'INVALID_JSON' })
    return (error as Error).message
  }
  throw new Error('expected an error')
}

test.each([
  ['', 1, 1, 'the end of the file'],
  ['hello', 1, 1, '"hello"'],
  ['{"a": 1,}', 1, 9, '"}"'],
  ['{"a" 1}', 1, 6, '"1}"'],
  ['{"a": 1 "b": 2}', 1, 9, String.raw`"\"b\": 2}"`],
  ["{'a': 1}", 1, 2, `"'a': 1}"`],
  ['[1, 2', 1, 6, 'the end of the file'],
  ['[1, 2}', 1, 6, '"}"'],
  ['{"a": [1,\n  2,\n ]}', 3, 2, '"]}"'],
  ['{\r\n"a": nul}', 2, 6, '"nul}"'],
  ['"a\tb"', 1, 3, String.raw`"\tb\""`],
  [String.raw`"a\x"`, 1, 3, String.raw`"\\x\""`],
  ['{"a": 1}\n{"a": 2}', 2, 1, String.raw`"{\"a\": 2}"`],
  ['[01]', 1, 3, '"1]"'],
  ['\n\n[1] x', 3, 5, '"x"'],
])('%j fails at line %d, column %d', (text, line, column, found) => {
  expect(failure(text)).toBe(`a.json, line ${line}, column ${column}: expected JSON, found ${found}. Correct the file.`)
})

test('what is JSON has no error, and what is cut off fails at its end', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (json, at) => {
      expect(jsonErrorAt(json)).toBe(json.length)
      const cut = json.slice(0, at % json.length)
      try {
        JSON.parse(cut)
      } catch {
        // A number, a name or an escape may be cut in its middle, and then begins there.
        expect(jsonErrorAt(cut)).toBeGreaterThanOrEqual(cut.length - 5)
      }
    }),
  )
})

test('an odd character fails where JSON.parse says so, if it does', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('"', ',', ']', '}', '\\', '\n', 'x', '{'), (json, at, odd) => {
      const place = at % (json.length + 1)
      const text = json.slice(0, place) + odd + json.slice(place)
      let message: string | undefined
      try {
        JSON.parse(text)
      } catch (error) {
        message = (error as Error).message
      }
      if (message === undefined) return
      const told = /at position (\d+)/.exec(message)
      // V8 stands behind the beginning of a string, a name or a number that it cannot end.
      if (told) expect(Math.abs(jsonErrorAt(text) - Number(told[1])), text).toBeLessThanOrEqual(5)
    }),
  )
})

test('nesting has no limit', () => {
  expect(jsonErrorAt('['.repeat(100_000))).toBe(100_000)
})
