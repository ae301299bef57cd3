import { ConfigError } from '../core/errors.ts'
import { type ModelDefinition, modelParameters } from '../models/graphs.ts'
import { depthBelowHead } from '../models/parameter-depth.ts'
import type { CompileOptions } from '../models/training-session.ts'
import { selectNames } from './parameter-patterns.ts'
import type { ParameterSettings } from './parameter-settings.ts'

/**
 * Which of a model's parameters a run trains, and at which share of the learning rate.
 * @throws ConfigError if a pattern of `freeze` matches nothing, if nothing is left to train, or if `reinitializeLayers` is more
 * than the model's layers or goes with adapters
 */
export function trainedParameters(
  { definition }: { definition: ModelDefinition },
  { freeze, layerwiseLrDecay, gradualUnfreezing, reinitializeLayers }: ParameterSettings,
): Pick<CompileOptions, 'trained' | 'learningRateFactor'> {
  if (reinitializeLayers > 0 && reinitializeLayers > definition.config.numHiddenLayers) {
    throw new ConfigError(
      'ARGUMENT',
      `reinitializeLayers must be at most ${definition.config.numHiddenLayers}, the model's layers, not ${reinitializeLayers}`,
    )
  }
  if (reinitializeLayers > 0 && definition.lora) {
    throw new ConfigError(
      'ARGUMENT',
      'reinitializeLayers gives layers random weights, which then stay: with adapters the layers are frozen. Leave one of the two out.',
    )
  }
  const depth = (name: string) => depthBelowHead(definition, name)
  const trained = freeze.length > 0 ? notFrozen(definition, freeze) : undefined
  if (trained && gradualUnfreezing !== 'no' && !trained.names.some((name) => depth(name) === 0)) {
    throw new ConfigError('NOTHING_TO_TRAIN', 'gradualUnfreezing begins with the head, which freeze leaves untrained')
  }
  return {
    ...(trained && { trained: trained.includes }),
    ...(layerwiseLrDecay < 1 && { learningRateFactor: (name) => layerwiseLrDecay ** depth(name) }),
  }
}

function notFrozen(definition: ModelDefinition, freeze: readonly string[]) {
  const parameters = modelParameters(definition)
  const frozen = selectNames(
    parameters.map(({ name }) => name),
    freeze,
    'freeze',
  )
  const names = parameters.flatMap(({ name, isFrozen }) => (isFrozen || frozen.has(name) ? [] : [name]))
  if (names.length === 0) {
    throw new ConfigError('NOTHING_TO_TRAIN', 'freeze leaves nothing to train: take the head out of it, for example')
  }
  return { names, includes: (name: string) => !frozen.has(name) }
}
