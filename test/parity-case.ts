/** A model of the formula's weights beside its answers. */

import type { Architecture } from '../src/models/architecture.ts'
import type { ModelBatch } from '../src/models/batch-inputs.ts'
import { bert } from '../src/models/bert.ts'
import { bertConfig } from '../src/models/bert-config.ts'
import { electra } from '../src/models/electra.ts'
import { electraConfig, generatorConfig } from '../src/models/electra-config.ts'
import type { ModelDefinition } from '../src/models/graphs.ts'
import { replacedTokenDetection } from '../src/models/heads/replaced-token-detection.ts'
import { EncoderModel } from '../src/models/model.ts'
import { findHead } from '../src/models/registry.ts'
import { createEngine } from '../src/runtime/node/engine.ts'
import { Answers } from './answers.ts'
import { fillByFormula, formulaBatch } from './formula.ts'
import { taskBatches } from './task-batches.ts'

export interface ParityCase {
  answers: Answers
  model: EncoderModel
  /** With labels. */
  batch: ModelBatch
  /** Asks for the logits of every token where tokens are labelled; without labels. */
  unlabelled: ModelBatch
}

/** Tasks of each architecture and size that have fixtures in src/models/fixtures. */
export const parityTasks = {
  bert: {
    odd: ['sequence-classification', 'masked-lm', 'pretraining'],
    tiny: ['sequence-classification', 'masked-lm', 'pretraining'],
    small: ['sequence-classification', 'masked-lm', 'pretraining'],
    ragged: [
      'token-classification',
      'question-answering',
      'question-answering-even',
      'multi-label',
      'regression',
      'regression-of-one',
      'next-sentence',
      'multiple-choice',
      'multiple-choice-ragged',
      'weighted-smooth',
      'weighted-focal',
      'long-texts-mean',
      'long-texts-max',
      'long-texts-attention',
    ],
  },
  electra: {
    odd: ['sequence-classification', 'replaced-token-detection'],
    ragged: ['token-classification', 'question-answering', 'multiple-choice', 'long-texts-label'],
  },
} as const

/** The case of an architecture, a size and a task. */
export async function parityCase(modelType: keyof typeof parityTasks, size: string, task: string): Promise<ParityCase> {
  const answers = new Answers(
    new URL(`../src/models/fixtures/${modelType}-${size}-${task}.safetensors`, import.meta.url),
  )
  const definition = modelType === 'bert' ? bertDefinition(answers, task) : electraDefinition(answers, task)
  const model = await EncoderModel.create(definition, createEngine, { threads: 2 }, fillByFormula)
  const { vocabSize, labels: classes } = definition.config
  const { lengths } = answers.case
  const makeBatch = taskBatches[task]
  if (makeBatch) return { answers, model, ...makeBatch({ lengths, vocabSize, classes: classes.length }) }
  const made = formulaBatch(lengths, vocabSize, classes.length)
  if (task === 'sequence-classification') {
    const { labels: _, ...unlabelled } = made.classification
    return { answers, model, batch: made.classification, unlabelled }
  }
  const batch: ModelBatch = made[task === 'masked-lm' ? 'maskedLm' : 'pretraining']
  if (task === 'replaced-token-detection') return { answers, model, batch, unlabelled: batch }
  const { labels: _, pairLabels: __, ...unlabelled } = batch
  const everyToken = Int32Array.from(batch.ids.keys())
  return { answers, model, batch, unlabelled: { ...unlabelled, maskedRows: everyToken } }
}

function bertDefinition(answers: Answers, task: string): ModelDefinition {
  const config = bertConfig(answers.case.config)
  return { architecture: bert as unknown as Architecture, config, head: findHead(headTask(answers, task), 'bert') }
}

/** The head that a case is of, where its name says more than the task. */
const headTask = (answers: Answers, task: string): string => answers.case.task ?? task

/** The generator has a third of the discriminator's heads. */
function electraDefinition(answers: Answers, task: string): ModelDefinition {
  const { modelType: _, ...given } = answers.case.config
  const config = electraConfig(given)
  const head =
    task === 'replaced-token-detection'
      ? replacedTokenDetection(generatorConfig(config, 1 / 3))
      : findHead(headTask(answers, task), 'electra')
  return { architecture: electra as unknown as Architecture, config, head }
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
