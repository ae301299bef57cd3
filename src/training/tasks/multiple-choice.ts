import { collateMultipleChoice } from '../../data/collate-choices.ts'
import { describePlace } from '../../data/example.ts'
import { type ChoiceExample, type ChoiceItem, choiceLabels, encodeChoices } from '../../data/multiple-choice/index.ts'
import type { EncoderModel } from '../../models/model.ts'
import { bootstrapMean } from '../bootstrap.ts'
import {
  bootstrapChoices,
  type ChoiceResult,
  choiceMetricNames,
  choiceMetrics,
  choiceScorer,
  findChoiceMetric,
  likeliest,
} from '../choice-metrics.ts'
import { exampleScorer } from '../example-scorer.ts'
import type { WrongExample } from '../run-record.ts'
import { defineTask } from './finetune-task.ts'
import type { PredictOptions } from './predict.ts'
import { choiceProbabilities } from './predict-choices.ts'

/** What a model chose for some questions. */
export interface ChoicePredictions extends ChoiceResult {
  /** float32 [choices] of each example */
  probabilities: Float32Array[]
  /** int32 [N] */
  labels: Int32Array
  /** float64 [N]: cross-entropy of each example. */
  losses: Float64Array
  /** Mean cross-entropy. */
  loss: number
}

/** Wrong examples that the report shows at most. */
const mostWrong = 24

/** Runs a model on questions whose right choice is known. */
export async function predictChoices(
  model: EncoderModel,
  items: readonly ChoiceItem[],
  options: PredictOptions = {},
): Promise<ChoicePredictions> {
  const probabilities = await choiceProbabilities(model, items, options)
  const labels = Int32Array.from(items, ({ labelId }) => labelId)
  const losses = Float64Array.from(labels, (label, i) => -Math.log(probabilities[i][label]))
  return { probabilities, labels, losses, loss: losses.reduce((sum, loss) => sum + loss, 0) / items.length }
}

/** Which of some choices answers a question or completes a text: cross-entropy over the choices, accuracy. */
export const multipleChoice = defineTask<ChoiceExample, ChoiceItem, ChoicePredictions>({
  name: 'multiple-choice',
  title: 'Multiple choice',
  metricNames: choiceMetricNames,
  findMetric: findChoiceMetric,
  check: (_, examples) => void choiceLabels(examples),
  encode(examples, { tokenizer, maxLength }) {
    const labels = choiceLabels(examples)
    const encoded = encodeChoices(examples, tokenizer, { maxLength })
    return {
      items: encoded.map(({ truncated, ...question }, i) => ({ ...question, labelId: labels[i] })),
      truncated: encoded.filter(({ truncated }) => truncated).length,
    }
  },
  targets: ({ labelId, choices }) => [labelId, ...choices.map(({ ids }) => ids.length)],
  length: ({ ids }) => ids.length,
  collate: (items) => collateMultipleChoice(items),
  predict: predictChoices,
  metrics: choiceMetrics,
  intervals: (predictions, names, seed) => ({
    ...bootstrapChoices(predictions, names, { seed }),
    loss: bootstrapMean(predictions.losses, { seed }),
  }),
  scorer: (systems, names) =>
    exampleScorer(
      systems.map(({ labels }) => labels.length),
      names,
      choiceScorer(
        {
          labels: systems.flatMap(({ labels }) => [...labels]),
          probabilities: systems.flatMap(({ probabilities }) => probabilities),
        },
        names,
      ),
      { sums: systems.flatMap(({ losses }) => [...losses]) },
    ),
  details: (_, { labels, probabilities }) => ({
    examples: labels.length,
    chance: probabilities.reduce((sum, { length }) => sum + 1 / length, 0) / labels.length,
  }),
  report: (_, { evalExamples }, predictions) =>
    predictions ? { wrongExamples: wrongExamples(evalExamples, predictions) } : {},
})

/** The wrong choices with the highest probability, worst first. */
function wrongExamples(
  examples: readonly ChoiceExample[],
  { probabilities, labels }: ChoicePredictions,
): WrongExample[] {
  const chosen = probabilities.map(likeliest)
  return [...chosen.keys()]
    .filter((i) => chosen[i] !== labels[i])
    .sort((a, b) => probabilities[b][chosen[b]] - probabilities[a][chosen[a]] || a - b)
    .slice(0, mostWrong)
    .map((i) => {
      const { context, question, choices, source } = examples[i]
      return {
        text: context ?? question,
        ...(context !== undefined && { textPair: question }),
        label: choices[labels[i]],
        predicted: choices[chosen[i]],
        score: probabilities[i][chosen[i]],
        source: describePlace(source),
      }
    })
}
