/** Whether a classifier is right as often as it says: calibration error, reliability bins, temperature scaling. */
import { ConfigError, ShapeError } from '../core/errors.ts'
import { checkExamples } from './metrics.ts'

/** Probabilities or logits of C classes for N examples, beside the true classes. */
export interface ScoredExamples {
  /** float [N, C], row by row. */
  scores: ArrayLike<number>
  /** int [N]: true class of each example. */
  labels: ArrayLike<number>
  /** C */
  numLabels: number
}

/** The examples whose highest probability lies in one stretch of [0, 1]. */
export interface ReliabilityBin {
  /** Above `low`, up to and including `high`. */
  low: number
  high: number
  examples: number
  /** Mean of the highest probabilities; NaN without examples. */
  confidence: number
  /** Share of the examples whose likeliest class is the true one; NaN without examples. */
  accuracy: number
}

export interface Calibration {
  /** Expected calibration error: mean of |accuracy - confidence| over the bins, weighted by their examples. In [0, 1]. */
  expectedError: number
  /** The largest such difference. */
  maximumError: number
  bins: ReliabilityBin[]
}

/**
 * Reliability of the highest probability in bins of equal width.
 *
 * Source: Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", 2017, section 2.
 * @param examples with probabilities as scores
 * @param bins default 15, as in the paper
 * @throws DataError `NO_EXAMPLES`; ShapeError `LENGTHS_DIFFER`; ConfigError for a number of bins that is no whole number above 0
 */
export function calibration(examples: ScoredExamples, { bins = 15 }: { bins?: number } = {}): Calibration {
  const count = checkShape(examples)
  if (!Number.isInteger(bins) || bins < 1) {
    throw new ConfigError('BINS', `the number of bins must be a whole number of at least 1, not ${bins}`)
  }
  const { scores, labels, numLabels } = examples
  const sums = Array.from({ length: bins }, () => ({ examples: 0, confidence: 0, correct: 0 }))
  for (let i = 0; i < count; i++) {
    const best = largestOf(scores, i * numLabels, numLabels)
    const confidence = scores[i * numLabels + best]
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1))]
    bin.examples++
    bin.confidence += confidence
    bin.correct += best === labels[i] ? 1 : 0
  }
  let expectedError = 0
  let maximumError = 0
  const found = sums.map(({ examples, confidence, correct }, i): ReliabilityBin => {
    if (examples > 0) {
      const difference = Math.abs(correct - confidence) / examples
      expectedError += (examples / count) * difference
      maximumError = Math.max(maximumError, difference)
    }
    const place = { low: i / bins, high: (i + 1) / bins, examples }
    return { ...place, confidence: confidence / examples, accuracy: correct / examples }
  })
  return { expectedError, maximumError, bins: found }
}

/** Between these a temperature is looked for. */
const temperatures = { least: 0.01, most: 100 }

/**
 * The temperature T that makes softmax(logits / T) most probable on held-out examples: above 1 for a model that is too sure of
 * itself. It changes no prediction. Found by Newton's method on 1 / T, in which the loss is convex; where it falls for ever, as
 * where all predictions are right, the result is the bound.
 *
 * Source: Guo et al. 2017, section 4.2.
 * @param examples with logits as scores
 * @returns T in [0.01, 100]
 * @throws DataError `NO_EXAMPLES`; ShapeError `LENGTHS_DIFFER`
 */
export function fitTemperature(examples: ScoredExamples): number {
  checkShape(examples)
  const { least, most } = temperatures
  let low = 1 / most
  let high = 1 / least
  let inverse = 1
  const slopeAt = (place: number) => lossOfInverse(examples, place).slope
  if (slopeAt(inverse) < 0 && slopeAt(high) <= 0) return least
  if (slopeAt(inverse) > 0 && slopeAt(low) >= 0) return most
  for (let round = 0; round < 100; round++) {
    const { slope, curvature } = lossOfInverse(examples, inverse)
    if (slope > 0) high = inverse
    else low = inverse
    if (slope === 0) break
    const newton = inverse - slope / curvature
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high)
    if (Math.abs(next - inverse) <= 1e-12 * inverse) break
    inverse = next
  }
  return 1 / inverse
}

/**
 * Whether a fitted temperature is an end of where it was looked for: the examples do not tell it, as where all predictions are right
 * and none can be too sure.
 */
export function isBoundTemperature(temperature: number): boolean {
  return temperature === temperatures.least || temperature === temperatures.most
}

/** First and second derivative of the mean cross-entropy of softmax(inverse * logits) by `inverse`. */
function lossOfInverse({ scores, labels, numLabels }: ScoredExamples, inverse: number) {
  let slope = 0
  let curvature = 0
  for (let i = 0; i < labels.length; i++) {
    const row = i * numLabels
    const largest = scores[row + largestOf(scores, row, numLabels)]
    let total = 0
    let first = 0
    let second = 0
    for (let c = 0; c < numLabels; c++) {
      const centred = scores[row + c] - largest
      const weight = Math.exp(inverse * centred)
      total += weight
      first += weight * centred
      second += weight * centred ** 2
    }
    const mean = first / total
    slope += mean - (scores[row + labels[i]] - largest)
    curvature += second / total - mean ** 2
  }
  return { slope: slope / labels.length, curvature: curvature / labels.length }
}

/** The class with the largest score; the first of equals. */
function largestOf(scores: ArrayLike<number>, row: number, numLabels: number): number {
  let best = 0
  for (let c = 1; c < numLabels; c++) if (scores[row + c] > scores[row + best]) best = c
  return best
}

function checkShape({ scores, labels, numLabels }: ScoredExamples): number {
  checkExamples(labels.length)
  if (scores.length === labels.length * numLabels) return labels.length
  throw new ShapeError(
    'LENGTHS_DIFFER',
    `there are ${scores.length} scores for ${labels.length} examples of ${numLabels} classes: each needs one a class`,
  )
}
