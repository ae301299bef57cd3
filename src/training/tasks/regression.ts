import { ConfigError } from '../../core/errors.ts'
import { collateTargets, type TargetItem } from '../../data/collate-targets.ts'
import { encodeExamples } from '../../data/encode-examples.ts'
import { describePlace, type Example } from '../../data/example.ts'
import { labelValues } from '../../data/label-values.ts'
import type { EncoderModel } from '../../models/model.ts'
import { bootstrapMean } from '../bootstrap.ts'
import { exampleScorer } from '../example-scorer.ts'
import {
  bootstrapRegression,
  findRegressionMetric,
  type RegressionResult,
  regressionMetricNames,
  regressionMetrics,
  regressionScorer,
} from '../regression-metrics.ts'
import type { WrongExample } from '../run-record.ts'
import { defineTask } from './finetune-task.ts'
import { classificationLogits, type PredictOptions, requireProblemType } from './predict.ts'

/** The numbers that a model gave to labelled items. */
export interface RegressionPredictions extends RegressionResult {
  /** float32 [N] */
  predictions: Float32Array
  /** float32 [N] */
  targets: Float32Array
  /** float64 [N]: squared error of each item. */
  losses: Float64Array
  /** Mean squared error. */
  loss: number
}

/** Examples with great errors that the report shows at most. */
const mostWrong = 24

/**
 * Whether a model gives one number a text.
 * @throws ConfigError `PROBLEM_TYPE` or `SEVERAL_NUMBERS`
 */
export function requireOneNumber(model: Parameters<typeof requireProblemType>[0] & Labelled): void {
  requireProblemType(model, 'regression')
  const { labels } = model.config
  if (labels.length === 1) return
  throw new ConfigError(
    'SEVERAL_NUMBERS',
    `the model gives ${labels.length} numbers a text (${labels.slice(0, 5).join(', ')}), but one is expected`,
  )
}

interface Labelled {
  config: { labels: readonly string[] }
}

/** Runs a regression model on items with targets. */
export async function predictValues(
  model: EncoderModel,
  items: readonly TargetItem[],
  options: PredictOptions = {},
): Promise<RegressionPredictions> {
  const predictions = await classificationLogits(model, items, options)
  const targets = Float32Array.from(items, (item) => item.targets[0])
  const losses = Float64Array.from(targets, (target, i) => (predictions[i] - target) ** 2)
  return { predictions, targets, losses, loss: losses.reduce((sum, loss) => sum + loss, 0) / items.length }
}

/** A number for a text or pair of texts, such as how similar two texts are: mean squared error, correlations. */
export const regression = defineTask<Example, TargetItem, RegressionPredictions>({
  name: 'regression',
  title: 'Regression',
  metricNames: regressionMetricNames,
  findMetric: findRegressionMetric,
  check: (_, examples) => void labelValues(examples),
  encode(examples, { model, tokenizer, maxLength }) {
    requireOneNumber(model)
    const values = labelValues(examples)
    const encoded = encodeExamples(examples, tokenizer, { maxLength, longTexts: model.config.longTexts })
    return {
      items: encoded.map(({ truncated: _, ...text }, i) => ({ ...text, targets: Float32Array.of(values[i]) })),
      truncated: encoded.filter(({ truncated }) => truncated).length,
    }
  },
  targets: ({ targets }) => targets,
  length: ({ ids }) => ids.length,
  collate: (items) => collateTargets(items),
  predict: predictValues,
  metrics: regressionMetrics,
  intervals: (predictions, names, seed) => ({
    ...bootstrapRegression(predictions, names, { seed }),
    loss: bootstrapMean(predictions.losses, { seed }),
  }),
  scorer: (systems, names) =>
    exampleScorer(
      systems.map(({ targets }) => targets.length),
      names,
      regressionScorer(
        {
          predictions: systems.flatMap(({ predictions }) => [...predictions]),
          targets: systems.flatMap(({ targets }) => [...targets]),
        },
        names,
      ),
      { sums: systems.flatMap(({ losses }) => [...losses]) },
    ),
  details: (_, { predictions, targets }) => ({
    examples: targets.length,
    targetRange: range(targets),
    predictedRange: range(predictions),
  }),
  report: (_, { evalExamples }, predictions) =>
    predictions
      ? {
          scatter: Array.from(predictions.targets, (actual, i) => ({ actual, predicted: predictions.predictions[i] })),
          wrongExamples: greatestErrors(evalExamples, predictions),
        }
      : {},
})

/** The least and the greatest of some numbers. */
const range = (values: Float32Array): [number, number] => [
  values.reduce((a, b) => Math.min(a, b)),
  values.reduce((a, b) => Math.max(a, b)),
]

/** The examples that are predicted worst, worst first. */
function greatestErrors(examples: readonly Example[], { predictions, losses }: RegressionPredictions): WrongExample[] {
  return [...losses.keys()]
    .sort((a, b) => losses[b] - losses[a] || a - b)
    .slice(0, mostWrong)
    .map((i) => ({
      text: examples[i].text,
      textPair: examples[i].textPair,
      label: examples[i].label!,
      predicted: String(Number(predictions[i].toPrecision(4))),
      source: describePlace(examples[i].source),
    }))
}
