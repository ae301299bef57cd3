/** bertsmith's side of the training-step benchmark; the same protocol as pytorch_step.py, and two requests more. */
import { env } from 'onnxruntime-node'
import { collateClassification, collateMaskedLm } from '../src/data/collator.ts'
import { loraConfig } from '../src/models/lora.ts'
import { EncoderModel } from '../src/models/model.ts'
import { createEngine } from '../src/runtime/node/engine.ts'
import { onnxRuntimeBackend } from '../src/runtime/node/onnxruntime.ts'
import { AdamW } from '../src/training/optimizers/adamw.ts'
import { trainedParameters } from '../src/training/trained-parameters.ts'
import { trainingArguments } from '../src/training/training-arguments.ts'
import { answerLines } from './answer-lines.ts'
import { benchModel } from './classifier.ts'
import type { ProductRequest, ProfileAnswer, StepAnswer, StepBatch, StepReady, StepSetup } from './protocol.ts'
import { timeProduct } from './time-product.ts'

function collate(rows: number[][], labels: StepBatch['labels']) {
  const sequences = rows.map((row) => ({ ids: Int32Array.from(row), typeIds: new Int32Array(row.length) }))
  const isWhole = (label: number | number[]): label is number => typeof label === 'number'
  return labels.every(isWhole)
    ? collateClassification(sequences.map((each, i) => ({ ...each, labelId: labels[i] as number })))
    : collateMaskedLm(sequences.map((each, i) => ({ ...each, labels: Int32Array.from(labels[i] as number[]) })))
}

type Request = StepBatch | ProductRequest | { profile: true }

await answerLines<StepSetup, Request>(async ({ task, config, threads, profile, freeze = [], recompute, lora }) => {
  const definition = { ...benchModel(task, config), lora: lora && loraConfig(lora) }
  const model = await EncoderModel.create(definition, createEngine, { threads })
  const optimizer = new AdamW({ learningRate: 1e-5, weightDecay: 0.01 })
  const parameters = trainedParameters(model, trainingArguments({ freeze }))
  const training = await model.compile({ optimizer, maxGradNorm: 1, profile, recompute, ...parameters })

  async function step({ ids, labels }: StepBatch): Promise<StepAnswer> {
    const start = performance.now()
    const { loss } = await training.step(collate(ids, labels))
    const seconds = (performance.now() - start) / 1000
    return { seconds, loss, peakBytes: process.resourceUsage().maxRSS * 1024, residentBytes: process.memoryUsage.rss() }
  }

  const versions = { node: process.versions.node, onnxruntime: env.versions.node ?? env.versions.common }
  return {
    ready: {
      versions,
      threads: model.engine.threads,
      parameters: model.parameterCount,
      trained: model.trainableParameterCount,
    } satisfies StepReady,
    async answer(request) {
      if ('ids' in request) return step(request)
      if ('product' in request) return timeProduct(onnxRuntimeBackend({ threads }), request, true)
      return { events: await training.profile() } satisfies ProfileAnswer
    },
    close: () => model.close(),
  }
})
