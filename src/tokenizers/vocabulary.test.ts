import { describe, expect, test } from 'vitest'
import { plainText } from './text.samples.ts'
import { createVocabulary, formatVocabText } from './vocabulary.ts'

const tokens = [
  '[PAD]',
  'a',
  '##a',
  '',
  '字',
  '😀',
  '😀b',
  '\u{1f600}\u{1f601}',
  'é',
  'e\u0301',
  '__proto__',
  '7',
  'x'.repeat(9000),
]

describe('tokens and ids', () => {
  const vocabulary = createVocabulary(tokens)

  test('of a list', () => {
    expect([vocabulary.size, vocabulary.count]).toEqual([13, 13])
    expect([...vocabulary]).toEqual(tokens.map((token, id) => [token, id]))
    for (const [id, token] of tokens.entries()) {
      expect(vocabulary.tokenToId(token)).toBe(id)
      expect(vocabulary.idToToken(id)).toBe(token)
      expect(vocabulary.has(token)).toBe(true)
      const { codePoints, length } = plainText(`b${token}b`)
      expect(vocabulary.findCodePoints(codePoints, 1, length - 1)).toBe(id)
    }
  })

  test('that are not there', () => {
    for (const id of [-1, 13, 0.5, Number.NaN]) expect(vocabulary.idToToken(id)).toBeUndefined()
    for (const token of ['b', '##', '😀\ude01', '\ud83d', 'x'.repeat(8999)]) {
      expect(vocabulary.tokenToId(token)).toBeUndefined()
      expect(vocabulary.has(token)).toBe(false)
    }
    const { codePoints } = plainText('ab')
    expect(vocabulary.findCodePoints(codePoints, 1, 2)).toBe(-1)
  })

  test('as a map and a list', () => {
    expect(vocabulary.idOf).toEqual(new Map(tokens.map((token, id) => [token, id])))
    expect(vocabulary.tokenAt).toEqual(tokens)
    expect(createVocabulary(vocabulary)).toBe(vocabulary)
  })
})

test('ids in any order, with ids left out', () => {
  const vocabulary = createVocabulary(
    new Map([
      ['c', 100],
      ['a', 3],
      ['b', (1 << 24) - 1],
      ['d', 0],
    ]),
  )
  expect([vocabulary.size, vocabulary.count]).toEqual([1 << 24, 4])
  expect([...vocabulary]).toEqual([
    ['d', 0],
    ['a', 3],
    ['c', 100],
    ['b', (1 << 24) - 1],
  ])
  expect([0, 1, 3, 4, 100, (1 << 24) - 1].map((id) => vocabulary.idToToken(id))).toEqual([
    'd',
    undefined,
    'a',
    undefined,
    'c',
    'b',
  ])
  expect(vocabulary.tokenToId('b')).toBe((1 << 24) - 1)
  expect(formatVocabText(vocabulary)).toBeUndefined()
  expect(
    createVocabulary(
      new Map([
        ['b', 1],
        ['a', 0],
      ]),
    ).tokenAt,
  ).toEqual(['a', 'b'])
})

test('no tokens', () => {
  const vocabulary = createVocabulary([])
  expect([vocabulary.size, vocabulary.count, vocabulary.tokenToId(''), vocabulary.idToToken(0)]).toEqual([
    0,
    0,
    undefined,
    undefined,
  ])
  expect(createVocabulary(new Map()).size).toBe(0)
  expect(formatVocabText(vocabulary)).toBe('')
})

test('many tokens', () => {
  const many = Array.from({ length: 50_000 }, (_, i) => (i * 7919).toString(36))
  const vocabulary = createVocabulary(many)
  expect(many.every((token, id) => vocabulary.tokenToId(token) === id && vocabulary.idToToken(id) === token)).toBe(true)
  expect(many.some((token) => vocabulary.has(`${token}-`))).toBe(false)
})

test('a token that comes twice', () => {
  expect(() => createVocabulary(['a', 'b', 'a'], 'vocab.txt')).toThrow(
    'vocab.txt: token "a" comes twice, as id 0 (line 1) and as id 2 (line 3)',
  )
  const last = createVocabulary(['a', 'b', 'a'], 'vocab.txt', 'last')
  expect([last.tokenToId('a'), last.idToToken(0), last.idToToken(2)]).toEqual([2, 'a', 'a'])
})

test('wrong ids', () => {
  for (const id of [-1, 1.5, 1 << 24, Number.NaN]) {
    expect(() => createVocabulary(new Map([['a', id]]))).toThrow(
      `vocabulary: token "a" has the id ${id}: expected 0, 1, …`,
    )
  }
  expect(() =>
    createVocabulary(
      new Map([
        ['a', 1],
        ['c', 0],
        ['b', 1],
      ]),
      'f',
    ),
  ).toThrow('f: tokens "a" and "b" both have the id 1.')
})
