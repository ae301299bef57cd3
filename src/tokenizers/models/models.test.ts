import { describe, expect, test } from 'vitest'
import { TokenizerError } from '../../core/errors.ts'
import type { TokenModel } from '../components.ts'
import { NormalizedText } from '../normalized-text.ts'
import type { PreTokenizerConfig } from '../pre-tokenizers/index.ts'
import { createPreTokenizer } from '../pre-tokenizers/index.ts'
import { SplitText } from '../split-text.ts'
import { oneWord, plainText } from '../text.samples.ts'
import { TokenBuffer } from '../token-buffer.ts'
import { createModel, formatModel, readModel } from './index.ts'
import { asReferenceReads } from './lossy-number.ts'
import fixture from './models.fixture.json' with { type: 'json' }

interface Case {
  name: string
  /** Name of the case whose model has the fields that this one lacks. */
  base?: string
  model: Record<string, unknown>
  pre_tokenizer: PreTokenizerConfig | null
  texts?: string[]
  results: (number[] | null)[]
  pretty?: string
}
const cases = fixture.cases as unknown as Case[]

function modelOf({ base, model }: Case): Record<string, unknown> {
  return base === undefined ? model : { ...cases.find(({ name }) => name === base)?.model, ...model }
}

/** Ids, starts less the last end, lengths; null if the model throws. */
function tokenize(model: TokenModel, text: string, preTokenizer: PreTokenizerConfig | null): number[] | null {
  let split = oneWord(plainText(text))
  if (preTokenizer !== null) {
    const words = new SplitText()
    createPreTokenizer(preTokenizer).split(split, words)
    split = words
  }
  const out = new TokenBuffer()
  try {
    for (let w = 0; w < split.count; w++) model.tokenize(split.text, split.wordStarts[w], split.wordEnds[w], out)
  } catch (error) {
    expect(error).toBeInstanceOf(TokenizerError)
    return null
  }
  expect(out.wordCount).toBe(split.count)
  const list: number[] = []
  let last = 0
  for (let i = 0; i < out.length; i++) {
    list.push(out.ids[i], out.starts[i] - last, out.ends[i] - out.starts[i])
    last = out.ends[i]
  }
  return list
}

test.each(cases.map((one) => [one.name, one] as const))('%s as in tokenizers 0.23.2', (_, one) => {
  const model = createModel(readModel(modelOf(one), 'tokenizer.json'))
  for (const [i, text] of (one.texts ?? fixture.texts).entries()) {
    expect([text, tokenize(model, text, one.pre_tokenizer)]).toEqual([text, one.results[i]])
    // Once more, from the cache.
    expect([text, tokenize(model, text, one.pre_tokenizer)]).toEqual([text, one.results[i]])
  }
})

test.each(cases.filter(({ pretty }) => pretty !== undefined).map((one) => [one.name, one] as const))(
  '%s as tokenizers 0.23.2 writes it',
  (_, one) => {
    expect(formatModel(readModel(modelOf(one), 'tokenizer.json'))).toBe(one.pretty)
  },
)

test.each(cases.map((one) => [one.name, one] as const))('%s is the same after writing and reading', (_, one) => {
  const config = readModel(modelOf(one), 'tokenizer.json')
  const text = formatModel(config)
  expect(formatModel(readModel(JSON.parse(text), 'tokenizer.json'))).toBe(text)
  const model = createModel(config)
  expect(model.size).toBe(config.vocab.size)
  for (const [token, id] of config.vocab) {
    expect(model.idToToken(id)).toBe(token)
    expect(config.vocab.idToToken(model.tokenToId(token) as number)).toBe(token)
  }
})

test('scores are read as tokenizers 0.23.2 reads them', () => {
  expect(fixture.numbers.filter(([written, read]) => written !== read).length).toBeGreaterThan(10)
  for (const [written, read] of fixture.numbers) expect([written, asReferenceReads(written)]).toEqual([written, read])
})

describe('old forms', () => {
  const bpe = { vocab: { a: 0, b: 1, ab: 2 }, merges: ['#version: 0.2', 'a b'] }

  test('merges as texts', () => {
    const config = readModel({ type: 'BPE', ...bpe }, 'x')
    expect(config).toMatchObject({ type: 'BPE', unk_token: null, fuse_unk: false, dropout: null })
    expect(config).toHaveProperty('merges', Int32Array.of(0, 1, 2))
  })

  test('a missing type', () => {
    const wordLevel = { unk_token: 'a', vocab: { a: 0 } }
    const wordPiece = { ...wordLevel, continuing_subword_prefix: '##', max_input_chars_per_word: 9 }
    expect(readModel(bpe, 'x').type).toBe('BPE')
    expect(readModel(wordPiece, 'x').type).toBe('WordPiece')
    expect(readModel(wordLevel, 'x').type).toBe('WordLevel')
    expect(readModel({ vocab: [['a', 0]], unk_id: 0 }, 'x').type).toBe('Unigram')
  })
})

describe('refused', () => {
  const bpe = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']] }
  test.each([
    [
      'an unknown type',
      { type: 'Morfessor', vocab: {} },
      /tokenizer\.json: the model "Morfessor" is not known\. Known: WordPiece, /,
    ],
    ['no type and no fields', {}, /"type" of the model should be a string, found nothing/],
    ['dropout', { ...bpe, dropout: 0.1 }, /has the dropout 0\.1.*set "dropout" to null/],
    ['a merge of one piece', { ...bpe, merges: ['ab'] }, /"merges"\[0\] should be two pieces, .* found "ab"/],
    [
      'a merge of strange pieces',
      {
        ...bpe,
        merges: [
          ['a', 'b'],
          ['a', 'x'],
        ],
      },
      /merge 1 of "a" and "x" needs the piece "x", which/,
    ],
    [
      'a merge to a strange piece',
      { ...bpe, merges: [['b', 'a']] },
      /merge 0 of "b" and "a" needs the piece "ba", which/,
    ],
    ['an id that is no number', { ...bpe, vocab: { a: '0' } }, /the id of "a" should be a number, found "0"/],
    ['a negative id', { ...bpe, vocab: { a: -1 } }, /token "a" has the id -1: expected 0, 1, …/],
    ['an id twice', { ...bpe, vocab: { a: 1, b: 0, c: 1 } }, /tokens "a" and "c" both have the id 1\./],
    [
      'an unknown id',
      { type: 'Unigram', unk_id: 2, vocab: [['a', 0]] },
      /"unk_id" should be an id of the vocabulary, which has 1 /,
    ],
    ['a piece without a score', { type: 'Unigram', vocab: [['a']] }, /"vocab"\[0\] should be a piece and its score, /],
    [
      'a missing unknown token',
      { type: 'WordLevel', vocab: { a: 0 } },
      /"unk_token" should be a string, found nothing/,
    ],
  ])('%s', (_, json, message) => {
    expect(() => readModel(json, 'tokenizer.json')).toThrow(TokenizerError)
    expect(() => readModel(json, 'tokenizer.json')).toThrow(message)
  })

  test.each([
    [
      { type: 'WordPiece', vocab: { a: 0 } },
      /WordPiece model does not cover "x", and it lacks "\[UNK\]", the unknown token/,
    ],
    [
      { type: 'WordLevel', vocab: { a: 0 }, unk_token: '<unk>' },
      /WordLevel model does not cover "x", and it lacks "<unk>"/,
    ],
    [
      { type: 'BPE', vocab: { a: 0 }, merges: [], unk_token: '<unk>' },
      /BPE model does not cover "x", and it lacks "<unk>"/,
    ],
    [{ type: 'Unigram', vocab: [['a', 0]] }, /Unigram model does not cover "x", and the model names no unknown token/],
  ])('a word that is not known: %j', (json, message) => {
    const model = createModel(readModel(json, 'x'))
    expect(() => model.tokenize(plainText('x'), 0, 1, new TokenBuffer())).toThrow(message)
    // The word that failed leaves nothing behind.
    const out = new TokenBuffer()
    model.tokenize(plainText('a'), 0, 1, out)
    expect(Array.from(out.ids.subarray(0, out.length))).toEqual([0])
  })
})

describe('words of a megabyte', () => {
  const length = 1 << 20
  const vocab = { a: 0, aa: 1, aaaa: 2, b: 3, ab: 4, bab: 5 }
  const merges = ['a a', 'aa aa', 'a b', 'b ab']
  test.each([
    ['BPE', { type: 'BPE', vocab, merges }, 'a', length / 4],
    ['BPE', { type: 'BPE', vocab, merges }, 'ab', length / 2],
    ['Unigram', { type: 'Unigram', vocab: Object.keys(vocab).map((piece) => [piece, -1]) }, 'a', length / 4],
    ['Unigram of unknown characters', { type: 'Unigram', unk_id: 0, vocab: [['<unk>', -1]] }, 'a', 1],
    ['WordPiece', { type: 'WordPiece', vocab: { ...vocab, '[UNK]': 6 } }, 'a', 1],
  ])('%s takes n log n', (_, json, unit, count) => {
    const text = new NormalizedText()
    for (let i = 0; i < length; i++) text.push(unit.charCodeAt(i % unit.length), i, i + 1)
    const out = new TokenBuffer()
    const before = performance.now()
    createModel(readModel(json, 'x')).tokenize(text, 0, length, out)
    expect(out.length).toBe(count)
    expect(out.ends[out.length - 1]).toBe(length)
    expect(performance.now() - before).toBeLessThan(5000)
  })
})

test('more words than the cache holds', () => {
  const letters = 'abcdefghijklmnop'
  const model = createModel(
    readModel({ type: 'BPE', vocab: Object.fromEntries([...letters].map((c, i) => [c, i])), merges: [] }, 'x'),
  )
  for (let n = 0; n < 40_000; n++) {
    const word = Array.from({ length: 5 }, (_, i) => letters[(n >> (4 * i)) & 15]).join('')
    const out = new TokenBuffer()
    model.tokenize(plainText(word), 0, 5, out)
    const ids = Array.from(out.ids.subarray(0, 5))
    if (out.length !== 5 || ids.some((id, i) => letters[id] !== word[i])) expect([word, ids]).toBe('the letters')
  }
})
