import { describe, expect, test } from 'vitest'
import { codePointsToText, NormalizedText } from '../normalized-text.ts'
import type { TextResult } from '../text.samples.ts'
import { describeText, plainText } from '../text.samples.ts'
import { normalizeBert } from './bert.ts'
import type { NormalizerConfig } from './index.ts'
import { createNormalizer, readNormalizer } from './index.ts'
import fixture from './normalizers.fixture.json' with { type: 'json' }

const cases = fixture.cases as unknown as { config: NormalizerConfig; results: TextResult[] }[]

function normalize(config: unknown, text: string): NormalizedText {
  const out = new NormalizedText()
  createNormalizer(readNormalizer(config, 'tokenizer.json')).normalize(plainText(text), out)
  return out
}

test.each(cases.map((one) => [JSON.stringify(one.config).slice(0, 90), one] as const))(
  '%s as in tokenizers 0.23.2',
  (_, { config, results }) => {
    expect(readNormalizer(config, 'tokenizer.json')).toEqual(config)
    const normalizer = createNormalizer(config)
    for (const [i, text] of fixture.texts.entries()) {
      const out = new NormalizedText()
      normalizer.normalize(plainText(text), out)
      expect([text, ...describeText(out)]).toEqual([text, ...results[i]])
    }
  },
)

test('results are appended', () => {
  const out = plainText('x')
  createNormalizer({ type: 'NFC' }).normalize(plainText('e\u0301'), out)
  expect(describeText(out)).toEqual([['xé'], [0, 1, -1, 1]])
})

test('both forms of the BERT normaliser agree', () => {
  const config = { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true } as const
  for (const text of fixture.texts) {
    for (const strips of [true, false]) {
      const ranged = new NormalizedText()
      const settings = { cleanText: true, handleChineseChars: true, stripAccents: strips, lowercase: true }
      normalizeBert(text, 0, text.length, settings, ranged)
      expect(describeText(normalize({ ...config, strip_accents: strips, lowercase: true }, text))).toEqual(
        describeText(ranged),
      )
    }
  }
})

describe('long texts take linear time', () => {
  const length = 1_000_000
  test.each(['NFC', 'NFD', 'NFKC', 'NFKD'] as const)('%s of marks out of order', (type) => {
    const out = normalize({ type }, `a${'\u0301\u0316'.repeat(length / 2)}`)
    expect(out.length).toBe(type.endsWith('C') ? length : length + 1)
    expect(out.codePoints[1]).toBe(0x316)
  })
  test('Precompiled and Replace', () => {
    const precompiled = cases.find(({ config }) => config.type === 'Precompiled')?.config
    expect(normalize(precompiled, `e${'\u0301'.repeat(length)}`).length).toBe(length + 1)
    const replace = { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }
    expect(normalize(replace, ' '.repeat(length)).length).toBe(1)
    expect(normalize(replace, 'a'.repeat(length)).length).toBe(length)
  })
})

test('a character beyond Unicode text does not throw', () => {
  const text = new NormalizedText()
  text.push(0xd800, 0, 1)
  text.push(0x301, 1, 2)
  for (const { config } of cases) createNormalizer(config).normalize(text, new NormalizedText())
})

test('the whole of a text that nothing changes', () => {
  const text = 'Grüße, 漢字 😀'
  const out = normalize({ type: 'NFC' }, text)
  expect(codePointsToText(out.codePoints, 0, out.length)).toBe(text)
})

describe('bad configurations', () => {
  test.each([
    [null, /the normalizer should be an object, found null/],
    [{ type: 'Shout' }, /the normalizer "Shout" is not known. Known: BertNormalizer, Strip/],
    [{ type: 'Strip', strip_left: 1, strip_right: true }, /"strip_left" should be true or false, found 1/],
    [{ type: 'Replace', pattern: 'a', content: '' }, /"pattern" should be {"String": …} or {"Regex": …}, found "a"/],
    [{ type: 'Replace', pattern: { Regex: '\\X' }, content: '' }, /"\\\\X" cannot be used: the escape \\X has no/],
    [
      { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Prepend' }] },
      /normalizers\[1\]: "prepend" should be a/,
    ],
    [{ type: 'Precompiled', precompiled_charsmap: '€' }, /"precompiled_charsmap" is no base 64/],
    [{ type: 'Precompiled', precompiled_charsmap: 'AAEAAAAA' }, /has 6 bytes, but its trie alone should have 256/],
    [{ type: 'BertNormalizer', clean_text: true }, /"handle_chinese_chars" should be true or false, found nothing/],
  ])('%j', (config, message) => {
    expect(() => readNormalizer(config, 'tokenizer.json: normalizer')).toThrow(message)
    expect(() => readNormalizer(config, 'tokenizer.json: normalizer')).toThrow(/^tokenizer\.json: normalizer/)
  })
})
