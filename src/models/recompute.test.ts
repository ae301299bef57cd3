/** Training that computes layers again, against training that keeps their activations. */
import { describe, expect, test } from 'vitest'
import { distanceOf, norm } from '../../test/answers.ts'
import { fillByFormula, formulaBatch } from '../../test/formula.ts'
import { allWeights, oddSizes, withOddModel } from '../../test/odd-model.ts'
import { liveNodes } from '../graph/live.ts'
import { createEngine } from '../runtime/node/engine.ts'
import { AdamW } from '../training/optimizers/adamw.ts'
import type { Architecture, Head } from './architecture.ts'
import type { ModelBatch } from './batch-inputs.ts'
import { bert } from './bert.ts'
import { bertConfig } from './bert-config.ts'
import { electra } from './electra.ts'
import { electraConfig, generatorConfig } from './electra-config.ts'
import { gradientGraph } from './graphs.ts'
import { maskedLm } from './heads/masked-lm.ts'
import { replacedTokenDetection } from './heads/replaced-token-detection.ts'
import { sequenceClassification } from './heads/sequence-classification.ts'
import { EncoderModel } from './model.ts'
import type { CompileOptions } from './training-session.ts'

const made = formulaBatch([7, 2, 5, 11, 1, 6], oddSizes.vocabSize, oddSizes.labels.length)

/** Of a gradient's difference, relative to its norm: an engine may fuse the nodes of one pass and not those of the other. */
const tolerance = 1e-6

/** Gradients of the first step and the losses of three, with dropout. */
async function train(model: EncoderModel, batch: ModelBatch | ModelBatch[], options: Partial<CompileOptions>) {
  const training = await model.compile({ optimizer: new AdamW({ learningRate: 1e-3 }), accumulate: true, ...options })
  const first = await training.gradients(batch)
  const losses: number[] = []
  for (let step = 0; step < 3; step++) losses.push((await training.step(batch)).loss)
  return { ...first, losses, weights: await allWeights(model) }
}

type Trained = Awaited<ReturnType<typeof train>>

function expectSame(again: Trained, kept: Trained): number {
  expect(Object.keys(again.gradients)).toEqual(Object.keys(kept.gradients))
  let worst = 0
  for (const [name, gradient] of Object.entries(kept.gradients)) {
    const difference = distanceOf(again.gradients[name], gradient)
    // Key biases have a gradient of zero, computed up to rounding.
    if (name.endsWith('key.bias')) expect(difference, name).toBeLessThan(1e-9)
    else worst = Math.max(worst, difference / norm(gradient))
    expect(worst, name).toBeLessThan(tolerance)
  }
  for (const [step, loss] of again.losses.entries())
    expect(Math.abs(loss / kept.losses[step] - 1)).toBeLessThan(tolerance)
  return worst
}

const cases: [name: string, head: Head, batch: ModelBatch | ModelBatch[], options: Partial<CompileOptions>][] = [
  ['classification', sequenceClassification, made.classification, {}],
  ['masked language modelling', maskedLm, made.maskedLm, {}],
  ['two micro-batches', sequenceClassification, [made.classification, made.classification], {}],
  ['frozen lower layers', maskedLm, made.maskedLm, { trained: (name) => !/embeddings|layer\.0/.test(name) }],
  ['no dropout', sequenceClassification, made.classification, { dropout: false }],
]

test.each(cases)('has the same gradients, dropout included: %s', async (_name, head, batch, options) => {
  const kept = await withOddModel(head, {}, (model) => train(model, batch, options))
  const again = await withOddModel(head, {}, (model) => train(model, batch, { ...options, recompute: true }))
  expectSame(again, kept)
})

test('has the same gradients in generator and discriminator', async () => {
  const config = electraConfig({ ...oddSizes, embeddingSize: 8 })
  const run = async (recompute: boolean) => {
    const definition = {
      architecture: electra as unknown as Architecture,
      config,
      head: replacedTokenDetection(generatorConfig(config)),
    }
    const model = await EncoderModel.create(definition, createEngine, { threads: 1 }, fillByFormula)
    return train(model, made.pretraining, { recompute }).finally(() => model.close())
  }
  expectSame(await run(true), await run(false))
})

describe('of a layer', () => {
  test('only what it reads is kept', () => {
    const definition = {
      architecture: bert as unknown as Architecture,
      config: bertConfig({ ...oddSizes, numHiddenLayers: 4 }),
      head: sequenceClassification,
    }
    const { graph } = gradientGraph(definition, { recompute: true })
    const nodes = liveNodes(graph)
    const isBackward = ({ scope }: { scope: string }) => /\.(grad|again)$/.test(scope)
    const read = new Set(nodes.filter(isBackward).flatMap(({ inputs }) => inputs))
    const kept = nodes.filter((node) => !isBackward(node) && node.outputs.some((output) => read.has(output)))
    const ofLayers = kept.flatMap(({ scope }) => /layer\.\d.*/.exec(scope) ?? [])
    // Each layer's output, which the next one reads. The last layer's goes into the head.
    expect(ofLayers).toEqual([0, 1, 2, 3].map((layer) => `layer.${layer}.output.LayerNorm`))
  })
})
