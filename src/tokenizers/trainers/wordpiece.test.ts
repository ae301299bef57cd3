import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { trainWordPiece } from './wordpiece.ts'

const fixture = JSON.parse(readFileSync(new URL('./wordpiece.fixture.json', import.meta.url), 'utf8'))
const corpus: string[] = fixture.corpus
const texts = [...corpus, ...corpus, ...corpus.slice(0, 9)]

test.each(
  fixture.trainings as {
    lowercase: boolean
    limit: number
    vocab_size: number
    min_frequency: number
    vocab: string[]
  }[],
)(
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
  const settings = { vocabSize: 300, onProgress: ({ stage }: { stage: string }) => stages.push(stage) }
  const streamed = await trainWordPiece(stream(), settings)
  const listed = await trainWordPiece(texts, { vocabSize: 300 })
  expect(streamed.vocab).toEqual(listed.vocab)
  expect(stages.at(-1)).toBe('merge')
})

test('the order of the texts does not matter', async () => {
  const forward = await trainWordPiece(texts, { vocabSize: 500 })
  const backward = await trainWordPiece([...texts].reverse(), { vocabSize: 500 })
  expect(backward.vocab).toEqual(forward.vocab)
})

test('gives a tokenizer that knows its special tokens, from no text too', async () => {
  const tokenizer = await trainWordPiece([], { specialTokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '[E1]'] })
  expect(tokenizer.vocabSize).toBe(6)
  expect([...tokenizer.encode('[E1]a').ids]).toEqual([2, 5, 1, 3])
})

test('stops when it is told to', async () => {
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(trainWordPiece(texts, { signal })).rejects.toThrow('enough')
})

test.each([
  ['SETTING', 'vocabSize is 0', { vocabSize: 0 }],
  ['SETTING', 'minFrequency is 1.5', { minFrequency: 1.5 }],
  ['MISSING_SPECIAL_TOKEN', 'lacks [SEP]', { specialTokens: ['[PAD]', '[UNK]', '[CLS]', '[MASK]'] }],
])('%s: %s', async (code, message, options) => {
  await expect(trainWordPiece(texts, options)).rejects.toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  )
})
