import { type ClassificationItem, collateClassification } from '../../data/collator.ts'
import type { EncoderModel } from '../../models/model.ts'
import type { ClassificationResult } from '../metrics.ts'
import { computeMetrics } from '../metrics-registry.ts'
import type { TrainingTask } from '../trainer.ts'
import { argmaxRows, classificationLogits, type PredictOptions, softmaxRows } from './predict.ts'

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

/** Metrics that every evaluation of a classifier reports. */
export const classificationMetricNames = ['accuracy', 'f1', 'f1_macro', 'f1_weighted', 'precision', 'recall'] as const

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
export const textClassification: TrainingTask<ClassificationItem> = {
  length: ({ ids }) => ids.length,
  collate: (items) => collateClassification(items),
  evaluate: async (model, items, { batchSize, signal }) => {
    const predictions = await predictClassification(model, items, { batchSize, signal })
    return { loss: predictions.loss, ...computeMetrics(predictions, classificationMetricNames) }
  },
}

/** log softmax(row)[index] */
function logSoftmaxAt(row: Float32Array, index: number): number {
  const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const sum = row.reduce((total, x) => total + Math.exp(x - largest), 0)
  return row[index] - largest - Math.log(sum)
}
