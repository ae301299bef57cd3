import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BertTokenizer, createTokenizer, formatTokenizerJson, growVocabulary, parseTokenizerJson } from './index.ts'

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
const vocab = [
  ...special,
  'the',
  'gene',
  'a',
  '##some',
  'cod',
  '##e',
  '##s',
  '##r',
  'in',
  '##g',
  'b',
  '-',
  '2',
  '##3',
  'é',
]
const tokenizer = new BertTokenizer({ vocab })
const repeat = (text: string, times: number) => Array.from({ length: times }, () => text)

describe('grows by words', () => {
  // codes: 5 x 2 tokens saved; genes: 7; coder: 3 x 2. Numbers, unknown words, signs and words of one token stay.
  const texts = [
    ...repeat('The CODER codes Genes', 3),
    ...repeat('genes in the 23 qqqq in-b', 4),
    ...repeat('codes', 2),
    ...repeat('aing', 2), // too rare
  ]

  test('that save the most tokens, normalised, with the ids that follow', async () => {
    const {
      tokenizer: grown,
      added,
      tokensPerWord,
    } = await growVocabulary(tokenizer, texts, {
      words: 9,
      minFrequency: 3,
    })
    expect(added.map(({ word, id, count, pieces }) => [word, id, count, [...pieces]])).toEqual([
      ['codes', 20, 5, [9, 10, 11]],
      ['genes', 21, 7, [6, 11]],
      ['coder', 22, 3, [9, 10, 12]],
    ])
    expect(grown.vocabSize).toBe(23)
    expect(grown.tokenize('The coders codes genes')).toEqual(['the', 'coder', '##s', 'codes', 'genes'])
    const before = texts.reduce((sum, text) => sum + tokenizer.tokenize(text).length, 0)
    const after = texts.reduce((sum, text) => sum + grown.tokenize(text).length, 0)
    expect(tokensPerWord).toEqual({ before: before / 48, after: after / 48 })
  })

  test('as many as are asked for, and none if there are none', async () => {
    const { added } = await growVocabulary(tokenizer, texts, { words: 1, minFrequency: 3 })
    expect(added.map(({ word }) => word)).toEqual(['codes'])
    const none = await growVocabulary(tokenizer, ['the gene', 'codes'], { words: 5 })
    expect(none.added).toEqual([])
    expect(none.tokenizer).toBe(tokenizer)
  })

  test('and all other words keep their ids, also in files', async () => {
    const { tokenizer: grown, added } = await growVocabulary(tokenizer, texts, { words: 9, minFrequency: 3 })
    // Anything that the vocabulary can spell, and some that it cannot, but for words that begin with a new one.
    const piece = fc.constantFrom(...vocab.map((token) => token.replace('##', '')), ' ', ' ', 'S', 'q', '.', '水')
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
    const isNew = new RegExp(`(^|\\P{L}|水)(${added.map(({ word }) => word).join('|')})`, 'iu')
    const oldText = text.filter((made) => !isNew.test(made))
    fc.assert(
      fc.property(oldText, (made) => {
        expect(grown.encode(made)).toEqual(tokenizer.encode(made))
      }),
    )
    const read = createTokenizer(parseTokenizerJson(formatTokenizerJson(grown), 'tokenizer.json'))
    expect(read.encode('the genes coder').ids).toEqual(Int32Array.of(2, 5, 21, 22, 3))
  })

  test('past tokens that were added behind the vocabulary', async () => {
    const flags = { special: false, normalized: false, singleWord: false, lstrip: false, rstrip: false }
    const more = new BertTokenizer({ vocab, addedTokens: [{ content: '<x>', id: 20, ...flags }] })
    const { tokenizer: grown, added } = await growVocabulary(more, texts, { words: 1, minFrequency: 3 })
    expect(added[0].id).toBe(21)
    expect([...grown.encode('<x> codes', { addSpecialTokens: false }).ids]).toEqual([20, 21])
  })

  test('but not by those that an added token cuts, which would never be met', async () => {
    const flags = { special: false, normalized: true, singleWord: false, lstrip: false, rstrip: false }
    const more = new BertTokenizer({ vocab, addedTokens: [{ content: 'gene', id: 6, ...flags }] })
    const { added } = await growVocabulary(more, texts, { words: 9, minFrequency: 3 })
    expect(added.map(({ word }) => word)).toEqual(['codes', 'coder'])
  })

  test('from a stream, with a signal', async () => {
    const stream = (async function* () {
      yield* texts
    })()
    const { added } = await growVocabulary(tokenizer, stream, { words: 9, minFrequency: 3 })
    expect(added.map(({ word }) => word)).toEqual(['codes', 'genes', 'coder'])
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(growVocabulary(tokenizer, texts, { words: 9, signal })).rejects.toThrow('enough')
  })

  test('words that begin with a new one are cut behind it, and counted so', async () => {
    const more = [...repeat('codes', 4), ...repeat('codeses', 2)]
    const {
      tokenizer: grown,
      added,
      tokensPerWord,
    } = await growVocabulary(tokenizer, more, { words: 1, minFrequency: 3 })
    expect(added.map(({ word }) => word)).toEqual(['codes'])
    expect(tokenizer.tokenize('codeses')).toEqual(['cod', '##e', '##s', '##e', '##s'])
    expect(grown.tokenize('codeses')).toEqual(['codes', '##e', '##s'])
    expect(tokensPerWord).toEqual({ before: 22 / 6, after: 10 / 6 })
  })
})

test.each([0, -1, 1.5, Number.NaN])('%s words are refused', async (words) => {
  await expect(growVocabulary(tokenizer, ['codes'], { words })).rejects.toThrow(
    /words is .*: expected a whole number of 1/,
  )
})

test('texts without words are refused', async () => {
  await expect(growVocabulary(tokenizer, [' '], { words: 1 })).rejects.toThrow(/hold no word/)
})

interface Group {
  settings: {
    words: number
    minFrequency: number
    lowercase: boolean
    strip_accents?: boolean
    handle_chinese_chars?: boolean
  }
  candidates: number
  added: { word: string; count: number; pieces: number[]; id: number }[]
  ids: number[][]
}

describe("finds what Hugging Face's tokenizers has", () => {
  const url = new URL('./grow-vocabulary.fixture.json', import.meta.url)
  const fixture: { texts: string[]; vocab: string[]; groups: Group[] } = JSON.parse(readFileSync(url, 'utf8'))
  test.each(fixture.groups)('$settings', async ({ settings, candidates, added: expected, ids }) => {
    const before = new BertTokenizer({
      vocab: fixture.vocab,
      lowercase: settings.lowercase,
      stripAccents: settings.strip_accents,
      handleChineseChars: settings.handle_chinese_chars,
    })
    const { tokenizer: grown, added } = await growVocabulary(before, fixture.texts, settings)
    expect(added.map((each) => ({ ...each, pieces: [...each.pieces] }))).toEqual(expected)
    expect(added.length).toBe(Math.min(candidates, settings.words))
    for (const [i, text] of fixture.texts.entries()) expect([...grown.encode(text).ids]).toEqual(ids[i])
  })
})
