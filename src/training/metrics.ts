import { DataError, ShapeError } from '../core/errors.ts'

/** What a classifier said about some examples, beside the truth. */
export interface ClassificationResult {
  /** int32 [N]: index of the predicted label of each example, in [0, numLabels). */
  predictions: ArrayLike<number>
  /** int32 [N]: index of the true label of each example, in [0, numLabels). */
  labels: ArrayLike<number>
  /** How many labels the model knows, occurring here or not. */
  numLabels: number
  /** The label whose precision, recall and F1 are the binary ones. Default 1 of two labels, else none. */
  positive?: number
}

/** Counts of examples by true and predicted label. */
export interface ConfusionMatrix {
  numLabels: number
  /** int32 [numLabels, numLabels], row by row: rows are true labels, columns are predicted ones. */
  counts: Int32Array
}

/** What every metric here is made from: the diagonal, the column sums and the row sums of a confusion matrix. */
export interface ClassTotals {
  numLabels: number
  /** Number of examples. */
  examples: number
  /** float64 [numLabels]: examples of this label that were predicted so. */
  correct: Float64Array
  /** float64 [numLabels]: examples predicted to have this label. */
  predicted: Float64Array
  /** float64 [numLabels]: examples that have this label. */
  actual: Float64Array
}

/** Each in [0, 1]; a quotient with divisor 0 counts as 0. */
export interface Scores {
  precision: number
  recall: number
  f1: number
}

/** The scores of one label. */
export interface ClassScores extends Scores {
  /** Number of examples that have this label. */
  support: number
}

/** All metrics of a classifier; see {@link classificationMetrics}. */
export interface ClassificationMetrics {
  examples: number
  accuracy: number
  /** Scores of the positive label; absent if there is none. */
  binary?: Scores
  /** Plain mean over the labels that occur among the true or the predicted ones. */
  macro: Scores
  /** Mean over the labels, weighted by how many examples have each. */
  weighted: Scores
  /** From the counts of all labels together: with one label an example, all three are the accuracy. */
  micro: Scores
  /** By label index, all `numLabels` of them. */
  perClass: ClassScores[]
  confusion: ConfusionMatrix
}

/**
 * Counts examples by true label (rows) and predicted label (columns), as scikit-learn's `confusion_matrix` with
 * `labels=range(numLabels)`.
 * @throws ShapeError `LENGTHS_DIFFER`; DataError `LABEL_RANGE` naming the first example out of range
 */
export function confusionMatrix(result: ClassificationResult): ConfusionMatrix {
  const { predictions, labels, numLabels } = result
  if (predictions.length !== labels.length) {
    throw new ShapeError(
      'LENGTHS_DIFFER',
      `there are ${predictions.length} predictions for ${labels.length} labels: each example needs one of both`,
    )
  }
  const counts = new Int32Array(numLabels * numLabels)
  for (let i = 0; i < labels.length; i++) {
    checkLabel('label', labels[i], i, numLabels)
    checkLabel('prediction', predictions[i], i, numLabels)
    counts[labels[i] * numLabels + predictions[i]]++
  }
  return { numLabels, counts }
}

function checkLabel(what: string, value: number, example: number, numLabels: number): void {
  if (Number.isInteger(value) && value >= 0 && value < numLabels) return
  throw new DataError(
    'LABEL_RANGE',
    `the ${what} of example ${example} is ${value}, expected an integer from 0 to ${numLabels - 1}: ` +
      'leave out examples without a label (such as -100) before computing metrics',
  )
}

/** An all-zero {@link ClassTotals}, to be filled. */
export function emptyTotals(numLabels: number): ClassTotals {
  const zeros = () => new Float64Array(numLabels)
  return { numLabels, examples: 0, correct: zeros(), predicted: zeros(), actual: zeros() }
}

/** Diagonal, column sums and row sums of a confusion matrix. */
export function classTotals({ numLabels, counts }: ConfusionMatrix): ClassTotals {
  const totals = emptyTotals(numLabels)
  for (let label = 0; label < numLabels; label++) {
    for (let prediction = 0; prediction < numLabels; prediction++) {
      const count = counts[label * numLabels + prediction]
      totals.examples += count
      totals.actual[label] += count
      totals.predicted[prediction] += count
      if (label === prediction) totals.correct[label] += count
    }
  }
  return totals
}

/** Precision, recall and F1 of one label. */
export function scoresOf(totals: ClassTotals, label: number): Scores {
  return scores(totals.correct[label], totals.predicted[label], totals.actual[label])
}

/** F1 is taken as 2 correct / (predicted + actual), which is the harmonic mean wherever that is defined. */
function scores(correct: number, predicted: number, actual: number): Scores {
  return {
    precision: ratio(correct, predicted),
    recall: ratio(correct, actual),
    f1: ratio(2 * correct, predicted + actual),
  }
}

/** The quotient, or 0 where it is not defined: scikit-learn's `zero_division=0`. */
function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b
}

/** Share of the examples whose prediction is right. */
export function accuracyOf({ correct, examples }: ClassTotals): number {
  return ratio(sum(correct), examples)
}

/** Plain mean over the labels that occur among the true or predicted ones, as scikit-learn does without `labels=`. */
export function macroScores(totals: ClassTotals): Scores {
  return meanScores(totals, (label) => (totals.actual[label] + totals.predicted[label] > 0 ? 1 : 0))
}

/** Mean over the labels, weighted by their number of examples. */
export function weightedScores(totals: ClassTotals): Scores {
  return meanScores(totals, (label) => totals.actual[label])
}

/** Scores of all labels' counts added up; for one label an example, each equals the accuracy. */
export function microScores({ correct, predicted, actual }: ClassTotals): Scores {
  return scores(sum(correct), sum(predicted), sum(actual))
}

function meanScores(totals: ClassTotals, weightOf: (label: number) => number): Scores {
  const mean = { precision: 0, recall: 0, f1: 0 }
  let weights = 0
  for (let label = 0; label < totals.numLabels; label++) {
    const weight = weightOf(label)
    if (weight === 0) continue
    const { precision, recall, f1 } = scoresOf(totals, label)
    mean.precision += weight * precision
    mean.recall += weight * recall
    mean.f1 += weight * f1
    weights += weight
  }
  return {
    precision: ratio(mean.precision, weights),
    recall: ratio(mean.recall, weights),
    f1: ratio(mean.f1, weights),
  }
}

/** Mean recall over the labels that examples have: scikit-learn's `balanced_accuracy_score`. In [0, 1]. */
export function balancedAccuracyOf({ numLabels, correct, actual }: ClassTotals): number {
  let total = 0
  let present = 0
  for (let label = 0; label < numLabels; label++) {
    if (actual[label] === 0) continue
    total += correct[label] / actual[label]
    present++
  }
  return ratio(total, present)
}

/**
 * Matthews' correlation coefficient of predictions and labels, in [-1, 1]; 0 if either is the same for all examples.
 * For more than two labels Gorodkin's R_K (2004), as scikit-learn's `matthews_corrcoef`.
 */
export function matthewsCorrelationOf({ examples, correct, predicted, actual }: ClassTotals): number {
  let both = 0
  let predictedSquares = 0
  let actualSquares = 0
  for (let label = 0; label < actual.length; label++) {
    both += predicted[label] * actual[label]
    predictedSquares += predicted[label] ** 2
    actualSquares += actual[label] ** 2
  }
  const square = examples ** 2
  // One root of the product, not a product of roots: the root of x * x is x, so a perfect result is exactly 1.
  const scale = Math.sqrt((square - predictedSquares) * (square - actualSquares))
  return ratio(sum(correct) * examples - both, scale)
}

function sum(values: Float64Array): number {
  let total = 0
  for (const value of values) total += value
  return total
}

/** The label whose scores are the binary ones: `positive`, else 1 of two labels, else none. */
export function positiveLabel(numLabels: number, positive?: number): number | undefined {
  return positive ?? (numLabels === 2 ? 1 : undefined)
}

/**
 * Accuracy, averaged and per-label precision, recall and F1, and the confusion matrix. Values are those of scikit-learn's
 * `accuracy_score` and `precision_recall_fscore_support(zero_division=0)`.
 * @throws DataError `NO_EXAMPLES`, and what {@link confusionMatrix} throws
 */
export function classificationMetrics(result: ClassificationResult): ClassificationMetrics {
  const confusion = confusionMatrix(result)
  const totals = classTotals(confusion)
  checkExamples(totals.examples)
  const positive = positiveLabel(result.numLabels, result.positive)
  return {
    examples: totals.examples,
    accuracy: accuracyOf(totals),
    ...(positive === undefined ? {} : { binary: scoresOf(totals, positive) }),
    macro: macroScores(totals),
    weighted: weightedScores(totals),
    micro: microScores(totals),
    perClass: Array.from(totals.actual, (support, label) => ({ ...scoresOf(totals, label), support })),
    confusion,
  }
}

/** @throws DataError `NO_EXAMPLES` if there is nothing to measure */
export function checkExamples(examples: number): void {
  if (examples > 0) return
  throw new DataError('NO_EXAMPLES', 'there are no examples to compute metrics on: give at least one')
}
