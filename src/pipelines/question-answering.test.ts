import { expect, test } from 'vitest'
import { BertTokenizer } from '../tokenizers/index.ts'
import { fakeAnswerModel } from '../training/tasks/answer-model.samples.ts'
import { questionAnsweringPipeline } from './question-answering.ts'

const words = ['where', 'ada', 'lived', 'in', 'london', 'and', 'paris', '.', '?']
const tokenizer = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words] })
const logits = new Map([
  [tokenizer.tokenToId('london'), 5],
  [tokenizer.tokenToId('paris'), 4],
  [tokenizer.clsId, 1],
])
const model = fakeAnswerModel((id) => [logits.get(id) ?? -9, logits.get(id) ?? -9])
const answer = questionAnsweringPipeline(model, tokenizer)
const question = 'Where?'
const context = '👍🏽 Ada lived in London and Paris.'

test('one question', async () => {
  const found = await answer({ question, context })
  expect(found).toEqual({ answer: 'London', score: expect.any(Number), start: 18, end: 24 })
  expect(context.slice(18, 24)).toBe('London')
  // London, "London and Paris", Paris: sums of 10, 9 and 8; all others far below.
  expect(found.score).toBeCloseTo(1 / (1 + Math.exp(-1) + Math.exp(-2)), 4)
})

test('several questions, in order; the same twice', async () => {
  const inputs = [
    { question, context: 'Paris' },
    { question, context },
    { question, context: 'Paris' },
  ]
  const found = await answer(inputs)
  expect(found.map(({ answer }) => answer)).toEqual(['Paris', 'London', 'Paris'])
  expect(found[2]).toEqual({ answer: 'Paris', score: 1, start: 0, end: 5 })
  expect(await answer([])).toEqual([])
})

test('the best answers', async () => {
  const found = await answer({ question, context }, { topK: 3 })
  expect(found.map(({ answer }) => answer)).toEqual(['London', 'London and Paris', 'Paris'])
  expect(await answer({ question, context }, { topK: 1 })).toEqual(found.slice(0, 1))
  const lists = await answer([{ question, context }], { topK: 2, maxAnswerLength: 1 })
  expect(lists.map((list) => list.map(({ answer }) => answer))).toEqual([['London', 'Paris']])
  expect((await answer({ question, context }, { topK: 99 })).length).toBeGreaterThan(20)
})

test('no answer, which is first where it is preferred', async () => {
  const input = { question, context: 'Ada lived.' }
  const none = { answer: '', score: expect.any(Number), start: 0, end: 0 }
  expect((await answer(input)).answer).not.toBe('')
  expect(await answer(input, { allowNoAnswer: true })).toEqual(none)
  const options = { allowNoAnswer: true, topK: 2 }
  expect((await answer({ question, context: 'Paris' }, options)).map(({ answer }) => answer)).toEqual(['Paris', ''])
  const doubtful = await answer({ question, context: 'Paris' }, { ...options, nullScoreDiffThreshold: -7 })
  expect(doubtful.map(({ answer }) => answer)).toEqual(['', 'Paris'])
})

test('long contexts are read in windows that the model can take', async () => {
  const short = fakeAnswerModel((id) => [logits.get(id) ?? -9, logits.get(id) ?? -9], 12)
  const long = `${'ada and '.repeat(20)}London ${'and ada '.repeat(20)}`
  const found = await questionAnsweringPipeline(short, tokenizer)({ question, context: long })
  expect(found).toMatchObject({ answer: 'London', start: 160, end: 166 })
  expect(short.batches.every(({ longest }) => longest <= 12)).toBe(true)
  await questionAnsweringPipeline(short, tokenizer, { maxLength: 7 })({ question, context: long })
  expect(short.batches.at(-1)!.longest).toBe(7)
})

test('bad input', async () => {
  await expect(answer({ question: ' ', context })).rejects.toThrow(
    expect.objectContaining({
      code: 'EMPTY_TEXT',
      message: expect.stringMatching(/^the question of the input is empty: /),
    }),
  )
  await expect(answer([{ question, context }, { question } as never])).rejects.toThrow(
    'the context of the input 2 is no text',
  )
  await expect(answer({ question, context }, { topK: 0 })).rejects.toThrow(
    'topK must be a whole number of at least 1, not 0',
  )
  await expect(answer({ question, context }, { nBestSize: 0 })).rejects.toThrow('nBestSize must be')
})

test('closes its model', async () => {
  let closed = 0
  const own = { ...model, close: async () => void closed++ }
  await questionAnsweringPipeline(own, tokenizer).close()
  expect(closed).toBe(1)
})
