import { ConfigError } from '../../core/errors.ts'
import type { ChoiceQuestion } from '../../data/multiple-choice/index.ts'
import { readChoiceExamples } from '../../data/multiple-choice/node.ts'
import type { ChosenAnswer } from '../../pipelines/multiple-choice.ts'
import { pipeline } from '../../pipelines/node.ts'
import { shorten, textTable } from '../tables.ts'
import { choiceReadOptions } from './choice-read-options.ts'
import type { PredictTask } from './predictor.ts'

/** The likeliest choice for each question. */
export const multipleChoicePrediction: PredictTask<ChoiceQuestion, ChosenAnswer> = {
  flags: ['question', 'context', 'text-column'],
  usage: '--question TEXT and its choices as arguments, or a file with --input FILE',
  inputs(choices, { question, context }) {
    if (question === undefined && choices.length === 0 && context === undefined) return []
    if (question !== undefined && choices.length >= 2) return [{ context, question, choices }]
    throw new ConfigError(
      'CHOICES',
      `give --question TEXT and two choices or more as arguments, such as --question "The sky is" "blue." "a fish."; there ` +
        `${choices.length === 1 ? 'is 1 choice' : `are ${choices.length} choices`}${question === undefined ? ' and no question' : ''}`,
    )
  },
  async *read(file, values) {
    for await (const { label, source, ...question } of readChoiceExamples(file, choiceReadOptions(values))) {
      yield question
    }
  },
  async load(folder, { maxLength, threads }) {
    const choose = await pipeline('multiple-choice', folder, { maxLength, threads })
    return {
      predict: (questions, options) => choose(questions, options),
      json: (predictions) => ({ predictions }),
      table: (predictions) => {
        const rows = predictions.map(({ question, choice, score }) => [
          shorten(choice, 40),
          score.toFixed(4),
          shorten(question, 60),
        ])
        return textTable([['choice', 'score', 'question'], ...rows], { right: [1] })
      },
      record: (prediction) => prediction,
      csvHeader: ['context', 'question', 'label', 'choice', 'score'],
      csvRows: ({ context = '', question, label, choice, score }) => [
        [context, question, String(label), choice, String(score)],
      ],
      close: () => choose.close(),
    }
  },
}
