import { randomStream } from '../../core/random.ts'
import type { FeatureSets } from './word-features.ts'

/** Parts of the data: each is judged by a model that was trained on the others. */
const folds = 5
/** Features that come in fewer texts tell nothing of others. */
const leastTexts = 2

/** A label that may be wrong. */
export interface LabelSuspect {
  /** Number of the sample. */
  index: number
  /** The label that is likelier, */
  suggested: number
  /** with its probability, and that of the given label. */
  suggestedScore: number
  givenScore: number
}

export interface SuspectReport {
  /** The surest first. */
  suspects: LabelSuspect[]
  /** Share of the samples of which the model's answer is the given label, held out. */
  accuracy: number
}

/**
 * Finds labels that may be wrong by confident learning (Northcutt, Jiang and Chuang 2021): a model that has not seen a text gives
 * another class a probability that is as high as it usually is for texts with that label. The model is naive Bayes on words and
 * pairs of words (multinomial, add-one), whose log-likelihoods are divided by the root of their number, since words are not
 * independent and its probabilities would be all but 0 and 1.
 * @param sets features of the samples, which may go on behind the labelled ones
 * @param labels int32 [N], in [0, C)
 */
export function findLabelSuspects(sets: FeatureSets, labels: Int32Array, classes: number, seed: number): SuspectReport {
  const { rows, starts, size } = frequentFeatures(sets, labels.length)
  const fold = randomStream(seed, 'label suspects').shuffle(Int32Array.from(labels, (_, i) => i % folds))
  const probabilities = new Float64Array(labels.length * classes)
  const weights = new Float64Array(size * classes)
  for (let held = 0; held < folds; held++) {
    const { totals, sizes } = countByClass(held)
    const samples = sizes.reduce((sum, value) => sum + value, 0)
    const priors = Array.from(sizes, (value) => Math.log((value + 1) / (samples + classes)))
    for (let k = 0; k < weights.length; k++) weights[k] = Math.log(weights[k] / totals[k % classes])
    labels.forEach((_, i) => {
      if (fold[i] !== held) return
      const scores = probabilities.subarray(i * classes, (i + 1) * classes)
      for (let f = starts[i]; f < starts[i + 1]; f++) {
        for (let c = 0; c < classes; c++) scores[c] += weights[rows[f] * classes + c]
      }
      const scale = 1 / Math.sqrt(Math.max(1, starts[i + 1] - starts[i]))
      for (let c = 0; c < classes; c++) scores[c] = scores[c] * scale + priors[c]
      softmaxInPlace(scores)
    })
  }
  return judge(probabilities, labels, classes)

  /** Fills `weights` with counts of the other folds. */
  function countByClass(held: number) {
    weights.fill(1)
    const totals = new Float64Array(classes).fill(size)
    const sizes = new Float64Array(classes)
    labels.forEach((label, i) => {
      if (fold[i] === held) return
      sizes[label]++
      totals[label] += starts[i + 1] - starts[i]
      for (let f = starts[i]; f < starts[i + 1]; f++) weights[rows[f] * classes + label]++
    })
    return { totals, sizes }
  }
}

/** The features that come in several samples, numbered from 0: those of sample i are `rows[starts[i] .. starts[i + 1]]`. */
function frequentFeatures({ values, offsets, width }: FeatureSets, samples: number) {
  const end = offsets[samples * width]
  const times = new Map<number, number>()
  for (let f = 0; f < end; f++) times.set(values[f], (times.get(values[f]) ?? 0) + 1)
  const numbers = new Map<number, number>()
  const rows = new Int32Array(end)
  const starts = new Float64Array(samples + 1)
  let length = 0
  for (let i = 0; i < samples; i++) {
    for (let f = offsets[i * width]; f < offsets[(i + 1) * width]; f++) {
      if (times.get(values[f])! < leastTexts) continue
      let number = numbers.get(values[f])
      if (number === undefined) {
        number = numbers.size
        numbers.set(values[f], number)
      }
      rows[length++] = number
    }
    starts[i + 1] = length
  }
  return { rows, starts, size: numbers.size }
}

function softmaxInPlace(scores: Float64Array): void {
  const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  let sum = 0
  for (let c = 0; c < scores.length; c++) {
    scores[c] = Math.exp(scores[c] - largest)
    sum += scores[c]
  }
  for (let c = 0; c < scores.length; c++) scores[c] /= sum
}

function judge(probabilities: Float64Array, labels: Int32Array, classes: number): SuspectReport {
  const thresholds = new Float64Array(classes)
  const sizes = new Float64Array(classes)
  labels.forEach((label, i) => {
    thresholds[label] += probabilities[i * classes + label]
    sizes[label]++
  })
  for (let c = 0; c < classes; c++) thresholds[c] /= sizes[c]
  const suspects: LabelSuspect[] = []
  let right = 0
  labels.forEach((label, index) => {
    const scores = probabilities.subarray(index * classes, (index + 1) * classes)
    let suggested = 0
    for (let c = 1; c < classes; c++) if (scores[c] > scores[suggested]) suggested = c
    if (suggested === label) right++
    else if (scores[suggested] >= thresholds[suggested]) {
      suspects.push({ index, suggested, suggestedScore: scores[suggested], givenScore: scores[label] })
    }
  })
  suspects.sort((a, b) => a.givenScore - b.givenScore || a.index - b.index)
  return { suspects, accuracy: right / labels.length }
}
