import { describe, expect, test } from 'vitest'
import { BertTokenizer } from '../tokenizers/index.ts'
import { collateClassification, collateTexts, windowsOf } from './collator.ts'
import { encodeExamples } from './encode-examples.ts'
import { cutIntoWindows, describeCut, type WindowOptions } from './text-windows.ts'

const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i))
const tokenizer = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...letters] })
const [cls, sep] = [2, 3]
/** The first letters of the alphabet, one token each. */
const text = (count: number, from = 0) => letters.slice(from, from + count).join(' ')
const encode = (options: WindowOptions, first: string, textPair?: string) =>
  cutIntoWindows(tokenizer.encode(first, { textPair, truncation: false }), options)
const tokensOf = (ids: Int32Array) => tokenizer.decode(ids, { skipSpecialTokens: true })

describe('windows of one text', () => {
  test.each([
    [1, 7, 2],
    [5, 7, 2],
    [6, 7, 2],
    [23, 7, 2],
    [23, 9, 6],
    [20, 8, 0],
    [13, 3, 0],
  ])('%i tokens in windows of %i that repeat %i: those of the tokenizer', (count, maxLength, stride) => {
    const cut = encode({ maxLength, stride }, text(count))
    const first = tokenizer.encode(text(count), { maxLength, stride, truncation: true, returnOverflowingTokens: true })
    const expected = [first, ...first.overflowing]
    expect(windowsOf(cut)).toEqual(expected.map(({ ids, typeIds }) => ({ ids, typeIds })))
    expect([...cut.windows!]).toEqual(expected.map(({ ids }) => ids.length))
    expect(cut.truncated).toBe(false)
  })

  test('cover the text, in order, and repeat the stride', () => {
    const all = windowsOf(encode({ maxLength: 8, stride: 2 }, text(26))).map(({ ids }) => [...ids.slice(1, -1)])
    const seen = all.flatMap((ids, w) => (w === 0 ? ids : ids.slice(2)))
    expect(seen).toEqual(letters.map((_, i) => 5 + i))
    for (const [w, ids] of all.entries()) if (w > 0) expect(ids.slice(0, 2)).toEqual(all[w - 1].slice(-2))
  })

  test('are the first ones where there may be no more', () => {
    const whole = encode({ maxLength: 8, stride: 2 }, text(26))
    const some = encode({ maxLength: 8, stride: 2, maxWindows: 3 }, text(26))
    expect(whole.windows).toHaveLength(6)
    expect(windowsOf(some)).toEqual(windowsOf(whole).slice(0, 3))
    expect(some.truncated).toBe(true)
    expect(encode({ maxLength: 8, stride: 2, maxWindows: 3 }, text(14)).truncated).toBe(false)
  })

  test('an empty text is a window, too', () => {
    expect([...encode({ maxLength: 8, stride: 2 }, '').ids]).toEqual([cls, sep])
  })
})

describe('windows of a pair', () => {
  const options = { maxLength: 13, stride: 2 } // room for 10 tokens of the two texts
  test('a pair that fits is one window', () => {
    const whole = tokenizer.encode(text(3), { textPair: text(7, 3) })
    expect(encode(options, text(3), text(7, 3))).toEqual({
      ids: whole.ids,
      typeIds: whole.typeIds,
      windows: Int32Array.of(13),
      truncated: false,
    })
  })

  test.each([
    ['second', 'only_second', text(3), text(20, 3)],
    ['first', 'only_first', text(20), text(3, 20)],
  ] as const)('a long %s text goes through them, the short one stands in each', (_, truncation, first, textPair) => {
    const cut = encode(options, first, textPair)
    const whole = tokenizer.encode(first, { ...options, textPair, truncation, returnOverflowingTokens: true })
    const expected = [whole, ...whole.overflowing]
    expect(expected).toHaveLength(4)
    expect(windowsOf(cut)).toEqual(expected.map(({ ids, typeIds }) => ({ ids, typeIds })))
    expect(cut.truncated).toBe(false)
  })

  test('of two long texts the shorter one is cut to half of the room', () => {
    const cut = encode(options, text(8), text(18, 8))
    expect(cut.truncated).toBe(true)
    const [first, ...others] = windowsOf(cut)
    expect(tokensOf(first.ids)).toBe(`${text(5)} ${text(5, 8)}`)
    expect(tokensOf(others[0].ids)).toBe(`${text(5)} ${text(5, 11)}`)
    expect(tokensOf(others.at(-1)!.ids).endsWith('z')).toBe(true)
  })

  test('of two equals the second goes through them', () => {
    expect(tokensOf(windowsOf(encode(options, text(6), text(6, 6))).at(-1)!.ids)).toBe(`${text(5)} ${text(3, 9)}`)
  })
})

describe('what cannot be is refused', () => {
  test.each([
    ['a stride as long as a window', { maxLength: 8, stride: 6 }, undefined, 'STRIDE', /less than 6/],
    ['a stride as long as a window of a pair', { maxLength: 8, stride: 3 }, 'a', 'STRIDE', /less than 3/],
    ['no room', { maxLength: 2, stride: 0 }, undefined, 'MAX_LENGTH', /no room for text beside 2/],
  ])('%s', (_, options, textPair, code, message) => {
    // Of a short text too, which needs no second window.
    expect(() => encode(options, 'a', textPair)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  })

  test('a maximum length that is not that of the windows, and a tokenizer without sequenceIds', () => {
    const longTexts = { maxLength: 8, stride: 2 }
    expect(() => encodeExamples([{ text: 'a' }], tokenizer, { maxLength: 9, longTexts })).toThrow(
      /windows of 8 tokens, not 9/,
    )
    const plain = { encode: () => ({ ids: Int32Array.of(2, 3), typeIds: Int32Array.of(0, 0) }) }
    expect(() => encodeExamples([{ text: 'a' }], plain, { longTexts })).toThrow(/sequenceIds/)
  })
})

test('a batch says which sequences are the windows of a text', () => {
  const longTexts = { maxLength: 8, stride: 2 }
  const encoded = encodeExamples([{ text: text(14) }, { text: text(4) }, { text: text(9) }], tokenizer, { longTexts })
  const batch = collateClassification(encoded.map((each, labelId) => ({ ...each, labelId })))
  expect([...batch.windows!]).toEqual([3, 1, 2])
  expect([...batch.labels]).toEqual([0, 1, 2])
  expect([batch.size, batch.longest, batch.tokens]).toEqual([6, 8, 24 + 6 + 15])
  expect([...batch.ids].filter((id) => id === cls)).toHaveLength(6)
  const mixed = collateTexts([{ ids: Int32Array.of(2, 3), typeIds: new Int32Array(2) }, encoded[0]])
  expect([...mixed.windows!]).toEqual([1, 3])
  expect(collateTexts([{ ids: Int32Array.of(2, 3), typeIds: new Int32Array(2) }]).windows).toBeUndefined()
})

test('messages say where texts were cut', () => {
  const windows = { maxLength: 64, stride: 16 }
  expect(describeCut(64)).toBe('at 64 tokens')
  expect(describeCut(64, { ...windows, maxWindows: 8 })).toBe('after 8 windows of 64 tokens')
  expect(describeCut(64, windows)).toMatch(/half of a window/)
})
