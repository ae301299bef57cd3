import { DataError, didYouMean } from '../../core/errors.ts'
import { excerpt } from '../example.ts'
import { describeJson } from '../jsonl-reader.ts'
import { codePointOffsets, codePointsBefore } from './code-points.ts'
import type { Answer, QuestionExample, QuestionReadOptions, QuestionSource } from './question-example.ts'

/** A JSON object. */
export type JsonObject = Record<string, unknown>

/** A place in a file, for messages. */
export interface Place {
  /** `train.json` or `train.jsonl, row 3` */
  where: string
  /** `data[3].paragraphs[0]`, or empty for the whole document or line. */
  path: string
}

/** The place of a member. */
export function memberOf({ where, path }: Place, key: string | number): Place {
  const joined = typeof key === 'number' ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`
  return { where, path: joined }
}

/** An error that begins with its place. */
export function errorAt(code: string, { where, path }: Place, message: string): DataError {
  return new DataError(code, `${where}: ${path === '' ? '' : `${path}: `}${message}`)
}

/** @throws DataError if it is no object */
export function objectAt(value: unknown, place: Place, sample: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw errorAt('JSON_TYPE', place, `expected an object such as ${sample}, found ${describeJson(value)}.`)
}

/** The list at a key. @throws DataError if it is missing or no list */
export function listAt(record: JsonObject, key: string, place: Place): unknown[] {
  const value = present(record, key, place, 'a list')
  if (Array.isArray(value)) return value
  throw errorAt('JSON_TYPE', memberOf(place, key), `expected a list, found ${describeJson(value)}.`)
}

/** The text at a key. @throws DataError if it is missing or no string */
export function textAt(record: JsonObject, key: string, place: Place): string {
  const value = present(record, key, place, 'a text')
  if (typeof value === 'string') return value
  throw errorAt('JSON_TYPE', memberOf(place, key), `expected a text in quotes, found ${describeJson(value)}.`)
}

/** @throws DataError `MISSING_FIELD` naming the keys that there are */
function present(record: JsonObject, key: string, place: Place, what: string): unknown {
  const value = record[key] ?? undefined
  if (value !== undefined) return value
  const keys = Object.keys(record)
  const listed = keys
    .slice(0, 20)
    .map((name) => excerpt(name))
    .join(', ')
  const others = keys.filter((name) => name !== key)
  const found = Object.hasOwn(record, key) ? 'null' : `only the keys ${listed || '(none)'}`
  throw errorAt(
    'MISSING_FIELD',
    place,
    `expected ${what} at "${key}", found ${found}${didYouMean(key, others) || '.'} Add it.`,
  )
}

/** What surrounds a question in its file. */
export interface QuestionFrame {
  context: string
  title?: string
  source: QuestionSource
  /** The id of a question that has none; default: that is an error. */
  defaultId?: string
}

/**
 * The question that an object describes: `id`, `question`, `answers` in either form and `is_impossible`.
 * @throws DataError naming the place, what was expected and what came
 */
export function readQuestion(
  record: JsonObject,
  place: Place,
  { context, title, source, defaultId }: QuestionFrame,
  options: QuestionReadOptions,
): QuestionExample {
  const answers = readAnswers(record, place, context, options)
  const impossible = record.is_impossible ?? undefined
  if (impossible !== undefined && typeof impossible !== 'boolean') {
    const found = describeJson(impossible)
    throw errorAt('JSON_TYPE', memberOf(place, 'is_impossible'), `expected true or false, found ${found}.`)
  }
  if (impossible && answers?.length) {
    throw errorAt(
      'ANSWERED_IMPOSSIBLE',
      place,
      `is_impossible is true, but there is an answer, ${excerpt(answers[0].text)}: remove one of both ` +
        '(answers that only seem right belong into "plausible_answers").',
    )
  }
  // An empty list says that there is no answer, unless is_impossible says otherwise; no list says nothing.
  const isImpossible = impossible ?? answers?.length === 0
  if (options.requireAnswers && !isImpossible && !answers?.length) {
    throw errorAt(
      'MISSING_ANSWERS',
      place,
      'there are no answers: add "answers", or "is_impossible": true if the context holds none.',
    )
  }
  const question = textAt(record, 'question', place)
  if (question.trim() === '') {
    throw errorAt('EMPTY_QUESTION', memberOf(place, 'question'), 'the question is empty: fill it in, or remove it.')
  }
  return {
    id: readId(record, place, defaultId),
    question,
    context,
    answers: answers ?? [],
    isImpossible,
    ...(title !== undefined && { title }),
    source,
  }
}

/** Ids are texts; numbers are taken as texts. */
function readId(record: JsonObject, place: Place, defaultId: string | undefined): string {
  if (typeof record.id === 'number') return String(record.id)
  if (defaultId !== undefined && (record.id ?? undefined) === undefined) return defaultId
  return textAt(record, 'id', place)
}

/**
 * Remembers ids.
 * @returns a function that @throws DataError `DUPLICATE_ID` naming both places
 */
export function uniqueIds(): (id: string, place: Place) => void {
  const places = new Map<string, Place>()
  return (id, place) => {
    const other = places.get(id)
    places.set(id, place)
    if (other === undefined) return
    const first = other.where === place.where ? other.path : other.where.replace(/^.*, (?=row \d+$)/, '')
    throw errorAt(
      'DUPLICATE_ID',
      place,
      `the id ${excerpt(id)} is that of ${first} too: give each question an id of its own, or remove one.`,
    )
  }
}

/** SQuAD's `[{ text, answer_start }]` or the `{ text: [], answer_start: [] }` of Hugging Face; undefined if there is neither. */
function readAnswers(
  record: JsonObject,
  place: Place,
  context: string,
  options: QuestionReadOptions,
): Answer[] | undefined {
  const value = record.answers ?? undefined
  if (value === undefined) return undefined
  const own = memberOf(place, 'answers')
  const toUtf16 = codePointOffsets(context)
  if (Array.isArray(value)) {
    return value.map((each, i) => {
      const at = memberOf(own, i)
      const answer = objectAt(each, at, '{"text": "…", "answer_start": 0}')
      return locateAnswer(answer, at, at, context, toUtf16, options)
    })
  }
  const columns = objectAt(value, own, '{"text": ["…"], "answer_start": [0]}')
  const texts = listAt(columns, 'text', own)
  const starts = listAt(columns, 'answer_start', own)
  if (texts.length !== starts.length) {
    throw errorAt(
      'LENGTHS_DIFFER',
      own,
      `found ${texts.length} in "text" but ${starts.length} in "answer_start": expected one start a text.`,
    )
  }
  return texts.map((text, i) =>
    locateAnswer({ text, answer_start: starts[i] }, memberOf(memberOf(own, 'text'), i), own, context, toUtf16, options),
  )
}

/** @param at the answer's place; fields stand in `holder` */
function locateAnswer(
  answer: JsonObject,
  at: Place,
  holder: Place,
  context: string,
  toUtf16: (codePoint: number) => number | undefined,
  options: QuestionReadOptions,
): Answer {
  const text = at === holder ? textAt(answer, 'text', at) : answer.text
  if (typeof text !== 'string') {
    throw errorAt('JSON_TYPE', at, `expected a text in quotes, found ${describeJson(text)}.`)
  }
  const begins = at === holder ? present(answer, 'answer_start', at, 'a whole number') : answer.answer_start
  if (text.trim() === '') {
    throw errorAt('EMPTY_ANSWER', at, 'the answer is empty: remove it; a question without answers has an empty list.')
  }
  if (typeof begins !== 'number' || !Number.isInteger(begins)) {
    throw errorAt('JSON_TYPE', at, `expected a whole number at "answer_start", found ${describeJson(begins)}.`)
  }
  const start = toUtf16(begins)
  if (start !== undefined && context.startsWith(text, start)) return { text, start }
  const nearest = nearestOccurrence(context, text, start ?? (begins < 0 ? 0 : context.length))
  if (options.repair && nearest !== undefined) {
    const moved = codePointsBefore(context, nearest)
    options.onRepair?.(
      `${at.where}: ${at.path}: moved the answer ${excerpt(text)} from answer_start ${begins} to ${moved}`,
    )
    return { text, start: nearest }
  }
  throw misplaced(at, context, text, begins, start, nearest)
}

function misplaced(
  at: Place,
  context: string,
  text: string,
  begins: number,
  start: number | undefined,
  nearest: number | undefined,
): DataError {
  if (begins < 0) {
    const hint =
      nearest === undefined ? 'it is nowhere in the context' : `it stands at ${codePointsBefore(context, nearest)}`
    throw errorAt(
      'ANSWER_RANGE',
      at,
      `expected a whole number of at least 0 at "answer_start", found ${begins}, for the answer ${excerpt(text)}: ${hint}. ` +
        'Of a question without an answer, "answers" is an empty list.',
    )
  }
  const length = codePointsBefore(context, context.length)
  const there =
    start === undefined || start === context.length
      ? `but the context has only ${length} characters`
      : `where ${excerpt(context.slice(start, start + Math.max(text.length, 10)))} stands`
  const elsewhere =
    nearest === undefined
      ? 'It is nowhere in the context, letter by letter: correct the text or remove the answer.'
      : `It stands at ${codePointsBefore(context, nearest)}: correct answer_start, or have it repaired (repair, --repair-answers).`
  const inUnits = context.startsWith(text, begins)
    ? ' It is there if UTF-16 units are counted, but answer_start counts code points.'
    : ''
  return errorAt(
    start === undefined || start === context.length ? 'ANSWER_RANGE' : 'ANSWER_PLACE',
    at,
    `expected the answer ${excerpt(text)} at answer_start ${begins}, ${there}.${inUnits} ${elsewhere}`,
  )
}

/** The place of a text that is nearest to `start`, the earlier of two; undefined if there is none. */
export function nearestOccurrence(context: string, text: string, start: number): number | undefined {
  const before = context.lastIndexOf(text, Math.max(0, start))
  const after = context.indexOf(text, Math.max(0, start))
  if (before < 0 || after < 0) return before < 0 ? (after < 0 ? undefined : after) : before
  return start - before <= after - start ? before : after
}
