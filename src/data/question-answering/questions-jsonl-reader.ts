import { describePlace } from '../example.ts'
import { parseObject } from '../jsonl-reader.ts'
import type { Line } from '../lines.ts'
import { emptyFile } from '../table-reader.ts'
import type { QuestionExample, QuestionReadOptions } from './question-example.ts'
import { errorAt, type Place, readQuestion, textAt, uniqueIds } from './read-question.ts'

/**
 * Turns JSON Lines such as `{"id": "…", "question": "…", "context": "…", "answers": {"text": ["…"], "answer_start": [0]}}` into
 * questions, as Hugging Face's datasets have them. `answers` may be a list of `{"text", "answer_start"}` too; `answer_start` counts
 * code points; without `id` the row is the id; blank lines are passed over.
 * @throws DataError naming file, row and place in the object, as `parseSquad`
 */
export async function* readQuestionsJsonl(
  lines: AsyncIterable<Line>,
  file: string,
  options: QuestionReadOptions = {},
): AsyncGenerator<QuestionExample> {
  let count = 0
  const checkId = uniqueIds()
  for await (const { line, row } of lines) {
    if (line.trim() === '') continue
    const source = { file, row }
    const place: Place = { where: describePlace(source), path: '' }
    const record = parseObject(line, source, '{"question": "…", "context": "…", "answers": {…}}')
    if (Array.isArray(record.data) && record.context === undefined) {
      throw errorAt(
        'SQUAD_DOCUMENT',
        place,
        'this is a document in the format of SQuAD: give its name the extension .json.',
      )
    }
    const title = typeof record.title === 'string' ? record.title : undefined
    const context = textAt(record, 'context', place)
    const example = readQuestion(record, place, { context, title, source, defaultId: String(row) }, options)
    checkId(example.id, place)
    yield example
    count++
  }
  if (count === 0) throw emptyFile(file)
}
