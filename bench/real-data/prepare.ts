/** What both sides start from: a folder with the model, its head included, its tokenizer, the encoded examples and the steps. */
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadModel } from '../../src/checkpoints/node.ts'
import type { CommandTask } from '../../src/cli/tasks/command-task.ts'
import { findTask } from '../../src/cli/tasks/registry.ts'
import { randomStream } from '../../src/core/random.ts'
import { planBatches } from '../../src/data/batches.ts'
import type { EncodedSequence } from '../../src/data/collator.ts'
import type { ModelDefinition } from '../../src/models/graphs.ts'
import { sequenceLimit } from '../../src/models/sequence-limit.ts'
import { loadTokenizer, saveTokenizer } from '../../src/tokenizers/node.ts'
import type { FinetuneTask, TaskPredictions } from '../../src/training/tasks/finetune-task.ts'
import { type DataSet, maxGradNorm, type SetSettings, warmupShare, weightDecay } from './data-sets.ts'
import { type Feature, type Features, type FinetuneSettings, featuresFile, stepsFile } from './protocol.ts'

/** A data set, read and cut. */
export interface Examples {
  commandTask: CommandTask
  task: FinetuneTask<unknown, EncodedSequence, TaskPredictions>
  train: unknown[]
  eval: unknown[]
  labels: string[]
}

/** Decides what is held out and which examples are drawn: the same for every seed, so that seeds differ in training alone. */
const dataSeed = 1

/** Reads a data set. @throws Error naming a file that is missing */
export async function readExamples(
  set: DataSet,
  data: string,
  { examples, evalExamples }: Pick<SetSettings, 'examples' | 'evalExamples'>,
): Promise<Examples> {
  const commandTask = findTask(set.task)
  const read = (name: string) => {
    const file = join(data, name)
    if (!existsSync(file)) throw new Error(`${set.title}: there is no ${file}: name the folder of the data with --data`)
    return commandTask.read(file, set.read, () => {})
  }
  const all = await read(set.train)
  const parts = set.eval
    ? { train: all, eval: await read(set.eval) }
    : commandTask.split(all, { fraction: set.evalShare!, seed: dataSeed })
  return {
    commandTask,
    task: commandTask.create(set.read),
    train: drawExamples(parts.train, examples),
    eval: drawExamples(parts.eval, evalExamples),
    labels: commandTask.labels(parts.train, set.train),
  }
}

/** So many of the items, drawn at random, in their own order. */
export function drawExamples<T>(items: readonly T[], count: number): T[] {
  const drawn = randomStream(dataSeed, 'draw').shuffle([...items.keys()])
  const kept = new Set(drawn.slice(0, count))
  return items.filter((_, index) => kept.has(index))
}

/** The indices of each step's examples, all epochs behind one another; a last batch that is not full is left out. */
export function planSteps(
  lengths: readonly number[],
  { batchSize, epochs }: Pick<SetSettings, 'batchSize' | 'epochs'>,
  seed: number,
): number[][] {
  return Array.from({ length: epochs }, (_, epoch) =>
    planBatches(lengths, { batchSize, shuffle: true, seed, epoch, dropLast: true }),
  ).flat()
}

/** Of the whole run, for the prepared steps. */
export const trainingSettings = (
  { learningRate, batchSize }: SetSettings,
  steps: number,
  seed: number,
  dropout: boolean,
): FinetuneSettings => ({
  learningRate,
  batchSize,
  warmupSteps: Math.ceil(warmupShare * steps),
  weightDecay,
  maxGradNorm,
  dropout,
  seed,
})

/** A prepared run: what is in its folder, and what is needed to judge the answers. */
export interface Prepared {
  folder: string
  definition: ModelDefinition
  evalItems: EncodedSequence[]
  features: Features
  steps: number[][]
}

/**
 * Writes a run's folder: the encoder of `model` with a head, and where it has none a pooler, drawn from the seed.
 * @param limit most steps
 */
export async function prepareRun(
  examples: Examples,
  settings: SetSettings,
  { model: from, folder, seed, limit }: { model: string; folder: string; seed: number; limit: number },
): Promise<Prepared> {
  const { commandTask, task, labels } = examples
  await mkdir(folder, { recursive: true })
  const { head, problemType } = commandTask
  const model = await loadModel(from, head, {
    seed,
    threads: 1,
    problemType,
    newHead: true,
    ...(labels.length > 0 && { labels }),
  })
  try {
    const tokenizer = await loadTokenizer(from)
    const maxLength = Math.min(settings.maxLength, sequenceLimit(model, tokenizer))
    const encode = (part: readonly unknown[]) => task.encode(part, { model, tokenizer, maxLength }).items
    const [train, evalItems] = [encode(examples.train), encode(examples.eval)]
    const features: Features = { train: train.map(featureOf), eval: evalItems.map(featureOf) }
    const steps = planSteps(
      train.map(({ ids }) => ids.length),
      settings,
      seed,
    ).slice(0, limit)
    if (steps.length === 0) throw new Error(`${train.length} examples fill no batch of ${settings.batchSize}`)
    await model.savePretrained(folder)
    await saveTokenizer(tokenizer, folder)
    await writeFile(join(folder, featuresFile), JSON.stringify(features))
    await writeFile(join(folder, stepsFile), JSON.stringify(steps))
    return { folder, definition: model.definition, evalItems, features, steps }
  } finally {
    await model.close()
  }
}

/** What a task's item is made of, whichever it is. */
interface AnyItem extends EncodedSequence {
  labelId?: number
  targets?: Float32Array
  labels?: Int32Array
  startLabel?: number
  endLabel?: number
}

/** An item under transformers' names. */
export function featureOf({ ids, typeIds, labelId, targets, labels, startLabel, endLabel }: AnyItem): Feature {
  const label = labelId ?? targets?.[0] ?? (labels && [...labels])
  return {
    input_ids: [...ids],
    token_type_ids: [...typeIds],
    ...(label !== undefined && { labels: label }),
    ...(startLabel !== undefined && { start_positions: startLabel, end_positions: endLabel }),
  }
}
