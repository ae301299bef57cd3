import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { trainWordPiece } from './wordpiece.ts'

const fixture = JSON.parse(readFileSync(new URL('./wordpiece.fixture.json', import.meta.url), 'utf8'))
const corpus: string[] = fixture.corpus
const texts = [...corpus, ...corpus, ...corpus.slice(0, 9)]

interface Training {
  lowercase: boolean
  limit: number
  vocab_size: number
  min_frequency: number
  vocab: string[]
}
// Where the characters alone are more than vocab_size, Hugging Face makes a larger vocabulary than asked for.
const trainings: Training[] = fixture.trainings
const fitting = trainings.filter(({ vocab, vocab_size }) => vocab.length <= vocab_size)

test.each(fitting)(
  'learns the vocabulary of Hugging Face: $vocab_size tokens, lowercase $lowercase, alphabet $limit',
  async (answer) => {
    const tokenizer = await trainWordPiece(texts, {
      lowercase: answer.lowercase,
      limitAlphabet: answer.limit,
      vocabSize: answer.vocab_size,
      minFrequency: answer.min_frequency,
    })
    expect(tokenizer.vocab).toEqual(answer.vocab)
  },
)

test('reads texts that come one by one, and says how far it is', async () => {
  async function* stream() {
    yield* texts
  }
  const stages: string[] = []
  const settings = { vocabSize: 400, onProgress: ({ stage }: { stage: string }) => stages.push(stage) }
  const streamed = await trainWordPiece(stream(), settings)
  const listed = await trainWordPiece(texts, { vocabSize: 400 })
  expect(streamed.vocab).toEqual(listed.vocab)
  expect(stages.at(-1)).toBe('merge')
})

test('the order of the texts does not matter', async () => {
  const forward = await trainWordPiece(texts, { vocabSize: 500 })
  const backward = await trainWordPiece([...texts].reverse(), { vocabSize: 500 })
  expect(backward.vocab).toEqual(forward.vocab)
})

test('gives a tokenizer that knows its special tokens', async () => {
  const specialTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '[E1]']
  const tokenizer = await trainWordPiece(['b'], { specialTokens })
  expect(tokenizer.vocabSize).toBe(7)
  expect([...tokenizer.encode('[E1]ab b').ids]).toEqual([2, 5, 1, 6, 3])
})

test('characters of the initial alphabet are kept, whether they come or not', async () => {
  const { vocab } = await trainWordPiece(['aaa bb c'], { limitAlphabet: 2, initialAlphabet: 'cx' })
  expect(vocab.slice(5)).toEqual(['c', 'x'])
})

test('stops when it is told to', async () => {
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(trainWordPiece(texts, { signal })).rejects.toThrow('enough')
})

test.each([
  ['SETTING', 'vocabSize is 0', { vocabSize: 0 }],
  ['SETTING', 'minFrequency is 1.5', { minFrequency: 1.5 }],
  ['VOCAB_SIZE', '5 special tokens and', { vocabSize: 50 }],
  ['SETTING', '"x": expected different', { specialTokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'x', 'x'] }],
  ['MISSING_SPECIAL_TOKEN', 'lacks [SEP]', { specialTokens: ['[PAD]', '[UNK]', '[CLS]', '[MASK]'] }],
])('%s: %s', async (code, message, options) => {
  await expect(trainWordPiece(texts, options)).rejects.toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  )
})

test.each([
  ['no texts', []],
  ['hold no word', ['', '  ']],
])('refuses a corpus without words: %s', async (message, nothing) => {
  await expect(trainWordPiece(nothing)).rejects.toThrow(
    expect.objectContaining({ code: 'EMPTY_CORPUS', message: expect.stringContaining(message) }),
  )
})
