import type { EncoderModel } from '../models/model.ts'
import type { ModelSummary } from './run-record.ts'

/** A model as records of runs and evaluations have it. @param maxLength tokens that it was given at most, not those it could take */
export function modelSummary(
  { config, parameterCount }: EncoderModel,
  { name, maxLength }: Pick<ModelSummary, 'name' | 'maxLength'>,
): ModelSummary {
  return {
    name,
    parameters: parameterCount,
    layers: config.numHiddenLayers,
    hiddenSize: config.hiddenSize,
    heads: config.numAttentionHeads,
    vocabSize: config.vocabSize,
    maxLength,
  }
}
