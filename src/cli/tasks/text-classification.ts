import { DataError } from '../../core/errors.ts'
import type { ClassificationItem } from '../../data/collator.ts'
import type { Example } from '../../data/example.ts'
import { collectLabels, labelIds } from '../../data/labels.ts'
import { stratifiedSplit } from '../../data/split.ts'
import { calibration } from '../../training/calibration.ts'
import { classificationMetrics } from '../../training/metrics.ts'
import { computeClassificationMetrics } from '../../training/metrics-registry.ts'
import {
  type ClassificationPredictions,
  confusionRows,
  textClassification as task,
} from '../../training/tasks/text-classification.ts'
import { readLabelled } from '../inputs.ts'
import { classificationPrediction } from '../predictors/classification.ts'
import { confusionText, formatMetric, scoreTable } from '../tables.ts'
import type { CommandTask } from './command-task.ts'
import { longTextFlags } from './long-text-flags.ts'

export const textClassification: CommandTask<Example, ClassificationItem, ClassificationPredictions> = {
  name: task.name,
  head: 'sequence-classification',
  problemType: 'single_label_classification',
  flags: ['text-column', 'text-pair-column', 'label-column', ...longTextFlags],
  create: () => task,
  read: readLabelled,
  hasColumns: true,
  labels(examples, file) {
    const labels = collectLabels(examples)
    if (labels.length > 1) return labels
    throw new DataError(
      'ONE_LABEL',
      `${file}: all examples have the label "${labels[0]}": a classifier needs two labels or more. Is --label-column right?`,
    )
  },
  split: (examples, options) => stratifiedSplit(examples, { ...options, labelOf: ({ label }) => label }),
  baselines(train, evaluation, labels) {
    const counts = new Int32Array(labels.length)
    for (const id of labelIds(train, labels)) counts[id]++
    const most = counts.indexOf(Math.max(...counts))
    const truth = labelIds(evaluation, labels)
    const predictions = new Int32Array(truth.length).fill(most)
    const result = { predictions, labels: truth, numLabels: labels.length }
    return {
      [`Always “${labels[most]}”`]: computeClassificationMetrics(result, ['accuracy', 'f1', 'f1_macro', 'f1_weighted']),
    }
  },
  tables: ({ config: { labels } }, predictions) => classificationTables(labels, predictions),
  predict: classificationPrediction,
}

/** Scores by label, what was taken for what, and whether probabilities can be taken at their word. */
export function classificationTables(labels: readonly string[], predictions: ClassificationPredictions): string[] {
  const { confusion, perClass } = classificationMetrics(predictions)
  return [
    scoreTable(
      'label',
      perClass.map((scores, i) => ({ label: labels[i], ...scores })),
      'examples',
    ),
    confusionText(labels, confusionRows(confusion)),
    calibrationText(predictions),
  ]
}

/** Whether probabilities can be taken at their word. */
function calibrationText(predictions: ClassificationPredictions): string {
  const { expectedError, bins } = calibration({ ...predictions, scores: predictions.probabilities })
  const [sure, right] = (['confidence', 'accuracy'] as const).map((name) =>
    bins.reduce((sum, bin) => sum + (bin.examples === 0 ? 0 : bin.examples * bin[name]), 0),
  )
  const share = (value: number) => `${((100 * value) / predictions.labels.length).toFixed(1)} %`
  return `  on average ${share(sure)} sure and right in ${share(right)}; expected calibration error ${formatMetric(expectedError)}`
}
