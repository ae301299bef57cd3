import { ConfigError } from '../../core/errors.ts'
import type { EncodedSequence } from '../collator.ts'
import type { Answer, QuestionExample } from './question-example.ts'
import { withoutSpace } from './without-space.ts'

/** An encoding of a question and its context, or of one alone. */
export interface QuestionEncoding {
  /** `ids: int32 [length]` */
  readonly ids: Int32Array
  /** `typeIds: int32 [length]` */
  readonly typeIds: Int32Array
  /** 0 for tokens of the first text, 1 for those of the second, null for special tokens. */
  readonly sequenceIds: readonly (number | null)[]
  /** `starts: int32 [length]`, where each token begins in its own text, UTF-16 units */
  readonly starts: Int32Array
  /** `ends: int32 [length]` */
  readonly ends: Int32Array
  /** Further windows, in order. */
  readonly overflowing: readonly QuestionEncoding[]
}

/** The settings of a tokenizer that questions need. */
export interface QuestionEncoderOptions {
  textPair?: string
  addSpecialTokens?: boolean
  maxLength?: number
  truncation?: false | 'only_second'
  truncationSide?: 'right'
  stride?: number
  returnOverflowingTokens?: boolean
}

/** What is needed of a tokenizer: a question and its context to tokens that know their places, in windows. */
export interface QuestionEncoder {
  encode(text: string, options: QuestionEncoderOptions): QuestionEncoding
  /** How many special tokens it puts around a pair. */
  numSpecialTokens(pair: boolean): number
}

/** How questions become windows. */
export interface EncodeQuestionsOptions {
  /** Most tokens of a window, special tokens included. Default 384. */
  maxLength?: number
  /**
   * Tokens of the context that a window repeats of the one before, as `doc_stride` of transformers' run_qa.py (that of Google's
   * run_squad.py is the step from window to window). Default 128, or half of the least room for contexts if that is less.
   */
  stride?: number
  /** Longer questions are cut to so many tokens. Default 64, or a third of the room if that is less. */
  maxQuestionLength?: number
}

/** A question and a stretch of its context. C of its tokens are the context's. */
export interface AnswerWindow extends EncodedSequence {
  example: QuestionExample
  /** Its number among the windows of its question, from 0. */
  window: number
  /** The place of the first context token in the sequence; all context tokens stand together. */
  contextStart: number
  /** `starts: int32 [C]`, where each context token begins in the context, UTF-16 units */
  starts: Int32Array
  /** `ends: int32 [C]` */
  ends: Int32Array
  /**
   * `mostContext: uint8 [C]`, 1 where no other window has more context around the token, which is where an answer may start
   * (`token_is_max_context` of run_squad.py)
   */
  mostContext: Uint8Array
  /** The place in the sequence of the token that the answer starts with; 0, [CLS], if the window does not hold all of it. */
  startLabel: number
  /** The place of the answer's last token. */
  endLabel: number
}

/** Questions as windows. */
export interface EncodedQuestions {
  /** In the order of the questions, at least one each. */
  windows: AnswerWindow[]
  /** Questions that were cut to `maxQuestionLength`. */
  cutQuestions: number
  /** Questions whose context is read in several windows. */
  windowed: number
  /** First answers that no window holds as a whole. */
  answersOutside: number
  /** First answers that begin or end within a token, so that their tokens say more. */
  unalignedAnswers: number
}

const defaultMaxLength = 384

/**
 * Encodes questions for a model that finds answers: the question first, its context second, in as many overlapping windows as the
 * context needs. The first answer is what a window is labelled with, if it holds it as a whole, as in transformers' run_qa.py and
 * Google's run_squad.py. White space in front of a question is dropped.
 * @throws ConfigError for lengths that leave no room
 */
export function encodeQuestions(
  examples: readonly QuestionExample[],
  encoder: QuestionEncoder,
  options: EncodeQuestionsOptions = {},
): EncodedQuestions {
  const plan = planWindows(options, encoder.numSpecialTokens(true))
  const result: EncodedQuestions = { windows: [], cutQuestions: 0, windowed: 0, answersOutside: 0, unalignedAnswers: 0 }
  for (const example of examples) {
    const { question, isCut } = cutQuestion(example.question.trimStart(), encoder, plan.maxQuestionLength)
    if (isCut) result.cutQuestions++
    const first = encoder.encode(question, {
      textPair: example.context,
      maxLength: plan.maxLength,
      truncation: 'only_second',
      truncationSide: 'right',
      stride: plan.stride,
      returnOverflowingTokens: true,
    })
    const windows = [first, ...first.overflowing].map((encoding, window) => contextWindow(encoding, example, window))
    const step = windows[0].starts.length - plan.stride
    markMostContext(windows, step)
    if (windows.length > 1) result.windowed++
    const answer = example.answers.at(0)
    if (answer) {
      const { isAligned, isHeld } = labelWindows(windows, step, answer)
      if (!isAligned) result.unalignedAnswers++
      if (!isHeld) result.answersOutside++
    }
    result.windows.push(...windows)
  }
  return result
}

/** @throws ConfigError */
function planWindows(options: EncodeQuestionsOptions, special: number): Required<EncodeQuestionsOptions> {
  const { maxLength = defaultMaxLength } = options
  const room = maxLength - special
  if (!Number.isInteger(maxLength) || room < 2) {
    throw new ConfigError(
      'MAX_LENGTH',
      `a maximum length of ${maxLength} leaves no room for a question and a context beside ${special} special tokens: ` +
        `expected a whole number of at least ${special + 2}.`,
    )
  }
  const { maxQuestionLength = Math.max(1, Math.min(64, Math.floor(room / 3))) } = options
  if (!Number.isInteger(maxQuestionLength) || maxQuestionLength < 1 || maxQuestionLength >= room) {
    throw new ConfigError(
      'MAX_QUESTION_LENGTH',
      `maxQuestionLength must be a whole number from 1 to ${room - 1}, not ${maxQuestionLength}, since ` +
        `sequences have ${maxLength} tokens, special ones included.`,
    )
  }
  const least = room - maxQuestionLength
  const { stride = Math.min(128, Math.floor(least / 2)) } = options
  if (!Number.isInteger(stride) || stride < 0 || stride >= least) {
    throw new ConfigError(
      'STRIDE',
      `stride must be a whole number from 0 to ${least - 1}, not ${stride}, since behind a question of ` +
        `${maxQuestionLength} tokens a window has room for ${least} of the context. Choose a smaller stride or ` +
        'maxQuestionLength, or a greater maxLength.',
    )
  }
  return { maxLength, maxQuestionLength, stride }
}

/** The beginning of a question that has `limit` tokens at most. */
function cutQuestion(text: string, encoder: QuestionEncoder, limit: number): { question: string; isCut: boolean } {
  const encode = (own: string) => encoder.encode(own, { addSpecialTokens: false, truncation: false })
  const { ids, ends } = encode(text)
  if (ids.length <= limit) return { question: text, isCut: false }
  // The beginning of a text may have other tokens alone, so that it may be too long again.
  for (let tokens = limit; tokens > 0; tokens--) {
    const question = text.slice(0, ends[tokens - 1])
    if (encode(question).ids.length <= limit) return { question, isCut: true }
  }
  return { question: '', isCut: true }
}

function contextWindow(encoding: QuestionEncoding, example: QuestionExample, window: number): AnswerWindow {
  const { ids, typeIds, sequenceIds, starts, ends } = encoding
  // Segments do not tell: some tokenizers have none.
  const place = sequenceIds.indexOf(1)
  const contextStart = place < 0 ? ids.length - 1 : place
  const contextEnd = place < 0 ? contextStart : sequenceIds.lastIndexOf(1) + 1
  return {
    ids,
    typeIds,
    example,
    window,
    contextStart,
    starts: starts.slice(contextStart, contextEnd),
    ends: ends.slice(contextStart, contextEnd),
    mostContext: new Uint8Array(contextEnd - contextStart).fill(1),
    startLabel: 0,
    endLabel: 0,
  }
}

/**
 * Of the windows that have a token, that with most tokens on the side where it has fewer has most context; a longer window counts
 * for a hundredth of a token each, and the first of equals wins (`_check_is_max_context` of Google's run_squad.py).
 * @param step context tokens from window to window
 */
function markMostContext(windows: readonly AnswerWindow[], step: number): void {
  if (windows.length === 1) return
  const last = windows.length - 1
  const total = last * step + windows[last].starts.length
  const best = new Int32Array(total).fill(-1)
  const scores = new Float64Array(total)
  windows.forEach(({ starts: { length } }, w) => {
    for (let t = 0; t < length; t++) {
      const score = Math.min(t, length - 1 - t) + 0.01 * length
      const token = w * step + t
      if (best[token] >= 0 && score <= scores[token]) continue
      best[token] = w
      scores[token] = score
    }
  })
  windows.forEach(({ mostContext }, w) => {
    for (let t = 0; t < mostContext.length; t++) mostContext[t] = Number(best[w * step + t] === w)
  })
}

/** Labels the windows that hold all tokens of an answer. */
function labelWindows(
  windows: readonly AnswerWindow[],
  step: number,
  { text, start }: Answer,
): { isAligned: boolean; isHeld: boolean } {
  // White space at the ends belongs to no token.
  const [from, to] = withoutSpace(windows[0].example.context, start, start + text.length)
  const span = answerTokens(windows, step, from, to)
  if (span === undefined) return { isAligned: false, isHeld: false }
  let isHeld = false
  windows.forEach((window, w) => {
    const first = span.first - w * step
    const last = span.last - w * step
    if (first < 0 || last >= window.starts.length) return
    window.startLabel = window.contextStart + first
    window.endLabel = window.contextStart + last
    isHeld = true
  })
  return { isAligned: span.isAligned, isHeld }
}

/** The tokens that have a part of `[from, to)`, numbered through the whole context; undefined if none has. */
function answerTokens(
  windows: readonly AnswerWindow[],
  step: number,
  from: number,
  to: number,
): { first: number; last: number; isAligned: boolean } | undefined {
  let first = -1
  let last = -1
  let begins = 0
  let ends = 0
  windows.forEach((window, w) => {
    for (let t = 0; t < window.starts.length; t++) {
      if (window.ends[t] <= from || window.starts[t] >= to) continue
      if (first < 0) {
        first = w * step + t
        begins = window.starts[t]
      }
      if (w * step + t <= last) continue
      last = w * step + t
      ends = window.ends[t]
    }
  })
  if (first < 0) return undefined
  const [start, end] = withoutSpace(windows[0].example.context, begins, ends)
  return { first, last, isAligned: start === from && end === to }
}
