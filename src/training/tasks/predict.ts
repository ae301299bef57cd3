import { ConfigError } from '../../core/errors.ts'
import { collateTexts, type EncodedSequence, type EncodedText } from '../../data/collator.ts'
import type { EncoderConfig, ProblemType } from '../../models/architecture.ts'
import type { EncoderModel } from '../../models/model.ts'

/** Tokens of one prediction batch; more would only cost memory. */
const tokensPerBatch = 8192

export interface PredictOptions {
  /** Sequences a batch; default 32. */
  batchSize?: number
  /** Checked between batches. */
  signal?: AbortSignal
  /** Called after each batch with the number of sequences done. */
  onProgress?: (done: number) => void
}

/**
 * The classifier's logits for each text, in the order given. Texts are run in the order of their lengths, so that little of
 * attention's grid is padding; results do not depend on it.
 * @returns float32 [texts, C], row-major
 */
export async function classificationLogits(
  model: EncoderModel,
  texts: readonly EncodedText[],
  { batchSize = 32, signal, onProgress }: PredictOptions = {},
): Promise<Float32Array> {
  const classes = outputsOf(model)
  const logits = new Float32Array(texts.length * classes)
  let done = 0
  for (const indices of batchesByLength(texts, batchSize)) {
    signal?.throwIfAborted()
    const output = await model.forward(collateTexts(indices.map((index) => texts[index])))
    const data = output.logits!.data as Float32Array
    indices.forEach((index, row) => {
      logits.set(data.subarray(row * classes, (row + 1) * classes), index * classes)
    })
    done += indices.length
    onProgress?.(done)
  }
  return logits
}

/** How many logits a sequence has: one a class, unless the head has a number of its own. */
export const outputsOf = ({ config, definition: { head } }: EncoderModel): number =>
  head?.outputs ?? config.labels.length

const whatOf: Record<ProblemType, string> = {
  single_label_classification: 'a classifier of one label a text',
  multi_label_classification: 'a classifier of several labels a text',
  regression: 'a model of one number a text',
}

/**
 * Whether a sequence classifier's outputs mean what is needed.
 * @throws ConfigError `PROBLEM_TYPE`
 */
export function requireProblemType(
  { config: { problemType } }: { config: Pick<EncoderConfig, 'problemType'> },
  needed: ProblemType,
): void {
  if (problemType === needed) return
  throw new ConfigError(
    'PROBLEM_TYPE',
    `the model's problem_type is "${problemType}", but this needs ${whatOf[needed]} (${needed})`,
  )
}

/** Whether a model tells one class of several. @throws ConfigError `PROBLEM_TYPE` */
export const requireSingleLabel = (model: { config: Pick<EncoderConfig, 'problemType'> }): void =>
  requireProblemType(model, 'single_label_classification')

/** Indices of sequences by batch, longest sequences first. */
export function* batchesByLength(sequences: readonly EncodedSequence[], batchSize: number): Generator<number[]> {
  const order = Array.from(sequences.keys()).sort((a, b) => sequences[b].ids.length - sequences[a].ids.length || a - b)
  for (let start = 0; start < order.length; ) {
    const indices: number[] = []
    let tokens = 0
    while (indices.length < batchSize && start < order.length) {
      tokens += sequences[order[start]].ids.length
      if (indices.length > 0 && tokens > tokensPerBatch) break
      indices.push(order[start++])
    }
    yield indices
  }
}

/** The probability of each label by itself. logits: float32 [any] -> float32 [any] */
export const sigmoids = (logits: Float32Array): Float32Array => logits.map((x) => 1 / (1 + Math.exp(-x)))

/** Softmax of each row. logits: float32 [rows, C] -> float32 [rows, C] */
export function softmaxRows(logits: Float32Array, classes: number): Float32Array {
  const probabilities = new Float32Array(logits.length)
  for (let row = 0; row < logits.length; row += classes) {
    let largest = Number.NEGATIVE_INFINITY
    for (let c = 0; c < classes; c++) largest = Math.max(largest, logits[row + c])
    let sum = 0
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[row + c] - largest)
    for (let c = 0; c < classes; c++) probabilities[row + c] = Math.exp(logits[row + c] - largest) / sum
  }
  return probabilities
}

/** Index of the largest element of each row; the first of equals. */
export function argmaxRows(values: Float32Array, classes: number): Int32Array {
  const best = new Int32Array(values.length / classes)
  for (let row = 0; row < best.length; row++) {
    for (let c = 1; c < classes; c++) {
      if (values[row * classes + c] > values[row * classes + best[row]]) best[row] = c
    }
  }
  return best
}
