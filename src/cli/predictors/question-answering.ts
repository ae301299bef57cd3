import { ConfigError, DataError } from '../../core/errors.ts'
import { describeQuestionPlace } from '../../data/question-answering/index.ts'
import { type QuestionFormat, readQuestionExamples } from '../../data/question-answering/node.ts'
import { pipeline } from '../../pipelines/node.ts'
import type { QuestionAnswer, QuestionAnsweringInput } from '../../pipelines/question-answering.ts'
import { shorten, textTable } from '../tables.ts'
import { answerOptions } from '../tasks/answer-options.ts'
import { checkTopK } from './fill-mask.ts'
import type { PredictValues } from './predict-flags.ts'
import type { PredictTask } from './predictor.ts'

/** A question, with its id in a file. */
interface AskedQuestion extends QuestionAnsweringInput {
  id?: string
}

interface AnsweredQuestion {
  id?: string
  question: string
  /** The best first. */
  answers: QuestionAnswer[]
}

/** Questions that are answered between two signs of progress. */
const chunkSize = 64

/** Answers to questions about texts. */
export const questionPrediction: PredictTask<AskedQuestion, AnsweredQuestion> = {
  flags: [
    'question',
    'context',
    'top-k',
    'stride',
    'max-question-length',
    'max-answer-length',
    'allow-no-answer',
    'null-threshold',
  ],
  usage: '--question TEXT and --context TEXT, or a file of questions with --input FILE',
  inputs(texts, { question, context }) {
    if (texts.length > 0) {
      throw new ConfigError(
        'TEXTS',
        `"${shorten(texts[0], 40)}" stands alone, but this model answers questions: give --question TEXT and --context TEXT`,
      )
    }
    if ((question === undefined) !== (context === undefined)) {
      const [given, missing] = question === undefined ? ['context', 'question'] : ['question', 'context']
      throw new ConfigError('MISSING_FLAG', `--${given} needs --${missing} TEXT`)
    }
    return question === undefined ? [] : [{ question, context: context! }]
  },
  read: readInputs,
  async load(folder, values) {
    const { maxLength, threads, stride, maxQuestionLength, topK } = values
    checkTopK(topK)
    const answering = answerOptions(values)
    const answer = await pipeline('question-answering', folder, { maxLength, threads, stride, maxQuestionLength })
    return {
      async predict(inputs, { batchSize, signal, onProgress }) {
        const rows: AnsweredQuestion[] = []
        for (let start = 0; start < inputs.length; start += chunkSize) {
          const chunk = inputs.slice(start, start + chunkSize)
          const answers = await answer(chunk, { batchSize, signal, ...answering, topK: topK ?? 1 })
          chunk.forEach(({ id, question }, i) => {
            rows.push({ ...(id !== undefined && { id }), question, answers: answers[i] })
          })
          onProgress?.(rows.length)
        }
        return rows
      },
      json(rows, single) {
        if (single) return { answers: rows[0].answers }
        return { answers: rows.map(({ answers }) => (topK === undefined ? answers[0] : answers)) }
      },
      table: (rows) =>
        rows.map((row) => (rows.length === 1 ? '' : `${shorten(row.question, 100)}\n`) + answerTable(row)).join('\n\n'),
      record: ({ answers, ...row }) => (topK === undefined ? { ...row, ...answers[0] } : { ...row, answers }),
      csvHeader: ['id', 'question', 'rank', 'answer', 'score', 'start', 'end'],
      csvRows: ({ id = '', question, answers }) =>
        answers.map(({ answer, score, start, end }, rank) => [
          id,
          question,
          String(rank + 1),
          answer,
          ...[score, start, end].map(String),
        ]),
      close: () => answer.close(),
    }
  },
}

function answerTable({ answers }: AnsweredQuestion): string {
  const rows = answers.map(({ answer, score, start, end }) => [
    score.toFixed(4),
    shorten(answer, 80) || '(no answer)',
    answer === '' ? '' : `${start}–${end}`,
  ])
  return textTable([['score', 'answer', 'place'], ...rows], { right: [0] })
}

async function* readInputs(file: string, { format }: PredictValues): AsyncGenerator<AskedQuestion> {
  const options = { format: format as QuestionFormat | undefined }
  for await (const { id, question, context, source } of readQuestionExamples(file, options)) {
    for (const [field, text] of Object.entries({ question, context })) {
      if (text.trim() !== '') continue
      throw new DataError('EMPTY_TEXT', `${describeQuestionPlace(source)}: the ${field} is empty: fill it in`)
    }
    yield { id, question, context }
  }
}
