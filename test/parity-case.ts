/** A model of the formula's weights beside its answers. */

import type { Architecture, Head } from '../src/models/architecture.ts'
import type { ModelBatch } from '../src/models/batch-inputs.ts'
import { bert } from '../src/models/bert.ts'
import { bertConfig } from '../src/models/bert-config.ts'
import { maskedLm } from '../src/models/heads/masked-lm.ts'
import { pretraining } from '../src/models/heads/pretraining.ts'
import { sequenceClassification } from '../src/models/heads/sequence-classification.ts'
import { EncoderModel } from '../src/models/model.ts'
import { createEngine } from '../src/runtime/node/engine.ts'
import { Answers } from './answers.ts'
import { fillByFormula, formulaBatch } from './formula.ts'

export const parityHeads: readonly Head[] = [sequenceClassification, maskedLm, pretraining]

export interface ParityCase {
  answers: Answers
  model: EncoderModel
  /** With labels. */
  batch: ModelBatch
  /** Asks for the logits of every token where tokens are labelled; without labels. */
  unlabelled: ModelBatch
}

/** The case of a size and a head, with its fixture in src/models/fixtures. */
export async function parityCase(size: string, head: Head): Promise<ParityCase> {
  const answers = new Answers(new URL(`../src/models/fixtures/bert-${size}-${head.task}.safetensors`, import.meta.url))
  const config = bertConfig(answers.case.config)
  const definition = { architecture: bert as unknown as Architecture, config, head }
  const model = await EncoderModel.create(definition, createEngine, { threads: 2 }, fillByFormula)
  const made = formulaBatch(answers.case.lengths, config.vocabSize, config.labels.length)
  const batch = head === maskedLm ? made.maskedLm : head === pretraining ? made.pretraining : made.classification
  const { labels: _, pairLabels: __, ...unlabelled } = batch
  if (head.labelsAreTokens)
    return { answers, model, batch, unlabelled: { ...unlabelled, maskedRows: Int32Array.from(batch.ids.keys()) } }
  return { answers, model, batch, unlabelled }
}

/** Attention probabilities between real tokens, in the order sequence, head, query, key. probabilities: [B, A, T, T] */
export function realAttention(
  probabilities: ArrayLike<number>,
  lengths: readonly number[],
  heads: number,
): Float32Array {
  const longest = Math.max(...lengths)
  const real: number[] = []
  lengths.forEach((length, b) => {
    for (let row = b * heads * longest; row < (b + 1) * heads * longest; row++) {
      if (row % longest >= length) continue
      for (let key = 0; key < length; key++) real.push(probabilities[row * longest + key])
    }
  })
  return Float32Array.from(real)
}
