import { expect, test } from 'vitest'
import { forEachMatch } from './pattern.ts'
import fixture from './regex-translation.fixture.json' with { type: 'json' }
import { translateRegex } from './regex-translation.ts'

test.each(fixture.cases)('%j in %j as in tokenizers 0.23.2', (pattern, text, expected) => {
  let out = ''
  let from = 0
  forEachMatch(text, translateRegex(pattern, 'test'), (start, end) => {
    out += `${text.slice(from, start)}@`
    from = end
  })
  expect(out + text.slice(from)).toBe(expected)
})

test.each([
  ['(a)\\1', /the escape \\1 has no counterpart/],
  ['\\p{Nonsense}', /the property "Nonsense" is not known/],
  ['\\pL', /\\p should be followed by a name in braces/],
  ['(?x) a', /the group \(\?x\) … has no counterpart/],
  ['(?~a)', /has no counterpart/],
  ['*a', /nothing stands before \* for it to repeat/],
  ['(a', /a parenthesis is not closed/],
  ['a)', /a parenthesis is closed that was not opened/],
  ['[a', /a bracket is not closed/],
  ['[z-a]', /ends before it begins/],
  ['(?i)\\p{Lu}', /upper or lower case/],
  ['\\G', /the escape \\G/],
])('%s is refused by name', (pattern, message) => {
  expect(() => translateRegex(pattern, 'tokenizer.json: Split')).toThrow(message)
  expect(() => translateRegex(pattern, 'tokenizer.json: Split')).toThrow(
    /^tokenizer.json: Split: the regular expression .* cannot be used/,
  )
})
