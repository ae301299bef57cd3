import { ConfigError } from '../core/errors.ts'
import { type ModelDefinition, modelParameters } from '../models/graphs.ts'
import { depthBelowHead } from '../models/parameter-depth.ts'
import type { CompileOptions } from '../models/training-session.ts'
import { selectNames } from './parameter-patterns.ts'
import type { ParameterSettings } from './parameter-settings.ts'

/**
 * Which of a model's parameters a run trains, and at which share of the learning rate.
 * @throws ConfigError if a pattern of `freeze` matches nothing, or all are frozen
 */
export function trainedParameters(
  { definition }: { definition: ModelDefinition },
  { freeze, layerwiseLrDecay }: ParameterSettings,
): Pick<CompileOptions, 'trained' | 'learningRateFactor'> {
  return {
    ...(freeze.length > 0 && { trained: notFrozen(definition, freeze) }),
    ...(layerwiseLrDecay < 1 && {
      learningRateFactor: (name) => layerwiseLrDecay ** depthBelowHead(definition, name),
    }),
  }
}

function notFrozen(definition: ModelDefinition, freeze: readonly string[]): (name: string) => boolean {
  const names = modelParameters(definition).map(({ name }) => name)
  const frozen = selectNames(names, freeze, 'freeze')
  if (frozen.size === names.length) {
    throw new ConfigError('NOTHING_TO_TRAIN', 'freeze leaves nothing to train: take the head out of it, for example')
  }
  return (name) => !frozen.has(name)
}
