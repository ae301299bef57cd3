import { emptyFile } from '../table-reader.ts'
import { parseJson } from './parse-json.ts'
import type { QuestionExample, QuestionReadOptions } from './question-example.ts'
import {
  errorAt,
  type JsonObject,
  listAt,
  memberOf,
  objectAt,
  type Place,
  readQuestion,
  textAt,
  uniqueIds,
} from './read-question.ts'

/**
 * The questions of a JSON document in the format of SQuAD 1.1 or 2.0 (`data`, `paragraphs`, `qas`; Rajpurkar et al. 2016, 2018),
 * or of a list of records as Hugging Face's datasets write them, at the top or in `data`. `answer_start` counts code points;
 * `plausible_answers` are passed over.
 * @param file the name that errors mention
 * @throws DataError naming file and place in it: for what is no JSON or has no questions, for fields that are missing or of
 *   another type, ids that are not unique, answers that do not stand where they say
 */
export function parseSquad(text: string, file: string, options: QuestionReadOptions = {}): QuestionExample[] {
  if (text.trim() === '') throw emptyFile(file)
  const hint = /^\s*\{[^\n]*\}\s*\n\s*\{/.test(text)
    ? 'It looks like JSON Lines, one object a line: give its name the extension .jsonl.'
    : 'Correct the file.'
  const json = parseJson(text, file, hint)
  const root: Place = { where: file, path: '' }
  const isList = Array.isArray(json)
  const records = isList ? json : listAt(objectAt(json, root, '{"data": […]}'), 'data', root)
  const examples: QuestionExample[] = []
  const checkId = uniqueIds()
  const add = (record: JsonObject, place: Place, context: string, title: string | undefined) => {
    const source = { file, row: examples.length + 1, path: place.path }
    const example = readQuestion(record, place, { context, title, source }, options)
    checkId(example.id, place)
    examples.push(example)
  }
  records.forEach((value, i) => {
    const place = memberOf(isList ? root : memberOf(root, 'data'), i)
    const record = objectAt(value, place, '{"title": "…", "paragraphs": […]}')
    const title = typeof record.title === 'string' ? record.title : undefined
    // A flat record has its context itself.
    if (record.paragraphs === undefined && record.context !== undefined) {
      add(record, place, textAt(record, 'context', place), title)
      return
    }
    listAt(record, 'paragraphs', place).forEach((each, p) => {
      const at = memberOf(memberOf(place, 'paragraphs'), p)
      const paragraph = objectAt(each, at, '{"context": "…", "qas": […]}')
      const context = textAt(paragraph, 'context', at)
      listAt(paragraph, 'qas', at).forEach((qa, q) => {
        const here = memberOf(memberOf(at, 'qas'), q)
        add(objectAt(qa, here, '{"id": "…", "question": "…", "answers": […]}'), here, context, title)
      })
    })
  })
  if (examples.length === 0) {
    throw errorAt('EMPTY_FILE', root, 'there is no question in the file: expected at least one. Check the path.')
  }
  return examples
}
