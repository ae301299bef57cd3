import { type ClassificationItem, collateClassification } from '../../data/collator.ts'
import { encodeExamples } from '../../data/encode-examples.ts'
import { describePlace, type Example } from '../../data/example.ts'
import { labelIds } from '../../data/labels.ts'
import type { EncoderModel } from '../../models/model.ts'
import { bootstrapMean, bootstrapMetrics } from '../bootstrap.ts'
import { calibration } from '../calibration.ts'
import { exampleScorer } from '../example-scorer.ts'
import { type ClassificationResult, classificationMetrics } from '../metrics.ts'
import { classificationScorer, computeClassificationMetrics, findMetric } from '../metrics-registry.ts'
import type { WrongExample } from '../run-record.ts'
import { defineTask, type FinetuneTask, type LabelledModel } from './finetune-task.ts'
import {
  argmaxRows,
  classificationLogits,
  outputsOf,
  type PredictOptions,
  requireSingleLabel,
  softmaxRows,
} from './predict.ts'

/** A model's answers on labelled items. N items, C classes. */
export interface ClassificationPredictions extends ClassificationResult {
  predictions: Int32Array
  labels: Int32Array
  /** float32 [N, C], as probabilities are. */
  logits: Float32Array
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
  const classes = outputsOf(model)
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
    logits,
    probabilities,
    losses,
    loss: losses.reduce((sum, loss) => sum + loss, 0) / items.length,
    numLabels: classes,
  }
}

/** What a task that tells one class of several is besides: what its classes are and how examples say theirs. */
export interface ClassificationSettings {
  /** As in `FinetuneTask`. */
  name: string
  title: string
  /** The first is the headline. */
  metricNames: readonly string[]
  /** Names of the classes in the order of their ids; default the model's labels. */
  labels?: readonly string[]
  /** The class of each example: int32 [examples]. @throws DataError naming file and place */
  labelIds(examples: readonly Example[], labels: readonly string[]): Int32Array
  /** @throws ConfigError for a model that is not for the task */
  requireModel?(model: EncoderModel): void
}

/** A task that tells one class of several for a text or pair of texts: cross-entropy, accuracy, F1. */
export function classificationTask({
  labels: ownLabels,
  labelIds,
  requireModel = () => {},
  ...named
}: ClassificationSettings): ClassificationTask {
  const labelsOf = ({ config }: LabelledModel) => ownLabels ?? config.labels
  return defineTask<Example, ClassificationItem, ClassificationPredictions>({
    ...named,
    findMetric: (name) => findMetric(name).name,
    check: (model, examples) => void labelIds(examples, labelsOf(model)),
    encode(examples, { model, tokenizer, maxLength }) {
      requireModel(model)
      const labels = labelIds(examples, labelsOf(model))
      const encoded = encodeExamples(examples, tokenizer, { maxLength, longTexts: model.config.longTexts })
      return {
        items: encoded.map(({ truncated: _, ...text }, i) => ({ ...text, labelId: labels[i] })),
        truncated: encoded.filter(({ truncated }) => truncated).length,
      }
    },
    targets: ({ labelId }) => [labelId],
    length: ({ ids }) => ids.length,
    collate: (items) => collateClassification(items),
    predict: predictClassification,
    metrics: computeClassificationMetrics,
    intervals: (predictions, names, seed) => ({
      ...bootstrapMetrics(predictions, names, { seed }),
      loss: bootstrapMean(predictions.losses, { seed }),
    }),
    scorer(systems, names) {
      const joined = {
        labels: systems.flatMap(({ labels }) => [...labels]),
        predictions: systems.flatMap(({ predictions }) => [...predictions]),
        numLabels: systems[0].numLabels,
      }
      return exampleScorer(
        systems.map(({ labels }) => labels.length),
        names,
        classificationScorer(joined, names),
        { sums: systems.flatMap(({ losses }) => [...losses]) },
      )
    },
    classNames: labelsOf,
    details(model, predictions) {
      const labels = labelsOf(model)
      const { examples, perClass, confusion } = classificationMetrics(predictions)
      return {
        examples,
        perClass: Object.fromEntries(perClass.map((scores, i) => [labels[i], scores])),
        confusion: confusionRows(confusion),
        calibrationError: calibration({ ...predictions, scores: predictions.probabilities }).expectedError,
      }
    },
    report(model, { trainExamples, evalExamples }, predictions) {
      const labels = labelsOf(model)
      const [train, evaluation] = [trainExamples, evalExamples].map((examples) =>
        countIds(labelIds(examples, labels), labels.length),
      )
      const measured = predictions && classificationMetrics(predictions)
      return {
        labelCounts: labels.map((label, i) => ({
          label,
          train: train[i],
          ...(evalExamples.length > 0 && { eval: evaluation[i] }),
        })),
        confusion: measured && { labels, counts: confusionRows(measured.confusion) },
        perClass: measured?.perClass.map((scores, i) => ({ label: labels[i], ...scores })),
        reliability: predictions && calibration({ ...predictions, scores: predictions.probabilities }),
        wrongExamples: predictions && wrongExamples(labels, evalExamples, predictions),
      }
    },
  })
}

/** Classification as fine-tuning and evaluation see it. */
export type ClassificationTask = FinetuneTask<Example, ClassificationItem, ClassificationPredictions>

/** One label a text or pair of texts. */
export const textClassification: ClassificationTask = {
  ...classificationTask({
    name: 'text-classification',
    title: 'Text classification',
    metricNames: ['accuracy', 'f1', 'f1_macro', 'f1_weighted', 'precision', 'recall'],
    labelIds,
    requireModel: requireSingleLabel,
  }),
  classIds: ({ labelId }) => [labelId],
}

/** Rows are true labels, columns predicted ones. */
export function confusionRows({ numLabels, counts }: { numLabels: number; counts: Int32Array }): number[][] {
  return Array.from({ length: numLabels }, (_, i) => [...counts.subarray(i * numLabels, (i + 1) * numLabels)])
}

function countIds(ids: Int32Array, classes: number): Int32Array {
  const counts = new Int32Array(classes)
  for (const id of ids) counts[id]++
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
      source: describePlace(examples[i].source),
    }))
}

/** log softmax(row)[index] */
function logSoftmaxAt(row: Float32Array, index: number): number {
  const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const sum = row.reduce((total, x) => total + Math.exp(x - largest), 0)
  return row[index] - largest - Math.log(sum)
}
