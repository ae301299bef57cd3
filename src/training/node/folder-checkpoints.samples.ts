/** Runs of a small model in folders, for tests. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formulaBatch } from '../../../test/formula.ts'
import { allWeights, oddModel, oddSizes } from '../../../test/odd-model.ts'
import { savePretrained } from '../../checkpoints/node.ts'
import type { ClassificationItem } from '../../data/collator.ts'
import { sequenceClassification } from '../../models/heads/sequence-classification.ts'
import type { EncoderModel } from '../../models/model.ts'
import { BertTokenizer } from '../../tokenizers/index.ts'
import { saveTokenizer } from '../../tokenizers/node.ts'
import { textClassification } from '../tasks/text-classification.ts'
import { Trainer, type TrainerEvent } from '../trainer.ts'
import type { TrainingArguments } from '../training-arguments.ts'
import { FolderCheckpoints } from './folder-checkpoints.ts'

const lengths = [7, 2, 5, 11, 1, 6, 3, 9, 4, 8, 10, 2, 6]
const made = formulaBatch(lengths, oddSizes.vocabSize, oddSizes.labels.length)
/** Thirteen items in batches of 3: 5 batches an epoch, the last of one item. */
export const items = made.sequences.map(
  (each, i): ClassificationItem => ({ ...each, labelId: made.classification.labels![i] }),
)
export const tokenizer = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'word'] })

/** A run in a folder. */
export interface RunOptions {
  folder: string
  args?: Partial<TrainingArguments>
  resume?: boolean
  overwrite?: boolean
  signal?: AbortSignal
  /** Of the initial weights. */
  seed?: number
  settings?: Record<string, unknown>
  evaluate?: boolean
  onEvent?: (event: TrainerEvent, model: EncoderModel) => void
}

/** Trains a model of its own and closes it. */
export async function run({
  folder,
  args = {},
  resume,
  overwrite,
  signal,
  seed = 1,
  settings = { a: 1 },
  evaluate,
  ...rest
}: RunOptions) {
  const model = await oddModel(sequenceClassification, { formula: false, seed, save: savePretrained })
  try {
    const checkpoints = await FolderCheckpoints.open(folder, {
      saveTokenizer: (directory) => saveTokenizer(tokenizer, directory),
      settings,
      overwrite,
    })
    const trainer = new Trainer({
      model,
      task: textClassification,
      trainItems: items,
      ...(evaluate && { evalItems: items.slice(0, 5) }),
      args: { batchSize: 3, learningRate: 0.01, saveStrategy: 'steps', saveSteps: 1, saveTotalLimit: 0, ...args },
      checkpoints,
      onEvent: (event) => rest.onEvent?.(event, model),
    })
    const result = await trainer.train({ resume, signal })
    return { result, weights: await allWeights(model) }
  } finally {
    await model.close()
  }
}

export const modelBytes = (folder: string) => readFileSync(join(folder, 'model.safetensors'))
export const checkpointsIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.startsWith('checkpoint-'))
    .sort()
export const hiddenIn = (folder: string) =>
  readdirSync(folder).filter((name) => name.startsWith('.') || name.endsWith('.tmp'))
export const stepIn = (folder: string): number =>
  JSON.parse(readFileSync(join(folder, 'trainer_state.json'), 'utf8')).global_step
