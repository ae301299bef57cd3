import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BertTokenizer, createTokenizer, type Tokenizer, trainBpe } from '../../tokenizers/index.ts'
import { collateQuestions } from './collate-questions.ts'
import { type AnswerWindow, type EncodeQuestionsOptions, encodeQuestions } from './encode-questions.ts'
import type { Answer, QuestionExample } from './question-example.ts'

interface Case {
  question: string
  context: string
  maxLength: number
  stride: number
  maxQuestionLength: number
  /** Start in code points. */
  answer: [start: number, text: string] | null
  windows: [ids: number[], contextStart: number, offsets: number[], labels: [number, number], mostContext: number[]][]
}

const fixture = JSON.parse(readFileSync(new URL('question-answering.fixture.json', import.meta.url), 'utf8'))
const cases: Case[] = fixture.labels
const tokenizer = new BertTokenizer({ vocab: fixture.vocab })

function exampleOf(question: string, context: string, answers: Answer[] = []): QuestionExample {
  return { id: 'x', question, context, answers, isImpossible: false, source: { file: 'a.json', row: 1 } }
}

/** The stretch of the context that a window's labels say. */
function labelled({ example, contextStart, startLabel, endLabel, starts, ends }: AnswerWindow): string {
  return example.context.slice(starts[startLabel - contextStart], ends[endLabel - contextStart])
}

test('windows, labels and most context as transformers', () => {
  let held = 0
  for (const { question, context, answer, windows: expected, ...options } of cases) {
    const answers = answer ? [{ text: answer[1], start: answer[0] }] : []
    const { windows, answersOutside, cutQuestions } = encodeQuestions(
      [exampleOf(question, context, answers)],
      tokenizer,
      options,
    )
    const found = windows.map((window) => [
      [...window.ids],
      window.contextStart,
      Array.from(window.starts, (start, t) => [start, window.ends[t]]).flat(),
      [window.startLabel, window.endLabel],
      [...window.mostContext],
    ])
    expect(found, JSON.stringify({ question, context, answer, ...options })).toEqual(expected)
    const isHeld = expected.some(([, , , [start]]) => start > 0)
    expect([answersOutside, cutQuestions]).toEqual([Number(answer !== null && !isHeld), 0])
    if (isHeld) held++
  }
  expect(held).toBeGreaterThan(60)
})

describe('tokenizers', async () => {
  const text = 'the wolf and the bear saw a crow; the crow saw the wolf by the river, and the river was odd'
  const bytes = await trainBpe([text], { vocabSize: 290 })
  const all: [string, Tokenizer][] = [
    ['WordPiece', tokenizer],
    ['byte-level BPE', bytes],
  ]

  test.each(all)('%s: labels lead to the answer in every window that holds it', (_, own) => {
    const piece = fc.constantFrom('wolf', 'bear', ' ', ' ', '  ', '\n', '.', 'a', 'ab', 'é', '👍🏽', '水', 'ﬁ', "'s")
    const context = fc.array(piece, { minLength: 1, maxLength: 30 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(context, fc.nat(), fc.nat(), fc.integer({ min: 8, max: 30 }), (context, a, b, maxLength) => {
        const start = a % context.length
        const text = context.slice(start, start + 1 + (b % 20))
        const { windows, answersOutside, unalignedAnswers } = encodeQuestions(
          [exampleOf('wolf?', context, [{ text, start }])],
          own,
          { maxLength },
        )
        const whole = encodeQuestions([exampleOf('wolf?', context)], own, { maxLength: 500 }).windows[0]
        // The windows have all tokens of the context, each where it belongs, and most context once.
        const seen = new Map<string, number>()
        for (const { starts, ends, mostContext, ids, contextStart } of windows) {
          expect(ids.length).toBeLessThanOrEqual(maxLength)
          expect(ids.length).toBe(contextStart + starts.length + 1)
          starts.forEach((start, t) => {
            const key = `${start} ${ends[t]}`
            seen.set(key, (seen.get(key) ?? 0) + mostContext[t])
          })
        }
        const tokens = new Map<string, number>()
        whole.starts.forEach((start, t) => {
          const key = `${start} ${whole.ends[t]}`
          tokens.set(key, (tokens.get(key) ?? 0) + 1)
        })
        expect(seen).toEqual(tokens)
        // A labelled stretch holds the answer, and is the answer if it falls on token boundaries.
        const labels = windows.filter(({ startLabel }) => startLabel > 0).map(labelled)
        for (const each of labels) {
          if (unalignedAnswers === 0) expect(each).toBe(text.trim())
        }
        expect(labels.length === 0).toBe(answersOutside === 1)
        if (text.trim() === '') expect(labels).toEqual([])
      }),
      { numRuns: 60 },
    )
  })
})

test('the first answer trains; impossible questions and unknown answers are labelled with [CLS]', () => {
  const context = 'wolf bear oak river'
  const own = [
    exampleOf('crow?', context, [
      { text: 'river', start: 14 },
      { text: 'wolf', start: 0 },
    ]),
    exampleOf('crow?', context),
  ]
  const { windows, ...counts } = encodeQuestions(own, tokenizer)
  expect(counts).toEqual({ cutQuestions: 0, windowed: 0, answersOutside: 0, unalignedAnswers: 0 })
  expect(windows.map(({ startLabel, endLabel }) => [startLabel, endLabel])).toEqual([
    [7, 7],
    [0, 0],
  ])
  const { startLabels, endLabels, size, tokens } = collateQuestions([...windows, windows[0]])
  expect([size, tokens]).toEqual([3, 27])
  expect(startLabels).toEqual(Int32Array.of(7, 0, 7))
  expect(endLabels).toEqual(Int32Array.of(7, 0, 7))
})

test('counts', () => {
  const [wolves, context] = ['wolf wolf wolf wolf', 'bear oak river mill wolf crow hay']
  const examples = [
    exampleOf(wolves, context, [{ text: 'bear oak river mill wolf', start: 0 }]),
    exampleOf('wolf?', context, [{ text: 'iver mil', start: 10 }]),
    exampleOf('   wolf', ' bear', [{ text: ' bear', start: 0 }]),
    exampleOf('', '', []),
  ]
  const { windows, ...counts } = encodeQuestions(examples, tokenizer, {
    maxLength: 10,
    maxQuestionLength: 3,
    stride: 2,
  })
  expect(counts).toEqual({ cutQuestions: 1, windowed: 2, answersOutside: 1, unalignedAnswers: 1 })
  // Cut to three wolves, with room for four tokens of the context, two of which are new; then for five.
  expect(windows.map(({ window, starts }) => [window, starts.length])).toEqual([
    [0, 4],
    [1, 4],
    [2, 3],
    [0, 5],
    [1, 4],
    [0, 1],
    [0, 0],
  ])
  expect(windows.slice(3, 6).map((each) => (each.startLabel > 0 ? labelled(each) : ''))).toEqual([
    'river mill',
    '',
    'bear',
  ])
  expect(tokenizer.decode(windows[0].ids, { skipSpecialTokens: false })).toBe(
    '[CLS] wolf wolf wolf [SEP] bear oak river mill [SEP]',
  )
  expect([...windows[6].ids]).toEqual([2, 3, 3])
})

test('a question is cut where its beginning still fits', () => {
  const { windows, cutQuestions } = encodeQuestions([exampleOf('abcd abcd', 'wolf')], tokenizer, {
    maxQuestionLength: 3,
  })
  expect(cutQuestions).toBe(1)
  expect(tokenizer.decode(windows[0].ids)).toBe('abcd ab wolf')
})

test('defaults for short models', () => {
  const context = 'wolf bear oak river mill wolf crow hay '.repeat(9)
  for (const maxLength of [5, 6, 7, 9, 16, 64]) {
    const { windows } = encodeQuestions([exampleOf('hay '.repeat(99), context)], tokenizer, { maxLength })
    expect(windows.every(({ ids }) => ids.length <= maxLength)).toBe(true)
    expect(windows.at(-1)!.ends.at(-1)).toBe(context.length - 1)
  }
})

test.each<[EncodeQuestionsOptions, string, string]>([
  [
    { maxLength: 4 },
    'MAX_LENGTH',
    'a maximum length of 4 leaves no room for a question and a context beside 3 special tokens',
  ],
  [{ maxLength: 9.5 }, 'MAX_LENGTH', 'expected a whole number of at least 5'],
  [{ maxLength: 9, maxQuestionLength: 6 }, 'MAX_QUESTION_LENGTH', 'must be a whole number from 1 to 5, not 6'],
  [{ maxQuestionLength: 0 }, 'MAX_QUESTION_LENGTH', 'maxQuestionLength must be a whole number from 1 to'],
  [{ maxLength: 20, maxQuestionLength: 7, stride: 10 }, 'STRIDE', 'stride must be a whole number from 0 to 9, not 10'],
  [{ stride: -1 }, 'STRIDE', 'stride must be a whole number from 0 to '],
])('%j', (options, code, message) => {
  const failing = () => encodeQuestions([exampleOf('wolf', 'bear')], tokenizer, options)
  expect(failing).toThrow(
    expect.objectContaining({ name: 'ConfigError', code, message: expect.stringContaining(message) }),
  )
})

test('context tokens are told by their text, not by segments', () => {
  // RoBERTa's way: no segments, two separators between the texts.
  const own = createTokenizer({
    ...tokenizer.definition,
    postProcessor: {
      type: 'RobertaProcessing',
      sep: ['[SEP]', 3],
      cls: ['[CLS]', 2],
      trim_offsets: false,
      add_prefix_space: false,
    },
  })
  const { windows } = encodeQuestions([exampleOf('wolf', 'bear oak', [{ text: 'oak', start: 5 }])], own)
  expect([...windows[0].typeIds]).toEqual([0, 0, 0, 0, 0, 0, 0])
  expect(windows[0]).toMatchObject({ contextStart: 4, startLabel: 5, endLabel: 5 })
})
