import {
  accuracyOf,
  balancedAccuracyOf,
  type ClassificationResult,
  type ClassTotals,
  checkExamples,
  classTotals,
  confusionMatrix,
  emptyTotals,
  macroScores,
  matthewsCorrelationOf,
  microScores,
  positiveLabel,
  type Scores,
  scoresOf,
  weightedScores,
} from './metrics.ts'
import { unknownMetric } from './unknown-metric.ts'

/** A classification metric that is asked for by name. All of them are better when greater. */
export interface ClassificationMetric {
  /** As users write it and as it stands in `eval_<name>`. */
  name: string
  /** What it is, in half a sentence. */
  description: string
  /** @param positive label whose scores are the binary ones, if there is one */
  compute(totals: ClassTotals, positive?: number): number
}

const scoreNames: Record<keyof Scores, string> = { precision: 'precision', recall: 'recall', f1: 'F1' }

/** `f1` is the positive label's where there is one (two labels), else the macro mean. */
function family(score: keyof Scores): ClassificationMetric[] {
  const title = scoreNames[score]
  return [
    {
      name: score,
      description: `${title} of the positive label where there are two labels, else the mean over the labels`,
      compute: (totals, positive) => (positive === undefined ? macroScores(totals) : scoresOf(totals, positive))[score],
    },
    {
      name: `${score}_macro`,
      description: `mean ${title} over the labels, each counting the same`,
      compute: (totals) => macroScores(totals)[score],
    },
    {
      name: `${score}_weighted`,
      description: `mean ${title} over the labels, weighted by their number of examples`,
      compute: (totals) => weightedScores(totals)[score],
    },
    {
      name: `${score}_micro`,
      description: `${title} of all labels' counts together, which equals the accuracy`,
      compute: (totals) => microScores(totals)[score],
    },
  ]
}

/** Every metric that `findMetric` knows, in the order in which they are listed to users. */
export const classificationMetricTable: readonly ClassificationMetric[] = [
  { name: 'accuracy', description: 'share of the examples whose prediction is right', compute: accuracyOf },
  ...family('f1'),
  ...family('precision'),
  ...family('recall'),
  {
    name: 'balanced_accuracy',
    description: 'mean recall over the labels that occur',
    compute: balancedAccuracyOf,
  },
  {
    name: 'matthews_correlation',
    description: "Matthews' correlation of predictions and labels, from -1 to 1",
    compute: matthewsCorrelationOf,
  },
]

/**
 * The metric of that name, e.g. `accuracy`, `f1`, `f1_macro`, `recall_weighted`, `matthews_correlation`.
 * @throws ConfigError `UNKNOWN_METRIC` naming the nearest known one
 */
export function findMetric(name: string): ClassificationMetric {
  const metric = classificationMetricTable.find((entry) => entry.name === name)
  if (metric) return metric
  const names = classificationMetricTable.map((entry) => entry.name)
  throw unknownMetric(name, names)
}

/**
 * Computes metrics by name. Without names: accuracy, f1, precision and recall.
 * @returns one number a name, in the order of the names
 * @throws ConfigError `UNKNOWN_METRIC`; DataError or ShapeError for results that do not fit
 */
export function computeClassificationMetrics(
  result: ClassificationResult,
  names: readonly string[] = ['accuracy', 'f1', 'precision', 'recall'],
): Record<string, number> {
  const metrics = names.map(findMetric)
  const totals = classTotals(confusionMatrix(result))
  checkExamples(totals.examples)
  const positive = positiveLabel(result.numLabels, result.positive)
  return Object.fromEntries(metrics.map((metric) => [metric.name, metric.compute(totals, positive)]))
}

/**
 * Metrics of any choice of a result's examples, as a function of their indices.
 * @throws as `computeClassificationMetrics`
 */
export function classificationScorer(
  result: ClassificationResult,
  names: readonly string[],
): (indices: Int32Array) => Float64Array {
  const metrics = names.map(findMetric)
  confusionMatrix(result) // which throws for what does not fit
  const { labels, predictions, numLabels } = result
  const positive = positiveLabel(numLabels, result.positive)
  const totals = emptyTotals(numLabels)
  return (indices) => {
    totals.examples = indices.length
    for (const counts of [totals.actual, totals.predicted, totals.correct]) counts.fill(0)
    for (const i of indices) {
      totals.actual[labels[i]]++
      totals.predicted[predictions[i]]++
      if (labels[i] === predictions[i]) totals.correct[labels[i]]++
    }
    return Float64Array.from(metrics, ({ compute }) => compute(totals, positive))
  }
}
