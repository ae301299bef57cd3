import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { QuestionExample, QuestionReadOptions } from './question-example.ts'
import { readQuestionsJsonl } from './questions-jsonl-reader.ts'
import { nearestOccurrence } from './read-question.ts'
import { parseSquad } from './squad-reader.ts'

const context = 'The 👍🏽 river Odd flows past Odd town.'
const answer = (text: string, answer_start: number) => ({ text, answer_start })
const qa = (id: string, more: object = {}) => ({ id, question: `${id}?`, answers: [answer('river', 7)], ...more })
const squad = (...qas: object[]) =>
  JSON.stringify({ version: '1.1', data: [{ title: 'Rivers', paragraphs: [{ context, qas }] }] })

async function parseLines(lines: readonly object[], options?: QuestionReadOptions): Promise<QuestionExample[]> {
  async function* rows() {
    let row = 0
    for (const line of lines) yield { line: JSON.stringify(line), row: ++row }
  }
  const examples: QuestionExample[] = []
  for await (const example of readQuestionsJsonl(rows(), 'a.jsonl', options)) examples.push(example)
  return examples
}

function failure(text: string, options?: QuestionReadOptions): [code: string, message: string] {
  try {
    parseSquad(text, 'a.json', options)
  } catch (error) {
    expect((error as Error).name).toBe('DataError')
    return [(error as { code: string }).code, (error as Error).message]
  }
  throw new Error('expected an error')
}

describe('SQuAD documents', () => {
  test('1.1: starts count code points and become UTF-16 offsets', () => {
    const [first, second] = parseSquad(
      squad(qa('a'), qa('b', { answers: [answer('Odd', 13), answer('town', 32)] })),
      'a.json',
    )
    expect(first).toEqual({
      id: 'a',
      question: 'a?',
      context,
      answers: [{ text: 'river', start: 9 }],
      isImpossible: false,
      title: 'Rivers',
      source: { file: 'a.json', row: 1, path: 'data[0].paragraphs[0].qas[0]' },
    })
    expect(second.answers.map(({ text, start }) => context.slice(start, start + text.length))).toEqual(['Odd', 'town'])
    expect(second.source.path).toBe('data[0].paragraphs[0].qas[1]')
  })

  test('2.0: impossible questions have no answers; plausible ones are passed over', () => {
    const plausible_answers = [answer('nonsense', 999)]
    const examples = parseSquad(
      squad(
        qa('a', { is_impossible: false }),
        qa('b', { is_impossible: true, answers: [], plausible_answers }),
        qa('c', { is_impossible: true, answers: undefined }),
        qa('d', { answers: [] }),
        qa('e', { answers: undefined }),
        qa('f', { is_impossible: false, answers: [] }),
      ),
      'a.json',
    )
    expect(examples.map(({ answers, isImpossible }) => [answers.length, isImpossible])).toEqual([
      [1, false],
      [0, true],
      [0, true],
      [0, true],
      [0, false],
      [0, false],
    ])
  })

  test('records as datasets have them, in `data` or at the top', async () => {
    const record = {
      id: 7,
      title: 'T',
      question: 'q',
      context,
      answers: { text: ['river', 'Odd'], answer_start: [7, 13] },
    }
    const none = { ...record, id: '8', answers: { text: [], answer_start: [] } }
    const documents = [[record, none], { data: [record, none] }]
    const expected = [
      ['7', 'q', 2, false, 'T'],
      ['8', 'q', 0, true, 'T'],
    ]
    const shown = (examples: QuestionExample[]) =>
      examples.map(({ id, question, answers, isImpossible, title }) => [
        id,
        question,
        answers.length,
        isImpossible,
        title,
      ])
    for (const document of documents) expect(shown(parseSquad(JSON.stringify(document), 'a.json'))).toEqual(expected)
    expect(shown(await parseLines([record, none]))).toEqual(expected)
    expect((await parseLines([{ ...record, id: undefined }]))[0]).toMatchObject({ id: '1', source: { row: 1 } })
  })
})

describe('answers that are not where they say', () => {
  test('what stands there and where the text is', () => {
    expect(failure(squad(qa('a'), qa('b', { answers: [answer('river', 7), answer('Odd', 14)] })))).toEqual([
      'ANSWER_PLACE',
      'a.json: data[0].paragraphs[0].qas[1].answers[1]: expected the answer "Odd" at answer_start 14, where ' +
        '"dd flows p" stands. It stands at 13: correct answer_start, or have it repaired (repair, --repair-answers).',
    ])
    expect(failure(squad(qa('a', { answers: [answer('rivet', 7)] })))[1]).toMatch(
      'where "river Odd " stands. It is nowhere in the context, letter by letter: correct the text or remove the answer.',
    )
    expect(failure(squad(qa('a', { answers: [answer('river', 9)] })))[1]).toMatch(
      'It is there if UTF-16 units are counted, but answer_start counts code points. It stands at 7',
    )
    expect(failure(squad(qa('a', { answers: [answer('town', 99)] })))).toEqual([
      'ANSWER_RANGE',
      'a.json: data[0].paragraphs[0].qas[0].answers[0]: expected the answer "town" at answer_start 99, but the context has ' +
        'only 37 characters. It stands at 32: correct answer_start, or have it repaired (repair, --repair-answers).',
    ])
  })

  test('a negative start', () => {
    expect(failure(squad(qa('a', { answers: [answer('town', -1)] })))).toEqual([
      'ANSWER_RANGE',
      'a.json: data[0].paragraphs[0].qas[0].answers[0]: expected a whole number of at least 0 at "answer_start", found -1, for ' +
        'the answer "town": it stands at 32. Of a question without an answer, "answers" is an empty list.',
    ])
  })

  test('repair takes the nearest place', () => {
    const told: string[] = []
    const options = { repair: true, onRepair: (message: string) => told.push(message) }
    const starts = (...begins: number[]) =>
      parseSquad(
        squad(qa('a', { answers: begins.map((begin) => answer('Odd', begin)) })),
        'a.json',
        options,
      )[0].answers.map(({ start }) => start)
    expect(starts(13, 14, 20, 21, 99, -1)).toEqual([15, 15, 15, 30, 30, 15])
    expect(told).toHaveLength(5)
    expect(told[0]).toBe(
      'a.json: data[0].paragraphs[0].qas[0].answers[1]: moved the answer "Odd" from answer_start 14 to 13',
    )
    expect(failure(squad(qa('a', { answers: [answer('rivet', 7)] })), options)[0]).toBe('ANSWER_PLACE')
  })

  test('the nearest occurrence is the nearest of all', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }),
        fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 2 }),
        fc.nat(13),
        (text, part, start) => {
          const all = [...text].map((_, i) => i).filter((i) => text.startsWith(part, i))
          const found = nearestOccurrence(text, part, start)
          if (all.length === 0) expect(found).toBeUndefined()
          else expect(Math.abs(found! - start)).toBe(Math.min(...all.map((i) => Math.abs(i - start))))
        },
      ),
    )
  })
})

describe('bad documents', () => {
  const q0 = 'a.json: data[0].paragraphs[0].qas[0]'
  test.each([
    ['', 'EMPTY_FILE', 'a.json is empty: expected at least one example. Check the path.'],
    [
      '{"data": [',
      'INVALID_JSON',
      'a.json, line 1, column 11: expected JSON, found the end of the file. Correct the file.',
    ],
    ['{"data": []}', 'EMPTY_FILE', 'a.json: there is no question in the file: expected at least one. Check the path.'],
    ['7', 'JSON_TYPE', 'a.json: expected an object such as {"data": […]}, found a value of type number ("7").'],
    [
      '{"daat": []}',
      'MISSING_FIELD',
      'a.json: expected a list at "data", found only the keys "daat"; did you mean "daat"? Add it.',
    ],
    ['{"data": {}}', 'JSON_TYPE', 'a.json: data: expected a list, found a value of type object ("{}").'],
    [
      '{"data": [3]}',
      'JSON_TYPE',
      'a.json: data[0]: expected an object such as {"title": "…", "paragraphs": […]}, found a value of type number ("3").',
    ],
    [
      '{"data": [{"title": "x"}]}',
      'MISSING_FIELD',
      'a.json: data[0]: expected a list at "paragraphs", found only the keys "title". Add it.',
    ],
    [
      '{"data": [{"paragraphs": [{"qas": []}]}]}',
      'MISSING_FIELD',
      'a.json: data[0].paragraphs[0]: expected a text at "context", found only the keys "qas". Add it.',
    ],
    [
      squad({ id: 'a', answers: [] }),
      'MISSING_FIELD',
      `${q0}: expected a text at "question", found only the keys "id", "answers". Add it.`,
    ],
    [
      squad(qa('a', { id: undefined })),
      'MISSING_FIELD',
      `${q0}: expected a text at "id", found only the keys "question", "answers". Add it.`,
    ],
    [squad(qa('a', { question: null })), 'MISSING_FIELD', `${q0}: expected a text at "question", found null. Add it.`],
    [
      squad(qa('a', { question: ' ' })),
      'EMPTY_QUESTION',
      `${q0}.question: the question is empty: fill it in, or remove it.`,
    ],
    [
      squad(qa('a', { question: ['x'] })),
      'JSON_TYPE',
      `${q0}.question: expected a text in quotes, found an array ("[\\"x\\"]").`,
    ],
    [
      squad(qa('a', { answers: 'river' })),
      'JSON_TYPE',
      `${q0}.answers: expected an object such as {"text": ["…"], "answer_start": [0]}, found a value of type string ("\\"river\\"").`,
    ],
    [
      squad(qa('a', { answers: [{ text: 'river' }] })),
      'MISSING_FIELD',
      `${q0}.answers[0]: expected a whole number at "answer_start", found only the keys "text". Add it.`,
    ],
    [
      squad(qa('a', { answers: [answer('river', 7.5)] })),
      'JSON_TYPE',
      `${q0}.answers[0]: expected a whole number at "answer_start", found a value of type number ("7.5").`,
    ],
    [
      squad(qa('a', { answers: [answer(' ', 3)] })),
      'EMPTY_ANSWER',
      `${q0}.answers[0]: the answer is empty: remove it; a question without answers has an empty list.`,
    ],
    [
      squad(qa('a', { answers: { text: ['river'], answer_start: [] } })),
      'LENGTHS_DIFFER',
      `${q0}.answers: found 1 in "text" but 0 in "answer_start": expected one start a text.`,
    ],
    [
      squad(qa('a', { answers: { text: ['rives'], answer_start: [7] } })),
      'ANSWER_PLACE',
      `${q0}.answers.text[0]: expected the answer "rives" at answer_start 7, where "river Odd " stands. It is nowhere in the context, letter by letter: correct the text or remove the answer.`,
    ],
    [
      squad(qa('a', { is_impossible: true })),
      'ANSWERED_IMPOSSIBLE',
      `${q0}: is_impossible is true, but there is an answer, "river": remove one of both (answers that only seem right belong into "plausible_answers").`,
    ],
    [
      squad(qa('a', { is_impossible: 'no' })),
      'JSON_TYPE',
      `${q0}.is_impossible: expected true or false, found a value of type string ("\\"no\\"").`,
    ],
    [
      squad(qa('a'), qa('b'), qa('a')),
      'DUPLICATE_ID',
      'a.json: data[0].paragraphs[0].qas[2]: the id "a" is that of data[0].paragraphs[0].qas[0] too: give each question an id of its own, or remove one.',
    ],
    [
      '{"id": "a", "question": "b"}\n{"id": "c"}',
      'INVALID_JSON',
      'a.json, line 2, column 1: expected JSON, found "{\\"id\\": \\"c\\"}". It looks like JSON Lines, one object a line: give its name the extension .jsonl.',
    ],
  ])('%j', (text, code, message) => {
    expect(failure(text)).toEqual([code, message])
  })

  test('answers can be required', () => {
    const required = { requireAnswers: true }
    expect(parseSquad(squad(qa('a', { answers: [] })), 'a.json', required)).toHaveLength(1)
    for (const more of [{ answers: undefined }, { answers: [], is_impossible: false }]) {
      expect(failure(squad(qa('a', more)), required)).toEqual([
        'MISSING_ANSWERS',
        `${q0}: there are no answers: add "answers", or "is_impossible": true if the context holds none.`,
      ])
    }
  })

  test('lines', async () => {
    const record = { id: 'a', question: 'q', context, answers: { text: ['river'], answer_start: [7] } }
    const failing = (...lines: object[]) => expect(parseLines(lines)).rejects
    await failing().toThrow('a.jsonl is empty: expected at least one example. Check the path.')
    await failing(record, record).toThrow('a.jsonl, row 2: the id "a" is that of row 1 too: give each')
    await failing({ ...record, context: undefined }).toThrow(
      'a.jsonl, row 1: expected a text at "context", found only the keys',
    )
    await failing({ ...record, answers: { text: ['x'], answer_start: [7] } }).toThrow(
      'a.jsonl, row 1: answers.text[0]: expected',
    )
    await failing(JSON.parse(squad(qa('a')))).toThrow(
      'a.jsonl, row 1: this is a document in the format of SQuAD: give its name the extension .json.',
    )
  })
})

test('every answer that Python would write is read at its place', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(text, fc.nat(), fc.nat(), (context, a, b) => {
      const points = [...context]
      const start = a % points.length
      const own = points.slice(start, start + 1 + (b % (points.length - start))).join('')
      fc.pre(own.trim() !== '')
      const json = JSON.stringify([{ id: 'x', question: 'q', context, answers: [answer(own, start)] }])
      const [found] = parseSquad(json, 'a.json')[0].answers
      expect(found).toEqual({ text: own, start: points.slice(0, start).join('').length })
    }),
  )
})
