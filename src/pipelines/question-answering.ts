import { ConfigError, DataError } from '../core/errors.ts'
import {
  type AnswerCandidate,
  type AnswerOptions,
  type BestAnswers,
  type EncodeQuestionsOptions,
  encodeQuestions,
  type QuestionEncoder,
  type QuestionExample,
} from '../data/question-answering/index.ts'
import type { PredictOptions } from '../training/tasks/predict.ts'
import { type AnswerModel, predictAnswers } from '../training/tasks/predict-answers.ts'

/** A question, and a text to find its answer in. */
export interface QuestionAnsweringInput {
  question: string
  context: string
}

/** An answer. */
export interface QuestionAnswer {
  /** `context.slice(start, end)`; empty for "no answer". */
  answer: string
  /** Its probability among the answers that were considered. */
  score: number
  /** Where it begins in the context, in UTF-16 units; 0 for "no answer". */
  start: number
  /** Where it ends, exclusive. */
  end: number
}

/** How to answer. By default "no answer" is none. */
export interface AnswerQuestionsOptions extends PredictOptions, AnswerOptions {
  /** So many answers, what is answered first, then the others by their scores; fewer if there are fewer. Default: one, no list. */
  topK?: number
}

/** Answers one question or many. */
export interface QuestionAnsweringPipeline<Model extends AnswerModel = AnswerModel> {
  (input: QuestionAnsweringInput, options?: AnswerQuestionsOptions & { topK?: undefined }): Promise<QuestionAnswer>
  (input: QuestionAnsweringInput, options: AnswerQuestionsOptions & { topK: number }): Promise<QuestionAnswer[]>
  (
    inputs: readonly QuestionAnsweringInput[],
    options?: AnswerQuestionsOptions & { topK?: undefined },
  ): Promise<QuestionAnswer[]>
  (
    inputs: readonly QuestionAnsweringInput[],
    options: AnswerQuestionsOptions & { topK: number },
  ): Promise<QuestionAnswer[][]>
  readonly model: Model
  /** Ends the model's engine. */
  close(): Promise<void>
}

/** A model that can be closed and says what it takes. */
export interface AnswerPipelineModel extends AnswerModel {
  readonly config: { readonly maxPositionEmbeddings: number }
  close(): Promise<void>
}

/**
 * Question and context in, answer out: a stretch of the context. Long contexts are read in windows that overlap. Scores are
 * probabilities among the best answers (`nBestSize`), as in Google's run_squad.py, where transformers' pipeline takes them among all
 * stretches of a window.
 *
 * ```ts
 * const answer = questionAnsweringPipeline(model, tokenizer)
 * await answer({ question: 'Where did Ada live?', context: 'Ada lived in London.' })
 * // { answer: 'London', score: 0.98, start: 13, end: 19 }
 * ```
 * @param options of windows; `maxLength` is by default 384, or what the model takes if that is less
 * @throws ConfigError for lengths or options that cannot be; the pipeline throws DataError for a question or a context without
 *   text
 */
export function questionAnsweringPipeline<Model extends AnswerPipelineModel>(
  model: Model,
  tokenizer: QuestionEncoder,
  options: EncodeQuestionsOptions = {},
): QuestionAnsweringPipeline<Model> {
  const { maxLength = Math.min(384, model.config.maxPositionEmbeddings) } = options
  async function answer(
    input: QuestionAnsweringInput | readonly QuestionAnsweringInput[],
    { topK, ...answering }: AnswerQuestionsOptions = {},
  ): Promise<QuestionAnswer | QuestionAnswer[] | QuestionAnswer[][]> {
    if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1)) {
      throw new ConfigError('TOP_K', `topK must be a whole number of at least 1, not ${topK}`)
    }
    const many = Array.isArray(input)
    const inputs = many ? (input as readonly QuestionAnsweringInput[]) : [input as QuestionAnsweringInput]
    const examples = inputs.map((each, i) => exampleOf(each, many ? ` ${i + 1}` : ''))
    const { windows } = encodeQuestions(examples, tokenizer, { ...options, maxLength })
    const { questions } = await predictAnswers(model, windows, {
      ...answering,
      allowNoAnswer: answering.allowNoAnswer ?? false,
      nBestSize: answering.nBestSize ?? Math.max(20, topK ?? 1),
    })
    const results = questions.map((best) =>
      topK === undefined ? answerOf(best.answer) : ranked(best).slice(0, topK).map(answerOf),
    )
    return (many ? results : results[0]) as QuestionAnswer | QuestionAnswer[] | QuestionAnswer[][]
  }
  return Object.assign(answer as QuestionAnsweringPipeline<Model>, { model, close: () => model.close() })
}

/** @param number of the input, behind a space; empty for a lone one */
function exampleOf({ question, context }: QuestionAnsweringInput, number: string): QuestionExample {
  for (const [name, text] of Object.entries({ question, context })) {
    if (typeof text === 'string' && text.trim() !== '') continue
    throw new DataError(
      'EMPTY_TEXT',
      `the ${name} of the input${number} is ${typeof text === 'string' ? 'empty' : 'no text'}: expected a question, and a ` +
        'context that holds its answer.',
    )
  }
  return { id: number, question, context, answers: [], isImpossible: false, source: { file: 'input', row: 1 } }
}

/** The candidates, but first what is answered. */
function ranked({ answer, candidates }: BestAnswers): AnswerCandidate[] {
  return [answer, ...candidates.filter((candidate) => candidate !== answer)]
}

function answerOf({ text, score, start, end }: AnswerCandidate): QuestionAnswer {
  return { answer: text, score, start, end }
}
