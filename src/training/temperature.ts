import type { EncoderModel } from '../models/model.ts'
import { type Calibration, calibration, fitTemperature } from './calibration.ts'

/** What one temperature does to a classifier's probabilities, on the examples that it was fitted on. */
export interface TemperatureFit {
  /** Logits are divided by it: above 1 for a model that was too sure of itself. */
  temperature: number
  before: TemperedScores
  after: TemperedScores
}

/** How well probabilities fit. */
export interface TemperedScores {
  /** Mean cross-entropy. */
  loss: number
  /** Expected calibration error. */
  calibrationError: number
}

/** A classifier's logits on some examples. N examples, C classes. */
export interface LogitExamples {
  /** float32 [N, C] */
  logits: ArrayLike<number>
  /** int32 [N] */
  labels: ArrayLike<number>
  numLabels: number
}

/**
 * Fits a temperature by the loss and says what it changes. The examples must be held out: the model's training examples would
 * make it too sure, and on the very examples that it is fitted on the result looks a little better than it is.
 * @throws as `fitTemperature`
 */
export function temperatureFit({ logits, labels, numLabels }: LogitExamples): TemperatureFit {
  const temperature = fitTemperature({ scores: logits, labels, numLabels })
  const scoresAt = (t: number): TemperedScores => {
    const scores = softmaxAt(logits, numLabels, t)
    const loss = Array.from(labels, (label, i) => -Math.log(scores[i * numLabels + label]))
    const { expectedError }: Calibration = calibration({ scores, labels, numLabels })
    return { loss: loss.reduce((sum, value) => sum + value, 0) / labels.length, calibrationError: expectedError }
  }
  return { temperature, before: scoresAt(1), after: scoresAt(temperature) }
}

/** softmax(logits / t) of each row: float64 [N, C] */
function softmaxAt(logits: ArrayLike<number>, classes: number, t: number): Float64Array {
  const result = new Float64Array(logits.length)
  for (let row = 0; row < logits.length; row += classes) {
    let largest = Number.NEGATIVE_INFINITY
    for (let c = 0; c < classes; c++) largest = Math.max(largest, logits[row + c])
    let sum = 0
    for (let c = 0; c < classes; c++) sum += result[row + c] = Math.exp((logits[row + c] - largest) / t)
    for (let c = 0; c < classes; c++) result[row + c] /= sum
  }
  return result
}

/**
 * Builds a temperature into a sequence classifier: divides the weights and the bias of its last linear layer, which divides the
 * logits. The model needs no setting for it, so that every program that reads the folder has the same probabilities.
 */
export async function applyTemperature(model: EncoderModel, temperature: number): Promise<void> {
  const { architecture, config } = model.definition
  // The output layer is the last one, a weight and a bias.
  for (const { name } of architecture.classifier.parameters(config).slice(-2)) {
    const values = await model.parameter(name)
    await model.setParameter(
      name,
      values.map((value) => value / temperature),
    )
  }
}
