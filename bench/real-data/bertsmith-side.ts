/** bertsmith's side of the comparison on real data: trains with `Trainer` as a program of a user would. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { env } from 'onnxruntime-node'
import { loadModel } from '../../src/checkpoints/node.ts'
import { collateTargets } from '../../src/data/collate-targets.ts'
import { collateClassification, collateMaskedLm, type EncodedSequence } from '../../src/data/collator.ts'
import { collateQuestions } from '../../src/data/question-answering/collate-questions.ts'
import type { AnswerWindow } from '../../src/data/question-answering/index.ts'
import type { ModelBatch } from '../../src/models/batch-inputs.ts'
import type { EncoderModel } from '../../src/models/model.ts'
import { batchesByLength } from '../../src/training/tasks/predict.ts'
import { Trainer } from '../../src/training/trainer.ts'
import { answerLines } from '../answer-lines.ts'
import {
  type Feature,
  type Features,
  type FinetuneAnswer,
  type FinetuneRequest,
  featuresFile,
  rowsOf,
  stepsFile,
} from './protocol.ts'

/** A feature as the collators take it. */
interface Item extends EncodedSequence {
  feature: Feature
}

const collators: Record<string, (items: readonly Item[]) => ModelBatch> = {
  'text-classification': (items) =>
    collateClassification(items.map((item) => ({ ...item, labelId: item.feature.labels as number }))),
  regression: (items) =>
    collateTargets(items.map((item) => ({ ...item, targets: Float32Array.of(item.feature.labels as number) }))),
  'token-classification': (items) =>
    collateMaskedLm(items.map((item) => ({ ...item, labels: Int32Array.from(item.feature.labels as number[]) }))),
  'question-answering': (items) =>
    collateQuestions(
      items.map((item) => {
        const { start_positions: startLabel, end_positions: endLabel } = item.feature
        return { ...item, startLabel, endLabel } as unknown as AnswerWindow
      }),
    ),
}

const toItem = (feature: Feature): Item => ({
  ids: Int32Array.from(feature.input_ids),
  typeIds: Int32Array.from(feature.token_type_ids),
  feature,
})

async function finetune({
  task,
  folder,
  settings,
  threads,
  logitsFile,
  check,
}: FinetuneRequest): Promise<FinetuneAnswer> {
  const readJson = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'))
  const features = (await readJson(featuresFile)) as Features
  const steps = (await readJson(stepsFile)) as number[][]
  const collate = collators[task]
  const trainItems = features.train.map(toItem)
  const model = await loadModel(folder, undefined, { requireHead: true, threads })
  const taken: Item[][] = []
  const losses: number[] = []
  const trainer = new Trainer<Item>({
    model,
    task: {
      length: ({ ids }) => ids.length,
      collate(items) {
        taken.push([...items])
        return collate(items)
      },
      evaluate: async () => ({}),
    },
    trainItems,
    args: {
      ...settings,
      maxSteps: steps.length,
      dataloaderDropLast: true,
      evalStrategy: 'no',
      saveStrategy: 'no',
      loggingSteps: 500,
    },
    onEvent: (event) => {
      if (event.type === 'step' && check) losses.push(event.loss)
    },
  })
  const start = performance.now()
  await trainer.train()
  const seconds = (performance.now() - start) / 1000
  requirePlan(taken, steps, trainItems)
  if (logitsFile) await writeFile(logitsFile, await logitsOf(model, features.eval.map(toItem), collate))
  const answer: FinetuneAnswer = {
    versions: { node: process.versions.node, onnxruntime: env.versions.node ?? env.versions.common },
    threads: model.engine.threads,
    parameters: model.parameterCount,
    seconds,
    ...(check && { losses }),
  }
  await model.close()
  return answer
}

/** The other side trains on the planned batches: so must this one. */
function requirePlan(taken: Item[][], steps: readonly number[][], items: readonly Item[]): void {
  const indices = new Map(items.map((item, index) => [item, index]))
  const found = taken.slice(0, steps.length).map((batch) => batch.map((item) => indices.get(item)))
  if (JSON.stringify(found) !== JSON.stringify(steps)) throw new Error('the Trainer did not take the planned batches')
}

/** As `FinetuneAnswer` says, as bytes. */
async function logitsOf(
  model: EncoderModel,
  items: readonly Item[],
  collate: (items: readonly Item[]) => ModelBatch,
): Promise<Uint8Array> {
  const logits: Float32Array[] = items.map(() => new Float32Array())
  // Sequences without a tagged token have no row.
  const asked = [...items.keys()].filter((index) => rowsOf(items[index].feature) > 0)
  const sequences = asked.map((index) => items[index])
  for (const batch of batchesByLength(sequences, 32)) {
    const output = await model.forward(collate(batch.map((i) => sequences[i])))
    const { data, dims } = output.logits!
    let row = 0
    for (const i of batch) {
      const rows = rowsOf(sequences[i].feature)
      logits[asked[i]] = (data as Float32Array).slice(row * dims[1], (row + rows) * dims[1])
      row += rows
    }
  }
  return Buffer.concat(logits.map(({ buffer }) => new Uint8Array(buffer)))
}

await answerLines<FinetuneRequest, never>(async (request) => ({
  ready: await finetune(request),
  answer: () => Promise.reject(new Error('a process trains once')),
}))
