import { type ClassificationItem, collateClassification } from '../../data/collator.ts'
import { encodeExamples } from '../../data/encode-examples.ts'
import type { Example } from '../../data/example.ts'
import { labelIds } from '../../data/labels.ts'
import type { EncoderModel } from '../../models/model.ts'
import { bootstrapInterval, bootstrapMetrics } from '../bootstrap.ts'
import { calibration } from '../calibration.ts'
import { type ClassificationResult, classificationMetrics } from '../metrics.ts'
import { computeMetrics, findMetric } from '../metrics-registry.ts'
import type { WrongExample } from '../run-record.ts'
import { defineTask } from './finetune-task.ts'
import { argmaxRows, classificationLogits, type PredictOptions, requireSingleLabel, softmaxRows } from './predict.ts'

/** A model's answers on labelled items. N items, C classes. */
export interface ClassificationPredictions extends ClassificationResult {
  predictions: Int32Array
  labels: Int32Array
  /** float32 [N, C] */
  probabilities: Float32Array
  /** float64 [N]: cross-entropy of each item. */
  losses: Float64Array
  /** Mean cross-entropy. */
  loss: number
}

/** Wrong examples that the report shows at most. */
const mostWrong = 24

/** Runs a classifier on labelled items. */
export async function predictClassification(
  model: EncoderModel,
  items: readonly ClassificationItem[],
  options: PredictOptions = {},
): Promise<ClassificationPredictions> {
  const classes = model.config.labels.length
  const logits = await classificationLogits(model, items, options)
  const probabilities = softmaxRows(logits, classes)
  const labels = Int32Array.from(items, ({ labelId }) => labelId)
  const losses = Float64Array.from(
    labels,
    (label, i) => -logSoftmaxAt(logits.subarray(i * classes, (i + 1) * classes), label),
  )
  return {
    predictions: argmaxRows(logits, classes),
    labels,
    probabilities,
    losses,
    loss: losses.reduce((sum, loss) => sum + loss, 0) / items.length,
    numLabels: classes,
  }
}

/** One label a text or pair of texts: cross-entropy, accuracy, F1. */
export const textClassification = defineTask<Example, ClassificationItem, ClassificationPredictions>({
  name: 'text-classification',
  title: 'Text classification',
  metricNames: ['accuracy', 'f1', 'f1_macro', 'f1_weighted', 'precision', 'recall'],
  findMetric: (name) => findMetric(name).name,
  check: (model, examples) => void labelIds(examples, model.config.labels),
  encode(examples, { model, tokenizer, maxLength }) {
    requireSingleLabel(model)
    const labels = labelIds(examples, model.config.labels)
    const encoded = encodeExamples(examples, tokenizer, { maxLength })
    return {
      items: encoded.map(({ ids, typeIds }, i) => ({ ids, typeIds, labelId: labels[i] })),
      truncated: encoded.filter(({ truncated }) => truncated).length,
    }
  },
  targets: ({ labelId }) => [labelId],
  length: ({ ids }) => ids.length,
  collate: (items) => collateClassification(items),
  predict: predictClassification,
  metrics: computeMetrics,
  intervals(predictions, names, seed) {
    const { losses, loss } = predictions
    const mean = (indices: Int32Array) => indices.reduce((sum, index) => sum + losses[index], 0) / indices.length
    return {
      ...bootstrapMetrics(predictions, names, { seed }),
      loss: { value: loss, ...bootstrapInterval(losses.length, mean, { seed }) },
    }
  },
  details({ config: { labels } }, predictions) {
    const { examples, perClass, confusion } = classificationMetrics(predictions)
    return {
      examples,
      perClass: Object.fromEntries(perClass.map((scores, i) => [labels[i], scores])),
      confusion: confusionRows(confusion),
      calibrationError: calibration({ ...predictions, scores: predictions.probabilities }).expectedError,
    }
  },
  report({ config: { labels } }, { trainExamples, evalExamples }, predictions) {
    const [train, evaluation] = [labelCounts(trainExamples), labelCounts(evalExamples)]
    const measured = predictions && classificationMetrics(predictions)
    return {
      labelCounts: labels.map((label) => ({
        label,
        train: train.get(label) ?? 0,
        ...(evalExamples.length > 0 && { eval: evaluation.get(label) ?? 0 }),
      })),
      confusion: measured && { labels, counts: confusionRows(measured.confusion) },
      perClass: measured?.perClass.map((scores, i) => ({ label: labels[i], ...scores })),
      wrongExamples: predictions && wrongExamples(labels, evalExamples, predictions),
    }
  },
})

/** Rows are true labels, columns predicted ones. */
export function confusionRows({ numLabels, counts }: { numLabels: number; counts: Int32Array }): number[][] {
  return Array.from({ length: numLabels }, (_, i) => [...counts.subarray(i * numLabels, (i + 1) * numLabels)])
}

function labelCounts(examples: readonly Example[]): Map<string | undefined, number> {
  const counts = new Map<string | undefined, number>()
  for (const { label } of examples) counts.set(label, (counts.get(label) ?? 0) + 1)
  return counts
}

/** The wrong predictions with the highest probability, worst first. */
function wrongExamples(
  names: readonly string[],
  examples: readonly Example[],
  { predictions, labels, probabilities, numLabels }: ClassificationPredictions,
): WrongExample[] {
  const scoreOf = (i: number) => probabilities[i * numLabels + predictions[i]]
  return [...predictions.keys()]
    .filter((i) => predictions[i] !== labels[i])
    .sort((a, b) => scoreOf(b) - scoreOf(a) || a - b)
    .slice(0, mostWrong)
    .map((i) => ({
      text: examples[i].text,
      textPair: examples[i].textPair,
      label: names[labels[i]],
      predicted: names[predictions[i]],
      score: scoreOf(i),
      source: `${examples[i].source.file}, row ${examples[i].source.row}`,
    }))
}

/** log softmax(row)[index] */
function logSoftmaxAt(row: Float32Array, index: number): number {
  const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const sum = row.reduce((total, x) => total + Math.exp(x - largest), 0)
  return row[index] - largest - Math.log(sum)
}
