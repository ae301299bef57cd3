import { describePlace, type ExampleSource } from '../example.ts'

/** A stretch of a context that answers a question: `context.slice(start, start + text.length) === text`. */
export interface Answer {
  text: string
  /** Where it begins in the context, in UTF-16 units. */
  start: number
}

/** Where a question came from. */
export interface QuestionSource extends ExampleSource {
  /** The place in a JSON document, e.g. `data[3].paragraphs[0].qas[2]`; then `row` is the question's number in the file. */
  path?: string
}

/** A question about a text, the answers to which are stretches of the text. */
export interface QuestionExample {
  id: string
  question: string
  context: string
  /** As several people gave them; the first one trains. Empty if there is none, or if it is not known. */
  answers: Answer[]
  /** Whether it is known that the context holds no answer. */
  isImpossible: boolean
  /** Of the article that the context is from. */
  title?: string
  source: QuestionSource
}

/** How to read questions. */
export interface QuestionReadOptions {
  /** Refuse questions for which nothing is known: neither answers nor that there is none. Default false. */
  requireAnswers?: boolean
  /** Move an answer that does not stand at its `answer_start` to the nearest place where it stands. Default false: an error. */
  repair?: boolean
  /** Told of each answer that was moved. */
  onRepair?: (message: string) => void
}

/** `dev.json: data[3].paragraphs[0].qas[2]` or `dev.jsonl, row 3`: the start of a message about a question. */
export function describeQuestionPlace({ path, ...source }: QuestionSource): string {
  return path === undefined ? describePlace(source) : `${source.file}: ${path}`
}
