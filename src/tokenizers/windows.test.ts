import { describe, expect, test } from 'vitest'
import type { BatchEncodeOptions, EncodeOptions, TextInput } from './encode-options.ts'
import type { Encoding } from './encoding.ts'
import { createTokenizer } from './files/bert-shape.ts'
import { parseTokenizerJson } from './files/tokenizer-json.ts'
import files from './tokenizer.fixture.json' with { type: 'json' }
import { Tokenizer } from './tokenizer.ts'
import fixture from './windows.fixture.json' with { type: 'json' }

interface Case {
  tokenizer: string
  text: TextInput
  pair: TextInput | null
  options: EncodeOptions
  /** ids, offsets, type ids, attention mask, special tokens mask, word ids, sequence ids; null: not compared */
  expected: unknown[][] | null
}
const cases = fixture.cases as unknown as Case[]

function definitionOf(name: string) {
  const all = files.tokenizers as unknown as Record<string, { model: unknown }>
  const { model, ...parts } = all[name]
  return parseTokenizerJson(JSON.stringify({ ...parts, model: typeof model === 'string' ? all[model].model : model }))
}

function answer(encoding: Encoding): unknown[] {
  return [
    Array.from(encoding.ids),
    encoding.codePointOffsets.flat(),
    Array.from(encoding.typeIds),
    Array.from(encoding.attentionMask),
    Array.from(encoding.specialTokensMask),
    encoding.wordIds,
    encoding.sequenceIds,
  ]
}

describe.each([...new Set(cases.map(({ tokenizer }) => tokenizer))])('%s cuts as in tokenizers 0.23.2', (name) => {
  const definition = definitionOf(name)
  const quick = createTokenizer(definition)
  const ways = quick.constructor === Tokenizer ? [quick] : [quick, new Tokenizer(definition)]
  test.each(ways.map((tokenizer) => [tokenizer.constructor.name, tokenizer] as const))('%s', (_, tokenizer) => {
    for (const { text, pair, options, expected, ...one } of cases) {
      if (one.tokenizer !== name) continue
      const encode = () => tokenizer.encode(text, { ...options, textPair: pair ?? undefined })
      const told = JSON.stringify({ text, pair, options })
      if (expected === null) {
        expect(encode, told).toThrow(expect.objectContaining({ name: 'TokenizerError' }))
        continue
      }
      const encoding = encode()
      const windows = [encoding, ...encoding.overflowing]
      const got = windows.map((window, w) =>
        answer(window).map((values, field) => (expected[w]?.[field] === null ? null : values)),
      )
      expect({ told, got }).toEqual({ told, got: expected })
    }
  })
})

const bert = createTokenizer(definitionOf('bert'))
const bare = new Tokenizer({ ...definitionOf('bert'), specialTokens: {} })

test('an encoding knows whether it was cut, also where the room ends just after a word', () => {
  const short = { maxLength: 2, addSpecialTokens: false }
  expect(bert.encode('the river the', short).truncated).toBe(true)
  expect(bert.encode('the river', short).truncated).toBe(false)
  expect(bert.encode('the river the', { ...short, textPair: '' }).truncated).toBe(true)
  expect(bert.encode('the river', { ...short, textPair: '' }).truncated).toBe(false)
  expect(bert.encode('', { ...short, textPair: 'the river the' }).truncated).toBe(true)
})

test('every window of a batch knows its text', () => {
  const options = { maxLength: 4, stride: 1, returnOverflowingTokens: true, padding: 'longest' } as const
  const batch = bert.encodeBatch(['the river the', '', ['the', 'river']], { ...options, maxLength: 5, stride: 0 })
  expect(batch.map(({ sampleIndex }) => sampleIndex)).toEqual([0, 1, 2])
  const windows = bert.encodeBatch(['the river the', 'the', 'the river the the'], options)
  expect(windows.map(({ sampleIndex }) => sampleIndex)).toEqual([0, 0, 1, 2, 2, 2])
  expect(windows.map(({ length }) => length)).toEqual([4, 4, 4, 4, 4, 4])
})

test('lists of words in a batch', () => {
  const words = [
    ['the', 'river'],
    ['the', 'river', 'walked'],
  ]
  const options = { isSplitIntoWords: true }
  const [one, two] = bert.encodeBatch(words, options)
  expect([one.ids, two.ids]).toEqual(words.map((list) => bert.encode(list).ids))
  const [pair] = bert.encodeBatch([[words[0], words[1]]], options)
  expect(pair.ids).toEqual(bert.encode(words[0], { textPair: words[1] }).ids)
  expect(bert.encodeBatch([['the', 'river']])[0].ids).toEqual(bert.encode('the', { textPair: 'river' }).ids)
})

describe('what cannot be done is said', () => {
  const text = 'the river'
  test.each<[code: string, says: string, options: Record<string, unknown>, tokenizer?: Tokenizer]>([
    ['MAX_LENGTH', '2 special tokens are added', { maxLength: 1 }],
    ['MAX_LENGTH', '3 special tokens are added', { maxLength: 2, textPair: 'x' }],
    ['MAX_LENGTH', 'found|is 2.5', { maxLength: 2.5 }],
    ['MAX_LENGTH', 'pass maxLength', { padding: 'max_length' }],
    ['MAX_LENGTH', 'pass maxLength', { returnOverflowingTokens: true }],
    ['STRIDE', 'a smaller stride', { maxLength: 5, stride: 3, returnOverflowingTokens: true }],
    ['STRIDE', 'a smaller stride', { maxLength: 50, stride: 48, returnOverflowingTokens: true }],
    ['STRIDE', '0 or more', { maxLength: 5, stride: -1, returnOverflowingTokens: true }],
    ['OPTION', 'longest_first, only_first, only_second', { maxLength: 5, truncation: 'longest' }],
    ['OPTION', 'longest, max_length', { padding: 'max' }],
    ['OPTION', 'left, right', { truncationSide: 'end' }],
    ['OPTION', 'left, right', { paddingSide: 'end' }],
    ['PADDING', 'specialTokens.pad', { padding: 'longest' }, bare],
    ['PADDING', '1 or more', { padding: 'longest', padToMultipleOf: 0 }],
    ['TRUNCATION', 'pass textPair', { maxLength: 3, truncation: 'only_second' }],
    ['TRUNCATION', 'longest_first', { maxLength: 5, truncation: 'only_first', textPair: 'the river the river' }],
    ['TEXT', 'list of its words', { textPair: 3 }],
    ['TEXT', 'list of its words', { textPair: ['the', 3] }],
  ])('%s: %s %j', (code, says, options, tokenizer = bert) => {
    const error = expect.objectContaining({ name: 'TokenizerError', code, message: expect.stringMatching(says) })
    expect(() => tokenizer.encode(text, options as EncodeOptions)).toThrow(error)
  })

  test.each<[says: string, entry: unknown, options: BatchEncodeOptions]>([
    ['text 1 of the batch is a list of 3: .* set isSplitIntoWords', ['the', 'river', 'the'], {}],
    ['text 1 of the batch is undefined', undefined, {}],
  ])('%s', (says, entry, options) => {
    const error = expect.objectContaining({ code: 'TEXT', message: expect.stringMatching(says) })
    expect(() => bert.encodeBatch(['the', entry as string], options)).toThrow(error)
    expect(() => bert.encodeBatch(['the'], { isSplitIntoWords: true })).toThrow(
      expect.objectContaining({
        message: expect.stringMatching('text 0 of the batch is string: with isSplitIntoWords'),
      }),
    )
  })
})
