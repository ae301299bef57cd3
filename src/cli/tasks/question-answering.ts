import { groupSplit } from '../../data/group-split.ts'
import type { AnswerWindow, QuestionExample } from '../../data/question-answering/index.ts'
import { type QuestionFormat, readAllQuestionExamples } from '../../data/question-answering/node.ts'
import { type SquadScores, squadMetrics } from '../../training/squad-metrics.ts'
import type { AnswerPredictions } from '../../training/tasks/predict-answers.ts'
import { questionAnsweringTask, squadResult } from '../../training/tasks/question-answering.ts'
import { questionPrediction } from '../predictors/question-answering.ts'
import { formatMetric, textTable } from '../tables.ts'
import { answerOptions } from './answer-options.ts'
import type { CommandTask } from './command-task.ts'
import type { TaskValues } from './task-flags.ts'

/** Moved answers that are told one by one. */
const toldRepairs = 3

export const questionAnswering: CommandTask<QuestionExample, AnswerWindow, AnswerPredictions> = {
  name: 'question-answering',
  head: 'question-answering',
  flags: ['stride', 'max-question-length', 'max-answer-length', 'allow-no-answer', 'null-threshold', 'repair-answers'],
  usualLength: 384,
  create(values) {
    const { stride, maxQuestionLength } = values
    return questionAnsweringTask({ stride, maxQuestionLength, ...answerOptions(values) })
  },
  read: readQuestions,
  labels: () => [],
  split(examples, options) {
    // An article's paragraphs tell the same things in other words, so that they stay together, too.
    const articles = new Set(examples.map(({ title }) => title))
    const articleOf = new Map<string, string>()
    for (const { context, title } of examples) {
      if (!articleOf.has(context)) articleOf.set(context, title !== undefined && articles.size > 1 ? title : context)
    }
    return groupSplit(examples, {
      ...options,
      groupOf: ({ context }) => articleOf.get(context)!,
      groups: articles.size > 1 ? 'articles' : 'contexts',
    })
  },
  tables(_, predictions) {
    const { questions, windows } = {
      questions: predictions.questions.length,
      windows: predictions.questions.reduce((sum, each) => sum + each.windows, 0),
    }
    const { bestF1, hasAnswer, noAnswer, ...all } = squadMetrics(squadResult(predictions))
    const row = (name: string, scores: SquadScores) => [
      name,
      formatMetric(scores.exact),
      formatMetric(scores.f1),
      String(scores.total),
    ]
    const rows = [
      ['answers', 'exact', 'f1', 'questions'],
      row('all', all),
      ...(noAnswer && hasAnswer ? [row('has answer', hasAnswer)] : []),
      ...(noAnswer ? [row('no answer', noAnswer)] : []),
    ]
    const best = `  best f1 ${formatMetric(bestF1.value)} with --null-threshold ${bestF1.threshold.toPrecision(4)}`
    return [
      textTable(rows, { right: [1, 2, 3] }),
      `  ${questions} questions were read in ${windows} windows`,
      ...(noAnswer && predictions.allowNoAnswer ? [best] : []),
    ]
  },
  predict: questionPrediction,
}

async function readQuestions(
  file: string,
  { format, repairAnswers: repair }: TaskValues,
  warn: (text: string) => void,
): Promise<QuestionExample[]> {
  let repairs = 0
  const examples = await readAllQuestionExamples(file, {
    format: format as QuestionFormat | undefined,
    requireAnswers: true,
    repair,
    onRepair(message) {
      if (++repairs <= toldRepairs) warn(message)
    },
  })
  if (repairs > toldRepairs) warn(`${file}: ${repairs} answers were moved to where they stand`)
  return examples
}
