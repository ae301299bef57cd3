import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BertTokenizer } from '../../tokenizers/index.ts'
import { type AnswerOptions, bestAnswers } from './best-answers.ts'
import { type AnswerWindow, encodeQuestions } from './encode-questions.ts'

interface Case {
  question: string
  context: string
  maxLength: number
  stride: number
  maxQuestionLength: number
  options: Required<AnswerOptions>
  /** A list a window. */
  logits: number[][]
  answer: string
  best: [text: string, probability: number, startLogit: number, endLogit: number][]
  nullScoreDiff: number | null
}

const fixture = JSON.parse(readFileSync(new URL('question-answering.fixture.json', import.meta.url), 'utf8'))
const cases: Case[] = fixture.answers
const tokenizer = new BertTokenizer({ vocab: fixture.vocab })

function windowsOf({ question, context }: { question: string; context: string }, options: object): AnswerWindow[] {
  const source = { file: 'a.json', row: 1 }
  const example = { id: 'x', question, context, answers: [], isImpossible: false, source }
  return encodeQuestions([example], tokenizer, options).windows
}

const windowOf = (context: string) => windowsOf({ question: 'hay', context }, {})

/** Logits that are low but for some places. */
function logitsOf({ ids }: AnswerWindow, starts: Record<number, number>, ends: Record<number, number>): Float32Array {
  return Float32Array.from({ length: 2 * ids.length }, (_, i) => (i % 2 ? ends : starts)[i >> 1] ?? -9)
}

describe('as transformers', () => {
  test('the best answers, their probabilities and the choice', () => {
    let single = 0
    for (const { logits, options, answer, best, nullScoreDiff, ...item } of cases) {
      const windows = windowsOf(item, item)
      const found = bestAnswers(
        windows,
        logits.map((values) => Float32Array.from(values)),
        options,
      )
      const message = JSON.stringify({ ...item, options })
      // Without a single answer, the reference makes one up.
      const isMadeUp = best[0][0] === 'empty'
      if (isMadeUp) {
        expect(found.bestText, message).toBeUndefined()
        expect(found.answer.text).toBe('')
        expect(found.candidates.map(({ text }) => text)).toEqual(options.allowNoAnswer ? [''] : [])
        expect(found.nullScoreDiff).toBe(options.allowNoAnswer ? Number.POSITIVE_INFINITY : undefined)
        continue
      }
      if (best.length > 1) single++
      expect(found.answer.text, message).toBe(answer)
      expect(
        found.candidates.map(({ text, startLogit, endLogit }) => [text, startLogit, endLogit]),
        message,
      ).toEqual(best.map(([text, , startLogit, endLogit]) => [text, startLogit, endLogit]))
      found.candidates.forEach(({ score }, i) => {
        expect(score).toBeCloseTo(best[i][1], 14)
      })
      expect(found.nullScoreDiff).toBe(nullScoreDiff ?? undefined)
    }
    expect(single).toBeGreaterThan(30)
  })
})

test('the answer is the best stretch of all that may be one, and a slice of the context', () => {
  const word = fc.constantFrom('wolf', 'Bear', 'ab', 'é', '水', '.', '👍🏽')
  const item = fc.record({
    words: fc.array(word, { minLength: 1, maxLength: 9 }),
    maxAnswerLength: fc.integer({ min: 1, max: 4 }),
    seed: fc.array(fc.integer({ min: -60, max: 60 }), { minLength: 40, maxLength: 40 }),
    allowNoAnswer: fc.boolean(),
  })
  fc.assert(
    fc.property(item, ({ words, maxAnswerLength, seed, allowNoAnswer }) => {
      const windows = windowsOf({ question: 'hay', context: words.join(' ') }, { maxLength: 9, stride: 1 })
      const logits = windows.map(({ ids }, w) =>
        Float32Array.from({ length: 2 * ids.length }, (_, i) => seed[(i * 7 + w * 13) % 40] + i / 64 + w / 7),
      )
      const { candidates, answer, bestText } = bestAnswers(windows, logits, { maxAnswerLength, allowNoAnswer })
      const sums: number[] = []
      windows.forEach(({ contextStart, starts, mostContext }, w) => {
        for (let first = 0; first < starts.length; first++) {
          for (let last = first; last < Math.min(starts.length, first + maxAnswerLength); last++) {
            if (mostContext[first])
              sums.push(logits[w][2 * (contextStart + first)] + logits[w][2 * (contextStart + last) + 1])
          }
        }
      })
      expect(bestText!.startLogit + bestText!.endLogit).toBe(Math.max(...sums))
      for (const { text, start, end } of candidates) expect(windows[0].example.context.slice(start, end)).toBe(text)
      expect(candidates.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 12)
      expect(candidates.map(({ score }) => score)).toEqual(candidates.map(({ score }) => score).sort((a, b) => b - a))
      expect(candidates).toContain(answer)
      if (allowNoAnswer) expect(candidates.some(({ text }) => text === '') || candidates.length === 20).toBe(true)
      else expect(answer).toBe(bestText)
    }),
    { numRuns: 60 },
  )
})

test('the same text counts once, at its best place', () => {
  const windows = windowOf('wolf bear wolf')
  const logits = [logitsOf(windows[0], { 3: 1, 5: 2 }, { 3: 1, 5: 2 })]
  const { candidates, answer } = bestAnswers(windows, logits)
  expect(candidates.filter(({ text }) => text === 'wolf')).toEqual([answer])
  expect(answer).toMatchObject({ start: 10, end: 14, startLogit: 2, endLogit: 2 })
})

test('white space that tokens begin with is no part of an answer', () => {
  const [window] = windowOf('wolf  bear ')
  // As of SentencePiece: " bear" and a space alone.
  const starts = Int32Array.of(0, 4, 5, 10)
  const own = { ...window, starts, ends: Int32Array.of(4, 5, 10, 11), mostContext: Uint8Array.of(1, 1, 1, 1) }
  const wide = { ...own, ids: new Int32Array(7), typeIds: new Int32Array(7) }
  const { candidates } = bestAnswers([wide], [logitsOf(wide, { 4: 3, 5: 2 }, { 6: 3, 5: 2, 4: 1 })])
  expect(candidates.map(({ text, start, end }) => [text, start, end]).slice(0, 1)).toEqual([['bear', 6, 10]])
  expect(candidates.every(({ text }) => text !== '' && text === text.trim())).toBe(true)
})

test('"no answer" is preferred above the threshold only', () => {
  const windows = windowOf('wolf')
  // [CLS] hay [SEP] wolf [SEP]: the difference is 3 - 2.5.
  const logits = [logitsOf(windows[0], { 0: 2, 3: 1 }, { 0: 1, 3: 1.5 })]
  const none = { text: '', start: 0, end: 0, startLogit: 2, endLogit: 1 }
  const answerOf = (options: AnswerOptions) => bestAnswers(windows, logits, options)
  expect(answerOf({ allowNoAnswer: true })).toMatchObject({
    answer: none,
    nullScoreDiff: 0.5,
    bestText: { text: 'wolf' },
  })
  expect(answerOf({ allowNoAnswer: true, nullScoreDiffThreshold: 0.5 }).answer.text).toBe('wolf')
  expect(answerOf({ allowNoAnswer: true, nullScoreDiffThreshold: 0.49 }).answer).toMatchObject(none)
  expect(answerOf({})).toMatchObject({ answer: { text: 'wolf', score: 1 } })
  expect(answerOf({}).nullScoreDiff).toBeUndefined()
})

test('without context there is no answer', () => {
  const windows = windowOf(' ')
  const logits = [logitsOf(windows[0], { 0: 1 }, { 0: 1 })]
  const none = { text: '', start: 0, end: 0 }
  expect(bestAnswers(windows, logits)).toMatchObject({ answer: { ...none, score: 0 }, candidates: [] })
  expect(bestAnswers(windows, logits, { allowNoAnswer: true })).toMatchObject({
    answer: { ...none, score: 1, startLogit: 1 },
    nullScoreDiff: Number.POSITIVE_INFINITY,
  })
})

test('bad input', () => {
  const windows = windowOf('wolf')
  expect(() => bestAnswers(windows, [new Float32Array(4)])).toThrow(
    expect.objectContaining({ name: 'ShapeError', message: 'window 0 has 5 tokens: expected 10 logits, found 4.' }),
  )
  expect(() => bestAnswers(windows, [])).toThrow('found none')
  for (const options of [{ nBestSize: 0 }, { maxAnswerLength: 1.5 }, { nullScoreDiffThreshold: Number.NaN }]) {
    expect(() => bestAnswers(windows, [new Float32Array(10)], options)).toThrow(
      expect.objectContaining({ name: 'ConfigError', code: 'ANSWER_OPTION' }),
    )
  }
})
