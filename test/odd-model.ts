/** A model whose sizes are small, odd and all different, so that swapped axes and wrong strides show. */
import type { Architecture, Head } from '../src/models/architecture.ts'
import { bert } from '../src/models/bert.ts'
import { type BertConfig, type BertSettings, bertConfig } from '../src/models/bert-config.ts'
import { EncoderModel, type ModelOptions } from '../src/models/model.ts'
import { createEngine } from '../src/runtime/node/engine.ts'
import { fillByFormula } from './formula.ts'

/** 2 layers, 3 heads, hidden 12, inner 17, vocabulary 97, 5 classes, at most 11 tokens. */
export const oddSizes = {
  vocabSize: 97,
  hiddenSize: 12,
  numHiddenLayers: 2,
  numAttentionHeads: 3,
  intermediateSize: 17,
  maxPositionEmbeddings: 11,
  labels: ['a', 'b', 'c', 'd', 'e'],
} satisfies Partial<BertConfig>

export interface OddModelOptions extends ModelOptions {
  config?: BertSettings
  /** Weights by the formula instead of initial ones; default true. */
  formula?: boolean
}

export function oddModel(head: Head | undefined, { config, formula = true, ...options }: OddModelOptions = {}) {
  const definition = {
    architecture: bert as unknown as Architecture,
    config: bertConfig({ ...oddSizes, ...config }),
    head,
  }
  return EncoderModel.create(definition, createEngine, { threads: 1, ...options }, formula ? fillByFormula : undefined)
}

/** Runs `use` on a model and closes it. */
export async function withOddModel<T>(
  head: Head | undefined,
  options: OddModelOptions,
  use: (model: EncoderModel) => Promise<T>,
): Promise<T> {
  const model = await oddModel(head, options)
  try {
    return await use(model)
  } finally {
    await model.close()
  }
}

/** Every parameter of a model by name. */
export async function allWeights(model: EncoderModel): Promise<Record<string, Float32Array>> {
  const weights: Record<string, Float32Array> = {}
  for (const { name } of model.parameters) weights[name] = await model.parameter(name)
  return weights
}
