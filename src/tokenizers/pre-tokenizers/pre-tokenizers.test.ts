import { describe, expect, test } from 'vitest'
import { NormalizedText } from '../normalized-text.ts'
import type { NormalizerConfig } from '../normalizers/index.ts'
import { createNormalizer } from '../normalizers/index.ts'
import { SplitText } from '../split-text.ts'
import type { TextResult } from '../text.samples.ts'
import { describeWords, oneWord, plainText } from '../text.samples.ts'
import type { PreTokenizerConfig } from './index.ts'
import { createPreTokenizer, readPreTokenizer } from './index.ts'
import fixture from './pre-tokenizers.fixture.json' with { type: 'json' }

interface Case {
  config: PreTokenizerConfig
  results: TextResult[]
}
const cases = fixture.cases as unknown as Case[]

function split(config: unknown, text: string): SplitText {
  const out = new SplitText()
  createPreTokenizer(readPreTokenizer(config, 'tokenizer.json')).split(oneWord(plainText(text)), out)
  return out
}

const named = (list: Case[]) => list.map((one) => [JSON.stringify(one.config).slice(0, 120), one] as const)

test.each(named(cases))('%s as in tokenizers 0.23.2', (_, { config, results }) => {
  expect(readPreTokenizer(config, 'tokenizer.json')).toEqual(config)
  const preTokenizer = createPreTokenizer(config)
  for (const [i, text] of fixture.texts.entries()) {
    const out = new SplitText()
    preTokenizer.split(oneWord(plainText(text)), out)
    expect([text, ...describeWords(out)]).toEqual([text, ...results[i]])
  }
})

test.each(named(fixture.normalized.cases as unknown as Case[]))(
  '%s behind a normaliser that drops characters',
  (_, { config, results }) => {
    const normalizer = createNormalizer(fixture.normalized.normalizer as unknown as NormalizerConfig)
    for (const [i, text] of fixture.texts.entries()) {
      const normalized = new NormalizedText()
      normalizer.normalize(plainText(text), normalized)
      const out = new SplitText()
      createPreTokenizer(config).split(oneWord(normalized), out)
      expect([text, ...describeWords(out)]).toEqual([text, ...results[i]])
    }
  },
)

test('words are appended', () => {
  for (const { config } of cases) {
    const fresh = new SplitText()
    const preTokenizer = createPreTokenizer(config)
    preTokenizer.split(oneWord(plainText('ab 1a, 漢b')), fresh)
    const out = oneWord(plainText('xyz'))
    preTokenizer.split(oneWord(plainText('ab 1a, 漢b')), out)
    expect(describeWords(out)[0]).toEqual(['xyz', ...describeWords(fresh)[0]])
  }
})

test('the old forms of Metaspace', () => {
  const old = { type: 'Metaspace', replacement: '▁', add_prefix_space: true, str_rep: '▁' }
  const now = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true }
  expect(readPreTokenizer(old, 'x')).toEqual(now)
  expect(readPreTokenizer({ ...old, prepend_scheme: 'first' }, 'x')).toEqual({ ...now, prepend_scheme: 'first' })
  expect(readPreTokenizer({ ...old, add_prefix_space: false }, 'x')).toEqual({ ...now, prepend_scheme: 'never' })
  expect(() => readPreTokenizer({ ...old, add_prefix_space: false, prepend_scheme: 'first' }, 'x')).toThrow(
    /"prepend_scheme" should be "never", as "add_prefix_space" is false/,
  )
})

test('defaults are filled in', () => {
  expect(readPreTokenizer({ type: 'Punctuation' }, 'x')).toEqual({ type: 'Punctuation', behavior: 'Isolated' })
  expect(readPreTokenizer({ type: 'ByteLevel', add_prefix_space: true, trim_offsets: false }, 'x')).toEqual({
    type: 'ByteLevel',
    add_prefix_space: true,
    trim_offsets: false,
    use_regex: true,
  })
})

describe('long texts take linear time', () => {
  const long = ['a', ' ', '\u0301', "a 's", '𝒳'].map((text) => text.repeat(1_000_000 / text.length))
  test.each(named(cases.slice(0, 23)))('%s', (_, { config }) => {
    for (const text of long) {
      const out = split(config, text)
      if (out.count > 0) expect(out.wordEnds[out.count - 1]).toBeLessThanOrEqual(out.text.length)
    }
  })
})

describe('bad configurations', () => {
  test.each([
    [{ type: 'Spaces' }, /the pre-tokenizer "Spaces" is not known. Known: BertPreTokenizer, ByteLevel/],
    [{ type: 'Metaspace', replacement: '__' }, /"replacement" should be one character, found "__"/],
    [{ type: 'Digits' }, /"individual_digits" should be true or false/],
    [{ type: 'Punctuation', behavior: 'removed' }, /"behavior" should be one of Removed, Isolated, .*found "removed"/],
    [{ type: 'Sequence', pretokenizers: {} }, /"pretokenizers" should be a list/],
    [{ type: 'FixedLength', length: 0 }, /"length" should be 1 or more/],
  ])('%j', (config, message) => {
    expect(() => readPreTokenizer(config, 'tokenizer.json')).toThrow(message)
  })
})
