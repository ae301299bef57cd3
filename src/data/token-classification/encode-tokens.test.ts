import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError, DataError } from '../../core/errors.ts'
import { BertTokenizer } from '../../tokenizers/index.ts'
import { trainBpe } from '../../tokenizers/trainers/bpe.ts'
import { trainUnigram } from '../../tokenizers/trainers/unigram.ts'
import { collateMaskedLm, IGNORED_LABEL } from '../collator.ts'
import { type EncodeTokensOptions, encodeTokens } from './encode-tokens.ts'
import { collectTagLabels, tagIds } from './tag-labels.ts'
import type { TokenExample } from './token-example.ts'

interface Sequence {
  ids: number[]
  labels: number[]
}
interface Case {
  words: string[]
  tags: number[]
  maxLength: number | null
  stride: number
  allPieces: boolean
  windows: Sequence[]
  cut: Sequence | null
}

const fixture = JSON.parse(readFileSync(new URL('encode-tokens.fixture.json', import.meta.url), 'utf8'))
const cases: Case[] = fixture.cases
const tokenizer = new BertTokenizer({ vocab: fixture.vocab })
const labels = ['O', 'B-A', 'I-A', 'B-B', 'I-B']
const source = { file: 'a.conll', row: 7 }

const exampleOf = ({ words, tags }: Case): TokenExample => ({ words, tags: tags.map((id) => labels[id]), source })
const optionsOf = ({ maxLength, stride, allPieces }: Case): EncodeTokensOptions => ({
  maxLength: maxLength ?? undefined,
  stride,
  labelAllPieces: allPieces,
})

describe('as transformers', () => {
  test('windows and labels', () => {
    expect(cases.filter(({ windows }) => windows.length > 2).length).toBeGreaterThan(40)
    for (const item of cases) {
      const { items, windowed, truncated } = encodeTokens([exampleOf(item)], tokenizer, { ...optionsOf(item), labels })
      const found = items.map(({ ids, labels }) => ({ ids: [...ids], labels: [...labels] }))
      expect(found, JSON.stringify(item)).toEqual(item.windows)
      expect([windowed, truncated]).toEqual([Number(item.windows.length > 1), 0])
    }
  })

  test('cut sentences', () => {
    for (const item of cases) {
      const options = { ...optionsOf(item), labels, overflow: 'cut' as const }
      const { items, windowed, truncated } = encodeTokens([exampleOf(item)], tokenizer, options)
      const found = items.map(({ ids, labels }) => ({ ids: [...ids], labels: [...labels] }))
      expect(found, JSON.stringify(item)).toEqual([item.cut ?? item.windows[0]])
      expect([windowed, truncated]).toEqual([0, Number(item.cut !== null)])
    }
  })
})

test('items know their sentence and words, and batches have the labelled rows', () => {
  const examples: TokenExample[] = [
    { words: ['abcd', '\u200b', 'e'], tags: ['B-A', 'I-A', 'O'], source },
    { words: [], tags: [], source },
    { words: ['a.b', 'ab', 'ab'], tags: ['O', 'B-B', 'I-B'], source },
  ]
  const { items, windowed } = encodeTokens(examples, tokenizer, { labels, maxLength: 5, stride: 0 })
  expect(windowed).toBe(1)
  expect(items.map(({ sentence: { wordCount, tags }, words }) => [wordCount, [...words], [...tags!]])).toEqual([
    [3, [0, 2], [1, 2, 0]],
    [0, [], []],
    [3, [0], [0, 3, 4]],
    [3, [1, 2], [0, 3, 4]],
  ])
  expect(items[2].sentence).toBe(items[3].sentence)
  expect(items[3].sentence.example).toBe(examples[2])
  // [CLS] ab ##cd e [SEP]   [CLS] [SEP]   [CLS] a . b [SEP]   [CLS] ab ab [SEP]
  const batch = collateMaskedLm(items)
  expect([...batch.maskedRows]).toEqual([1, 3, 8, 13, 14])
  expect([...batch.labels]).toEqual([1, 0, 0, 3, 4])
})

test('without labels the first pieces are marked to be predicted', () => {
  const [item] = encodeTokens([{ words: ['abcd', 'e'], source }], tokenizer).items
  expect([...item.labels]).toEqual([IGNORED_LABEL, 0, IGNORED_LABEL, 0, IGNORED_LABEL])
  expect('tags' in item.sentence).toBe(false)
})

test('whatever the tokenizer and the windows, each word with tokens counts once, in a window that has its first piece', async () => {
  const corpus = ['the old miller walked down to the river', 'Café naïve 老磨坊主 Привет', "don't stop: the mill!"]
  const tokenizers = [
    tokenizer,
    await trainBpe(corpus, { vocabSize: 300 }),
    await trainUnigram(corpus, { vocabSize: 60 }),
  ]
  const word = fc.constantFrom(
    'the',
    'miller',
    "don't",
    '...',
    '老磨',
    '👍🏽',
    '\u200b',
    'é',
    'New York',
    ' ',
    'rivermillwalk',
    '\u0301',
  )
  const options = fc.record({
    overflow: fc.constantFrom('windows' as const, 'cut' as const),
    maxLength: fc.integer({ min: 3, max: 17 }),
    labelAllPieces: fc.boolean(),
  })
  fc.assert(
    fc.property(
      fc.constantFrom(...tokenizers),
      fc.array(word, { maxLength: 20 }),
      options,
      (encoder, words, chosen) => {
        const whole = encoder.encode(words)
        const example = { words, source }
        const { items, truncated } = encodeTokens([example], encoder, chosen)
        const counted: number[] = []
        for (const { ids, labels, words: own } of items) {
          expect(ids.length).toBeLessThanOrEqual(chosen.maxLength)
          const rows = [...labels.keys()].filter((row) => labels[row] !== IGNORED_LABEL)
          expect(rows.length).toBe(own.length)
          const distinct = [...new Set(own)]
          counted.push(...distinct)
          for (const each of distinct) expect(ids[rows[own.indexOf(each)]]).toBe(whole.ids[whole.wordIds.indexOf(each)])
          if (!chosen.labelAllPieces) expect(distinct.length).toBe(own.length)
        }
        const all = new Set(whole.wordIds.filter((id) => id !== null))
        expect(new Set(counted).size).toBe(counted.length)
        if (truncated === 0) expect(new Set(counted)).toEqual(all)
        else expect(chosen.overflow).toBe('cut')
      },
    ),
  )
})

describe('settings that cannot be', () => {
  const examples = [{ words: ['ab', 'ab', 'ab', 'ab'], source }]
  test.each<[EncodeTokensOptions, RegExp]>([
    [{ maxLength: 0 }, /maximum length of 1 or more/],
    [{ maxLength: 2 }, /leaves no room for words beside 2 special tokens/],
    [{ maxLength: 5, stride: 3 }, /stride of 3 leaves windows of 3 tokens nothing new/],
    [{ stride: -1 }, /stride of 0 or more/],
    [{ overflow: 'drop' as 'cut' }, /expected "windows" or "cut"/],
  ])('%j', (options, message) => {
    expect(() => encodeTokens(examples, tokenizer, options)).toThrow(ConfigError)
    expect(() => encodeTokens(examples, tokenizer, options)).toThrow(message)
  })
})

describe('labels', () => {
  const tagged = (...sentences: string[]) => sentences.map((tags) => ({ tags: tags.split(' ') }))

  test('of a data set: all letters of its scheme, by type', () => {
    const bio = ['O', 'B-a', 'I-a', 'B-b', 'I-b']
    expect(collectTagLabels(tagged('B-b O', 'B-a I-a'))).toEqual(bio)
    expect(collectTagLabels([...tagged('I-b O I-a'), { tags: undefined }])).toEqual(bio)
    expect(collectTagLabels(tagged('S-a O'))).toEqual(['O', 'B-a', 'I-a', 'E-a', 'S-a'])
    expect(collectTagLabels(tagged('U-a O'))).toEqual(['O', 'B-a', 'I-a', 'L-a', 'U-a'])
    expect(collectTagLabels(tagged('B I O'))).toEqual(['O', 'B', 'I'])
    expect(collectTagLabels(tagged('VERB NOUN O VERB'))).toEqual(['NOUN', 'O', 'VERB'])
    expect(collectTagLabels([])).toEqual(['O'])
    expect(collectTagLabels(tagged('B M E S'))).toEqual(['B', 'E', 'M', 'S'])
    expect(() => collectTagLabels(tagged('B-a O B_a'))).toThrow(/such as "B-a", and others do not, such as "B_a"/)
  })

  test('tags that a model does not know, or that are missing', () => {
    expect([...tagIds({ words: ['a', 'b'], tags: ['I-A', 'O'], source }, labels)]).toEqual([2, 0])
    expect(() => tagIds({ words: ['a', 'Rome'], tags: ['O', 'B-C'], source }, labels)).toThrow(
      /^a\.conll, row 7, word 2 of the sentence \("Rome"\): the tag "B-C" is not one that the model knows; did you mean "B-A"\? Known tags: "O", /,
    )
    expect(() => tagIds({ words: ['a'], source }, labels)).toThrow(/row 7: the sentence has no tags/)
    expect(() => tagIds({ words: ['a'], tags: [], source }, labels)).toThrow(/0 tags for 1 words/)
    expect(() => encodeTokens([{ words: ['a'], tags: ['X'], source }], tokenizer, { labels })).toThrow(DataError)
  })
})
