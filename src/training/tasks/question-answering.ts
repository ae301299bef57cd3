import { DataError } from '../../core/errors.ts'
import {
  type AnswerOptions,
  type AnswerWindow,
  collateQuestions,
  describeQuestionPlace,
  type EncodeQuestionsOptions,
  encodeQuestions,
  type QuestionExample,
} from '../../data/question-answering/index.ts'
import { exactMatch } from '../answer-text.ts'
import { bootstrapInterval } from '../bootstrap.ts'
import { exampleScorer } from '../example-scorer.ts'
import type { TextMark, WrongExample } from '../run-record.ts'
import {
  bootstrapSquadMetrics,
  computeSquadMetrics,
  findSquadMetric,
  type SquadResult,
  squadMetrics,
  squadScorer,
} from '../squad-metrics.ts'
import { defineTask, type FinetuneTask } from './finetune-task.ts'
import { type AnsweredQuestion, type AnswerPredictions, predictAnswers } from './predict-answers.ts'

/** How questions are encoded and answered. */
export interface QuestionAnsweringOptions extends AnswerOptions, Omit<EncodeQuestionsOptions, 'maxLength'> {}

/** Question answering as fine-tuning and evaluation see it. */
export type QuestionAnsweringTask = FinetuneTask<QuestionExample, AnswerWindow, AnswerPredictions>

/** Wrong answers that the report shows at most. */
const mostWrong = 24

/**
 * The stretch of a context that answers a question: cross-entropies of its first and last token; exact match and F1 of its words.
 */
export function questionAnsweringTask({
  stride,
  maxQuestionLength,
  ...answering
}: QuestionAnsweringOptions = {}): QuestionAnsweringTask {
  return defineTask<QuestionExample, AnswerWindow, AnswerPredictions>({
    name: 'question-answering',
    title: 'Question answering',
    metricNames: ['f1', 'exact'],
    settings: answering,
    findMetric: (name) => findSquadMetric(name).name,
    check(_, examples) {
      for (const example of examples) {
        if (isKnown(example)) continue
        throw new DataError(
          'MISSING_ANSWERS',
          `${describeQuestionPlace(example.source)}: there are no answers: add "answers", or "is_impossible": true if the ` +
            'context holds none.',
        )
      }
    },
    encode(examples, { tokenizer, maxLength }) {
      const { windows, cutQuestions } = encodeQuestions(examples, tokenizer, { maxLength, stride, maxQuestionLength })
      return { items: windows, truncated: cutQuestions }
    },
    targets: ({ startLabel, endLabel }) => [startLabel, endLabel],
    length: ({ ids }) => ids.length,
    collate: (windows) => collateQuestions(windows),
    predict: (model, windows, options) => predictAnswers(model, windows, { ...answering, ...options }),
    metrics: (predictions, names) => computeSquadMetrics(squadResult(predictions), names),
    intervals(predictions, names, seed) {
      const { questions, loss } = predictions
      const mean = (indices: Int32Array) => {
        let [sum, count] = [0, 0]
        for (const index of indices) {
          sum += questions[index].lossSum
          count += questions[index].windows
        }
        return sum / count
      }
      return {
        ...bootstrapSquadMetrics(squadResult(predictions), names, { seed }),
        loss: { value: loss, ...bootstrapInterval(questions.length, mean, { seed }) },
      }
    },
    scorer(systems, names) {
      const questions = systems.flatMap((system) => system.questions)
      return exampleScorer(
        systems.map((system) => system.questions.length),
        names,
        squadScorer(squadResult({ ...systems[0], questions }), names),
        { sums: questions.map(({ lossSum }) => lossSum), weights: questions.map(({ windows }) => windows) },
      )
    },
    details(_, predictions) {
      const { allowNoAnswer, nullScoreDiffThreshold } = predictions
      const { total, hasAnswer, noAnswer, bestExact, bestF1 } = squadMetrics(squadResult(predictions))
      return {
        questions: total,
        windows: predictions.questions.reduce((sum, { windows }) => sum + windows, 0),
        ...(allowNoAnswer && { nullScoreDiffThreshold, hasAnswer, noAnswer, bestExact, bestF1 }),
      }
    },
    report(_, { trainExamples, evalExamples }, predictions) {
      const kinds = [false, true].map((isImpossible) => ({
        label: isImpossible ? 'no answer' : 'answer',
        train: trainExamples.filter((example) => example.isImpossible === isImpossible).length,
        ...(evalExamples.length > 0 && {
          eval: evalExamples.filter((example) => example.isImpossible === isImpossible).length,
        }),
      }))
      const isMixed = kinds[1].train + (kinds[1].eval ?? 0) > 0
      return {
        ...(isMixed && { labelCounts: kinds }),
        wrongExamples: predictions && wrongAnswers(predictions.questions),
      }
    },
  })
}

/** Question answering with its defaults. */
export const questionAnswering = questionAnsweringTask()

/** Answers as metrics take them. Questions of which nothing is known are left out. */
export function squadResult({ questions, allowNoAnswer, nullScoreDiffThreshold }: AnswerPredictions): SquadResult {
  const known = questions.filter(({ example }) => isKnown(example))
  const answers = known.map(({ example }) => example.answers.map(({ text }) => text))
  if (!allowNoAnswer) return { answers, predictions: known.map(({ answer }) => answer.text) }
  return {
    answers,
    predictions: known.map(({ bestText }) => bestText?.text ?? ''),
    noAnswerScores: known.map(({ nullScoreDiff }) => nullScoreDiff!),
    noAnswerThreshold: nullScoreDiffThreshold,
  }
}

const isKnown = ({ answers, isImpossible }: QuestionExample): boolean => isImpossible || answers.length > 0

const noAnswerText = '(no answer)'

/** The questions whose answer is none of the true ones, the surest first. */
function wrongAnswers(questions: readonly AnsweredQuestion[]): WrongExample[] {
  const isWrong = ({ example: { answers }, answer }: AnsweredQuestion) =>
    answers.length === 0 ? answer.text !== '' : !answers.some(({ text }) => exactMatch(text, answer.text) === 1)
  return questions
    .filter((each) => isKnown(each.example) && isWrong(each))
    .sort((a, b) => b.answer.score - a.answer.score)
    .slice(0, mostWrong)
    .map(({ example: { question, context, answers, source }, answer }) => ({
      text: question,
      textPair: context,
      label: [...new Set(answers.map(({ text }) => text))].join(' / ') || noAnswerText,
      predicted: answer.text || noAnswerText,
      score: answer.score,
      source: describeQuestionPlace(source),
      marks: [
        ...answers.map(({ text, start }): TextMark => ({ start, end: start + text.length, side: 'truth' })),
        ...(answer.text === '' ? [] : [{ start: answer.start, end: answer.end, side: 'guess' } as const]),
      ],
    }))
}
