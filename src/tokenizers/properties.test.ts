import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Encoding } from './encoding.ts'
import type { Tokenizer } from './tokenizer.ts'
import { trainBpe } from './trainers/bpe.ts'
import { trainUnigram } from './trainers/unigram.ts'
import { trainWordPiece } from './trainers/wordpiece.ts'

const corpus = [
  'The old miller walked down to the river, and the river was a little higher.',
  'Higher and higher: by Friday it had reached the lowest window of the mill!',
  'Café, naïve, résumé: words that lose their accents. 老磨坊主 walks. Привет, мир.',
]

const tokenizers: [string, Tokenizer][] = [
  ['BERT', await trainWordPiece(corpus, { vocabSize: 200 })],
  ['byte-level BPE', await trainBpe(corpus, { vocabSize: 320 })],
  ['Unigram', await trainUnigram(corpus, { vocabSize: 150 })],
]

/** Any UTF-16, lone surrogates among it, and what tokenizers stumble over. */
const odd = fc.constantFrom(
  ...[
    '\ud800',
    '\udc00',
    '\udfff\ud83d',
    '\u200d',
    '\u200b',
    '\ufeff',
    '👩‍👩‍👧',
    '👍🏽',
    '🇩🇪',
    'e\u0301\u0323',
    '\u0301',
    '\u0345',
  ],
  ...[
    'שלום',
    'كَتَبَ',
    '\u202e',
    '\u200f',
    '\u0000',
    '\u0007',
    '\u001b',
    '\u0085',
    '\u2028',
    '\ufffd',
    'ﬁ',
    'İ',
    'ß',
    '水',
    '가',
    '\u1112\u1161',
  ],
  ...[
    ' ',
    '  ',
    '\n',
    '\u00a0',
    '\u3000',
    '▁',
    'Ġ',
    '##',
    '[MASK]',
    '<mask>',
    '<s>',
    '[SEP]',
    'the',
    'river',
    'miller',
    "'s",
    '.',
    '12',
  ],
)
const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code))
const text = fc
  .array(fc.oneof({ weight: 3, arbitrary: odd }, fc.string({ unit: 'binary', maxLength: 4 }), unit), { maxLength: 30 })
  .map((parts) => parts.join(''))
const seed = 20240817
const runs = { numRuns: 80, seed }

function checkOffsets(encoding: Encoding, texts: string[]): void {
  const { offsets, sequenceIds, specialTokensMask, tokens, wordIds } = encoding
  expect(tokens.length).toBe(encoding.length)
  let last = 0
  let lastSequence: number | null = null
  for (let i = 0; i < encoding.length; i++) {
    const [start, end] = offsets[i]
    const sequence = sequenceIds[i]
    if (sequence === null) {
      expect([specialTokensMask[i], start, end, wordIds[i]]).toEqual([1, 0, 0, null])
      continue
    }
    if (sequence !== lastSequence) last = 0
    lastSequence = sequence
    expect(start).toBeGreaterThanOrEqual(last)
    expect(end).toBeGreaterThanOrEqual(start)
    expect(end).toBeLessThanOrEqual(texts[sequence].length)
    expect(texts[sequence].slice(start, end).length).toBe(end - start)
    last = start
  }
}

describe.each(tokenizers)('%s', (name, tokenizer) => {
  test('offsets are in range and in order', () => {
    fc.assert(
      fc.property(text, text, (one, two) => {
        checkOffsets(tokenizer.encode(one), [one])
        checkOffsets(tokenizer.encode(one, { textPair: two }), [one, two])
      }),
      runs,
    )
  })

  test('what was decoded once is stable', () => {
    const round = (source: string) =>
      tokenizer.decode(tokenizer.encode(source, { addSpecialTokens: false }).ids, { skipSpecialTokens: false })
    fc.assert(
      fc.property(text, (source) => {
        // Decoding joins pieces that a space kept apart: a second round may still change that, a third does not.
        const once = round(round(source))
        expect(round(once)).toBe(once)
      }),
      runs,
    )
  })

  test('batches give what single texts give', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (texts) => {
        const batch = tokenizer.encodeBatch(texts)
        const single = texts.map((one) => tokenizer.encode(one))
        expect(batch.map(({ ids }) => ids)).toEqual(single.map(({ ids }) => ids))
        expect(batch.map(({ offsets }) => offsets)).toEqual(single.map(({ offsets }) => offsets))
      }),
      runs,
    )
  })

  test('lengths of padding and truncation hold, and windows cover the text', () => {
    const side = fc.constantFrom('left' as const, 'right' as const)
    const numbers = fc.record({ maxLength: fc.integer({ min: 8, max: 20 }), stride: fc.integer({ min: 0, max: 3 }) })
    fc.assert(
      fc.property(
        text,
        text,
        numbers,
        side,
        side,
        fc.integer({ min: 1, max: 9 }),
        (one, two, size, cut, pad, multiple) => {
          const options = { maxLength: size.maxLength, truncationSide: cut, paddingSide: pad }
          const padded = tokenizer.encode(one, { ...options, textPair: two, truncation: true, padding: 'max_length' })
          expect(padded.length).toBe(size.maxLength)
          checkOffsets(padded, [one, two])
          const batch = tokenizer.encodeBatch([one, two], { padding: 'longest', padToMultipleOf: multiple })
          expect(batch[0].length).toBe(batch[1].length)
          expect(batch[0].length % multiple).toBe(0)
          const windows = tokenizer.encode(one, { ...options, stride: size.stride, returnOverflowingTokens: true })
          const lists = [windows, ...windows.overflowing].map(({ ids, specialTokensMask }) =>
            Array.from(ids).filter((_, i) => specialTokensMask[i] === 0),
          )
          if (cut === 'left') lists.reverse()
          // From the left, what is short is the first window, and the repeated tokens are then fewer: compare lengths only.
          const whole = Array.from(tokenizer.encode(one, { addSpecialTokens: false }).ids)
          for (const list of lists)
            expect(list.length).toBeLessThanOrEqual(size.maxLength - tokenizer.numSpecialTokens())
          expect(lists[0]).toEqual(whole.slice(0, lists[0].length))
          if (lists.length > 1) expect(lists.at(-1)).toEqual(whole.slice(-(lists.at(-1) as number[]).length))
        },
      ),
      runs,
    )
  })

  test.each(['a', '\u0301', '👍\ud800'])(`a word of 1 MB of %j (${name})`, (part) => {
    const word = part.repeat(Math.ceil(2 ** 20 / part.length))
    const { ids, starts, ends, length } = tokenizer.encode(word, { addSpecialTokens: false })
    expect(ids.length).toBe(length)
    for (let i = 1; i < length; i++) if (starts[i] < starts[i - 1]) throw new Error(`token ${i} begins before the last`)
    if (length > 0) expect(ends[length - 1]).toBeLessThanOrEqual(word.length)
  })
})
