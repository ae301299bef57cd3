import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BertTokenizerOptions } from './bert-tokenizer.ts'
import { BertTokenizer } from './bert-tokenizer.ts'
import type { EncodeOptions } from './encode-options.ts'
import type { Encoding } from './encoding.ts'

const fixture = JSON.parse(readFileSync(new URL('./bert-tokenizer.fixture.json', import.meta.url), 'utf8'))
const vocab: string[] = fixture.vocab
const tokenizer = new BertTokenizer({ vocab })

interface Group {
  settings: { lowercase: boolean; strip_accents?: boolean; handle_chinese_chars?: boolean; clean_text?: boolean }
  cases: { text: string; textPair?: string }[]
  withoutSpecial: unknown
}

/** An encoding as plain lists, as the fixture has it. */
function record(encoding: Encoding) {
  return {
    ids: [...encoding.ids],
    typeIds: [...encoding.typeIds],
    attentionMask: [...encoding.attentionMask],
    specialTokensMask: [...encoding.specialTokensMask],
    tokens: encoding.tokens,
    offsets: encoding.offsets,
    wordIds: encoding.wordIds,
    sequenceIds: encoding.sequenceIds,
  }
}

describe.each(fixture.groups as Group[])('$settings', ({ settings, cases, withoutSpecial }) => {
  const options: BertTokenizerOptions = {
    vocab,
    lowercase: settings.lowercase,
    stripAccents: settings.strip_accents,
    handleChineseChars: settings.handle_chinese_chars,
    cleanText: settings.clean_text,
  }
  test.each(cases)('gives what Hugging Face gives: %j', (answer) => {
    const { text, textPair, ...expected } = answer
    const own = new BertTokenizer(options)
    for (const encoding of [own.encode(text, { textPair }), own.encode(text, { textPair })]) {
      expect(record(encoding)).toEqual(expected) // the second time from the cache
    }
  })

  test('a pair without special tokens', () => {
    const encoding = new BertTokenizer(options).encode('the river', {
      textPair: 'higher and higher',
      addSpecialTokens: false,
    })
    expect(record(encoding)).toEqual(withoutSpecial)
  })
})

test.each(fixture.truncations as (EncodeOptions & { text: string; textPair: string | null; ids: number[] | null })[])(
  'cuts $truncation to $maxLength',
  ({ text, textPair, ids, maxLength, truncation }) => {
    const encode = () => tokenizer.encode(text, { textPair: textPair ?? undefined, maxLength, truncation })
    if (ids === null) {
      expect(encode).toThrow(expect.objectContaining({ code: 'TRUNCATION' }))
    } else {
      const encoding = encode()
      expect([...encoding.ids]).toEqual(ids)
      const whole = tokenizer.encode(text, { textPair: textPair ?? undefined })
      for (const sequence of [0, 1]) {
        const placesOf = (e: Encoding) => e.offsets.filter((_, i) => e.sequenceIds[i] === sequence)
        const kept = placesOf(encoding)
        expect(kept).toEqual(placesOf(whole).slice(0, kept.length))
      }
    }
  },
)

test('pads a batch to its longest', () => {
  const texts = ['the river', '', 'higher and higher and higher']
  expect(tokenizer.encodeBatch(texts, { padding: 'longest' }).map(record)).toEqual(fixture.padded)
})

test('pads to maxLength', () => {
  const encoding = tokenizer.encode('the river', { padding: 'max_length', maxLength: 9 })
  const bare = tokenizer.encode('the river')
  expect(encoding.length).toBe(9)
  expect([...encoding.ids]).toEqual([...bare.ids, ...new Array(9 - bare.length).fill(tokenizer.padId)])
  expect([...encoding.attentionMask]).toEqual([...bare.attentionMask, ...new Array(9 - bare.length).fill(0)])
  expect(encoding.wordIds.slice(bare.length)).toEqual(new Array(9 - bare.length).fill(null))
})

test.each(fixture.decoded as { ids: number[]; text: string; withSpecial: string }[])('decodes $text', (answer) => {
  expect(tokenizer.decode(answer.ids)).toBe(answer.text)
  expect(tokenizer.decode(answer.ids, { skipSpecialTokens: false })).toBe(answer.withSpecial)
})

test('decodes without clean-up', () => {
  const { ids } = tokenizer.encode('wait, the river.')
  expect(tokenizer.decode(ids, { cleanUp: false })).toBe('wait , the river .')
})

test('finds added tokens as Hugging Face does', () => {
  const own = new BertTokenizer({
    vocab,
    addedTokens: fixture.added.tokens.map((token: Record<string, unknown>) => ({
      ...token,
      singleWord: token.single_word,
    })),
  })
  for (const { text, tokens: _, ...expected } of fixture.added.cases) {
    const { tokens: __, ...found } = record(own.encode(text, { addSpecialTokens: false }))
    expect(found).toEqual(expected)
  }
})

test('a text with truncation on by default keeps to maxLength', () => {
  expect(tokenizer.encode('the river '.repeat(50), { maxLength: 7 }).length).toBe(7)
  expect(new BertTokenizer({ vocab, maxLength: 6 }).encode('the river '.repeat(9), { truncation: true }).length).toBe(6)
})

test('lone surrogates count as U+FFFD and are dropped', () => {
  expect([...tokenizer.encode('the\ud800 \udc00river\ud83d').ids]).toEqual([...tokenizer.encode('the river').ids])
})

describe('properties', () => {
  const unit = fc.oneof(
    fc.integer({ min: 0, max: 0xffff }),
    fc.constantFrom(0x20, 0x5b, 0x301, 0x323, 0x302e, 0xd83d, 0xde00, 0x200d, 0x130, 0x6c34, 0x61),
  )
  const anyText = fc
    .array(unit, { maxLength: 40 })
    .map((units) => String.fromCharCode(...units))
    .chain((text) => fc.constantFrom(text, `${text}[MASK]`, `the ${text}`))
  test('any UTF-16: no error, offsets in range and in order, and the plain path agrees with the fast one', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const encoding = tokenizer.encode(text)
        const { offsets, sequenceIds, wordIds } = encoding
        let last = 0
        let word = 0
        for (let i = 0; i < encoding.length; i++) {
          if (sequenceIds[i] === null) continue
          const [start, end] = offsets[i]
          expect(start).toBeGreaterThanOrEqual(last)
          expect(end).toBeGreaterThan(start)
          expect(end).toBeLessThanOrEqual(text.length)
          expect(wordIds[i]).toBeGreaterThanOrEqual(word)
          last = start
          word = wordIds[i] as number
        }
        expect(tokenizer.decode(encoding.ids)).toBeTypeOf('string')
      }),
      { numRuns: 500 },
    )
  })

  test('a truncated encoding is never longer than maxLength', () => {
    fc.assert(
      fc.property(anyText, anyText, fc.integer({ min: 3, max: 30 }), (text, textPair, maxLength) => {
        const encoding = tokenizer.encode(text, { textPair, maxLength })
        const whole = tokenizer.encode(text, { textPair })
        expect(encoding.length).toBe(Math.min(maxLength, whole.length))
      }),
      { numRuns: 300 },
    )
  })
})

test.each([
  ['one word', 'a'.repeat(1_000_000)],
  ['marks', '\u0301'.repeat(1_000_000)],
  ['marks out of order', '\u302f\u0323\u0301'.repeat(333_333)],
  ['ideographs', '水河'.repeat(500_000)],
  ['brackets', '['.repeat(1_000_000)],
  ['words', 'the river was high and the miller walked '.repeat(25_000)],
])('a megabyte of %s takes linear time', (_, text) => {
  const start = performance.now()
  tokenizer.encode(text)
  expect(performance.now() - start).toBeLessThan(10_000) // quadratic time would be minutes
})

test('ids, tokens and counts', () => {
  expect(tokenizer.vocabSize).toBe(vocab.length)
  expect([tokenizer.padId, tokenizer.unkId, tokenizer.clsId, tokenizer.sepId, tokenizer.maskId]).toEqual([
    0, 1, 2, 3, 4,
  ])
  expect(tokenizer.tokenToId('[MASK]')).toBe(4)
  expect(tokenizer.idToToken(4)).toBe('[MASK]')
  expect(tokenizer.tokenToId('no such token')).toBeUndefined()
  expect([tokenizer.numSpecialTokens(), tokenizer.numSpecialTokens(true)]).toEqual([2, 3])
})

describe('errors', () => {
  test.each([
    ['VOCABULARY', '"[UNK]" comes twice', { vocab: [...vocab, '[UNK]'] }],
    ['VOCABULARY', 'both have the id 7', { vocab: new Map([['a', 7], ['b', 7]]) }], // biome-ignore format: a row
    ['MISSING_SPECIAL_TOKEN', 'lacks "[CLS]", the cls token', { vocab: vocab.filter((token) => token !== '[CLS]') }],
    ['MISSING_SPECIAL_TOKEN', 'lacks "<unk>"', { vocab, specialTokens: { unk: '<unk>' } }],
    ['MAX_LENGTH', 'expected a whole number of 2 or more', { vocab, maxLength: 1 }],
  ])('%s: %s', (code, message, options) => {
    expect(() => new BertTokenizer(options)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })

  test.each([
    ['3 special tokens', { maxLength: 2, textPair: 'river' }],
    ['found|is 0.5', { maxLength: 0.5 }],
    ['pass maxLength', { padding: 'max_length' as const }],
  ])('encode: %s', (message, options) => {
    expect(() => tokenizer.encode('the', options)).toThrow(
      expect.objectContaining({ code: 'MAX_LENGTH', message: expect.stringMatching(message) }),
    )
  })
})
