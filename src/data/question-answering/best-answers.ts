import { ConfigError, ShapeError } from '../../core/errors.ts'
import type { AnswerWindow } from './encode-questions.ts'
import { withoutSpace } from './without-space.ts'

/** How answers are read from logits. */
export interface AnswerOptions {
  /** So many starts and ends a window are combined, and so many answers a question are kept. Default 20. */
  nBestSize?: number
  /** Longest answer in tokens. Default 30. */
  maxAnswerLength?: number
  /** Whether "no answer" is an answer (`version_2_with_negative`, for SQuAD 2.0). */
  allowNoAnswer?: boolean
  /** "No answer" is preferred if its score is above that of the best answer by more than this. Default 0. */
  nullScoreDiffThreshold?: number
}

/** A stretch of a context that may answer a question. */
export interface AnswerCandidate {
  /** `context.slice(start, end)`; empty for "no answer". */
  text: string
  /** In the context, UTF-16 units; 0 for "no answer". */
  start: number
  /** Exclusive. */
  end: number
  /** Its probability among the candidates: softmax of the sums of both logits. */
  score: number
  /** Logit of its first token. */
  startLogit: number
  /** Logit of its last token. */
  endLogit: number
}

/** What a model answers to a question. */
export interface BestAnswers {
  /** What is answered. Without any candidate, "no answer" with score 0. */
  answer: AnswerCandidate
  /** The best candidates, best first, with different texts; "no answer" among them if it is allowed. */
  candidates: AnswerCandidate[]
  /** The best candidate with a text, if there is one. */
  bestText?: AnswerCandidate
  /** Score of "no answer" less that of the best text; infinite if there is no text; only if "no answer" is allowed. */
  nullScoreDiff?: number
}

/** A candidate before its text is known. */
interface Span {
  /** undefined: "no answer" */
  window: AnswerWindow | undefined
  /** Context tokens of the window. */
  first: number
  last: number
  startLogit: number
  endLogit: number
}

/**
 * The best answers to one question. In each window the best starts and ends are combined to stretches of the context that do not
 * start behind their end, are short enough and start where the window has most context; over all windows, those with the
 * greatest sums of logits are kept, each text once. "No answer" has the logits of the first token, [CLS], of the window where
 * their sum is least. The rules of `write_predictions` in Google's run_squad.py, and so of `compute_predictions_logits` in
 * transformers; a text is the stretch of the context that its tokens cover, as in transformers' run_qa.py.
 * @param windows all windows of the question
 * @param logits float32 [length, 2] of each: start and end logit of each token
 * @throws ConfigError for options out of range, ShapeError for logits of another size
 */
export function bestAnswers(
  windows: readonly AnswerWindow[],
  logits: readonly Float32Array[],
  options: AnswerOptions = {},
): BestAnswers {
  const { nBestSize, maxAnswerLength, allowNoAnswer, nullScoreDiffThreshold } = readAnswerOptions(options)
  const spans: Span[] = []
  let none: Span | undefined
  windows.forEach((window, w) => {
    const values = logits.at(w)
    const { length } = window.ids
    if (values?.length !== 2 * length) {
      throw new ShapeError(
        'LOGITS',
        `window ${w} has ${length} tokens: expected ${2 * length} logits, found ${values?.length ?? 'none'}.`,
      )
    }
    if (none === undefined || values[0] + values[1] < scoreOf(none)) {
      none = { window: undefined, first: 0, last: 0, startLogit: values[0], endLogit: values[1] }
    }
    pushSpans(spans, window, values, nBestSize, maxAnswerLength)
  })
  if (allowNoAnswer && none) spans.push(none)
  spans.sort((a, b) => scoreOf(b) - scoreOf(a)) // stable, as Python's

  const candidates = distinctTexts(spans, nBestSize)
  if (allowNoAnswer && none && !candidates.some(({ text }) => text === '')) candidates.push(candidateOf(none))
  setProbabilities(candidates)
  const bestText = candidates.find(({ text }) => text !== '')
  const noAnswer = candidates.find(({ text }) => text === '') ?? { ...emptyAnswer }
  if (!allowNoAnswer || !none) return { answer: bestText ?? noAnswer, candidates, bestText }
  const nullScoreDiff = bestText ? scoreOf(none) - bestText.startLogit - bestText.endLogit : Number.POSITIVE_INFINITY
  const answer = bestText && !(nullScoreDiff > nullScoreDiffThreshold) ? bestText : noAnswer
  return { answer, candidates, bestText, nullScoreDiff }
}

/** Fills in defaults. @throws ConfigError */
export function readAnswerOptions({
  nBestSize = 20,
  maxAnswerLength = 30,
  allowNoAnswer = false,
  nullScoreDiffThreshold = 0,
}: AnswerOptions): Required<AnswerOptions> {
  for (const [name, value] of Object.entries({ nBestSize, maxAnswerLength })) {
    if (Number.isInteger(value) && value >= 1) continue
    throw new ConfigError('ANSWER_OPTION', `${name} must be a whole number of at least 1, not ${value}.`)
  }
  if (Number.isNaN(nullScoreDiffThreshold)) {
    throw new ConfigError('ANSWER_OPTION', 'nullScoreDiffThreshold must be a number, not NaN.')
  }
  return { nBestSize, maxAnswerLength, allowNoAnswer, nullScoreDiffThreshold }
}

const emptyAnswer: Readonly<AnswerCandidate> = { text: '', start: 0, end: 0, score: 0, startLogit: 0, endLogit: 0 }

/** float64, as the reference adds. */
const scoreOf = ({ startLogit, endLogit }: { startLogit: number; endLogit: number }) => startLogit + endLogit

function pushSpans(
  spans: Span[],
  window: AnswerWindow,
  logits: Float32Array,
  nBestSize: number,
  maxAnswerLength: number,
): void {
  const { contextStart, starts, mostContext } = window
  const contextEnd = contextStart + starts.length
  const isContext = (place: number) => place >= contextStart && place < contextEnd
  // Of all tokens, as the reference does: those of the question take places too.
  const bestEnds = bestPlaces(logits, 1, nBestSize).filter(isContext)
  for (const start of bestPlaces(logits, 0, nBestSize)) {
    if (!isContext(start) || !mostContext[start - contextStart]) continue
    for (const end of bestEnds) {
      if (end < start || end - start >= maxAnswerLength) continue
      spans.push({
        window,
        first: start - contextStart,
        last: end - contextStart,
        startLogit: logits[2 * start],
        endLogit: logits[2 * end + 1],
      })
    }
  }
}

/** The places of the greatest logits, best first; the first of equals. @param side 0: starts, 1: ends */
function bestPlaces(logits: Float32Array, side: 0 | 1, count: number): number[] {
  const places = Array.from({ length: logits.length / 2 }, (_, place) => place)
  return places.sort((a, b) => logits[2 * b + side] - logits[2 * a + side]).slice(0, count)
}

/** The best spans of each text. */
function distinctTexts(spans: readonly Span[], count: number): AnswerCandidate[] {
  const seen = new Set<string>()
  const candidates: AnswerCandidate[] = []
  for (const span of spans) {
    if (candidates.length >= count) break
    const candidate = candidateOf(span)
    // A token may stand for no character, and is no answer then.
    if (seen.has(candidate.text) || (span.window && candidate.text === '')) continue
    seen.add(candidate.text)
    candidates.push(candidate)
  }
  return candidates
}

function candidateOf({ window, first, last, startLogit, endLogit }: Span): AnswerCandidate {
  if (!window) return { ...emptyAnswer, startLogit, endLogit }
  const { context } = window.example
  // Tokens of SentencePiece begin with the space before them.
  const [start, end] = withoutSpace(context, window.starts[first], window.ends[last])
  return { text: context.slice(start, end), start, end, score: 0, startLogit, endLogit }
}

function setProbabilities(candidates: AnswerCandidate[]): void {
  const largest = candidates.reduce((max, each) => Math.max(max, scoreOf(each)), Number.NEGATIVE_INFINITY)
  let sum = 0
  for (const candidate of candidates) sum += Math.exp(scoreOf(candidate) - largest)
  for (const candidate of candidates) candidate.score = Math.exp(scoreOf(candidate) - largest) / sum
}
