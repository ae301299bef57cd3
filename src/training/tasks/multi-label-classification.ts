import { collateTargets, type TargetItem } from '../../data/collate-targets.ts'
import { encodeExamples } from '../../data/encode-examples.ts'
import { describePlace } from '../../data/example.ts'
import { labelTargets, type MultiLabelExample } from '../../data/multi-label/index.ts'
import type { EncoderModel } from '../../models/model.ts'
import { bootstrapMean } from '../bootstrap.ts'
import { exampleScorer } from '../example-scorer.ts'
import {
  bootstrapMultiLabel,
  findMultiLabelMetric,
  type MultiLabelResult,
  multiLabelMetrics,
  multiLabelScorer,
  multiLabelScores,
} from '../multi-label-metrics.ts'
import { bestThresholds } from '../multi-label-thresholds.ts'
import type { WrongExample } from '../run-record.ts'
import { defineTask, type FinetuneTask } from './finetune-task.ts'
import { labelThresholds, type Threshold } from './label-thresholds.ts'
import { classificationLogits, type PredictOptions, requireProblemType, sigmoids } from './predict.ts'

/** What a model said of the labels of some items. N items, C labels. */
export interface MultiLabelPredictions extends MultiLabelResult {
  /** float32 [N, C] */
  probabilities: Float32Array
  /** [N, C]: 1 where the probability reaches the threshold. */
  predictions: Uint8Array
  /** float32 [N, C] */
  targets: Float32Array
  /** float64 [N]: mean binary cross-entropy of each item's labels. */
  losses: Float64Array
  /** Mean binary cross-entropy. */
  loss: number
}

/** When a label is given. */
export interface MultiLabelOptions {
  /** Default 0.5. */
  threshold?: Threshold
}

/** Multi-label classification as fine-tuning and evaluation see it. */
export type MultiLabelTask = FinetuneTask<MultiLabelExample, TargetItem, MultiLabelPredictions>

/** Wrong examples that the report shows at most. */
const mostWrong = 24

/** Runs a classifier of several labels on items with targets. */
export async function predictLabels(
  model: EncoderModel,
  items: readonly TargetItem[],
  { threshold, ...options }: PredictOptions & MultiLabelOptions = {},
): Promise<MultiLabelPredictions> {
  const { labels } = model.config
  const numLabels = labels.length
  const thresholds = labelThresholds(labels, threshold)
  const logits = await classificationLogits(model, items, options)
  const probabilities = sigmoids(logits)
  const targets = new Float32Array(logits.length)
  items.forEach((item, i) => {
    targets.set(item.targets, i * numLabels)
  })
  const losses = new Float64Array(items.length)
  logits.forEach((x, cell) => {
    // -t log p - (1 - t) log(1 - p) with p = 1 / (1 + e^-x), without overflow
    const loss = Math.max(x, 0) - x * targets[cell] + Math.log1p(Math.exp(-Math.abs(x)))
    losses[Math.floor(cell / numLabels)] += loss / numLabels
  })
  return {
    probabilities,
    predictions: Uint8Array.from(probabilities, (p, cell) => Number(p >= thresholds[cell % numLabels])),
    targets,
    losses,
    loss: losses.reduce((sum, loss) => sum + loss, 0) / items.length,
    numLabels,
  }
}

/** Any number of labels a text or pair of texts: binary cross-entropy, F1 by micro and macro mean. */
export function multiLabelClassificationTask({ threshold }: MultiLabelOptions = {}): MultiLabelTask {
  return defineTask<MultiLabelExample, TargetItem, MultiLabelPredictions>({
    name: 'multi-label-classification',
    title: 'Multi-label classification',
    settings: { threshold },
    metricNames: ['f1_micro', 'f1_macro', 'f1_samples', 'precision_micro', 'recall_micro', 'accuracy', 'hamming_loss'],
    findMetric: findMultiLabelMetric,
    check({ config: { labels } }, examples) {
      labelThresholds(labels, threshold)
      labelTargets(examples, labels)
    },
    encode(examples, { model, tokenizer, maxLength }) {
      requireProblemType(model, 'multi_label_classification')
      const targets = labelTargets(examples, model.config.labels)
      const encoded = encodeExamples(examples, tokenizer, { maxLength, longTexts: model.config.longTexts })
      return {
        items: encoded.map(({ truncated: _, ...text }, i) => ({ ...text, targets: targets[i] })),
        truncated: encoded.filter(({ truncated }) => truncated).length,
      }
    },
    targets: ({ targets }) => targets,
    length: ({ ids }) => ids.length,
    collate: (items) => collateTargets(items),
    predict: (model, items, options) => predictLabels(model, items, { ...options, threshold }),
    metrics: multiLabelMetrics,
    intervals: (predictions, names, seed) => ({
      ...bootstrapMultiLabel(predictions, names, { seed }),
      loss: bootstrapMean(predictions.losses, { seed }),
    }),
    scorer: (systems, names) =>
      exampleScorer(
        systems.map(({ losses }) => losses.length),
        names,
        multiLabelScorer(
          {
            predictions: systems.flatMap(({ predictions }) => [...predictions]),
            targets: systems.flatMap(({ targets }) => [...targets]),
            numLabels: systems[0].numLabels,
          },
          names,
        ),
        { sums: systems.flatMap(({ losses }) => [...losses]) },
      ),
    classNames: ({ config }) => config.labels,
    details({ config: { labels } }, predictions) {
      const { micro, macro, perLabel } = bestThresholds(predictions)
      const byLabel = <T>(values: readonly T[]) => Object.fromEntries(values.map((value, i) => [labels[i], value]))
      return {
        examples: predictions.losses.length,
        perLabel: byLabel(multiLabelScores(predictions)),
        bestThresholds: { micro, macro, perLabel: byLabel(perLabel) },
      }
    },
    report({ config: { labels } }, { trainExamples, evalExamples }, predictions) {
      const [train, evaluation] = [trainExamples, evalExamples].map((examples) => countLabels(examples))
      return {
        labelCounts: labels.map((label) => ({
          label,
          train: train.get(label) ?? 0,
          ...(evalExamples.length > 0 && { eval: evaluation.get(label) ?? 0 }),
        })),
        perClass: predictions && multiLabelScores(predictions).map((scores, i) => ({ label: labels[i], ...scores })),
        wrongExamples: predictions && wrongExamples(labels, evalExamples, predictions),
      }
    },
  })
}

/** Multi-label classification with its defaults. */
export const multiLabelClassification = multiLabelClassificationTask()

function countLabels(examples: readonly MultiLabelExample[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { labels } of examples) for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return counts
}

/** The examples with a label too many or too few, highest loss first. */
function wrongExamples(
  names: readonly string[],
  examples: readonly MultiLabelExample[],
  { predictions, targets, losses, numLabels }: MultiLabelPredictions,
): WrongExample[] {
  const isWrong = (i: number) => names.some((_, c) => predictions[i * numLabels + c] !== targets[i * numLabels + c])
  const list = (marks: ArrayLike<number>, i: number) =>
    names.filter((_, c) => marks[i * numLabels + c] > 0).join(', ') || '(none)'
  return [...losses.keys()]
    .filter(isWrong)
    .sort((a, b) => losses[b] - losses[a] || a - b)
    .slice(0, mostWrong)
    .map((i) => ({
      text: examples[i].text,
      textPair: examples[i].textPair,
      label: list(targets, i),
      predicted: list(predictions, i),
      source: describePlace(examples[i].source),
    }))
}
