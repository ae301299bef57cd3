import { ConfigError, didYouMean } from '../../core/errors.ts'
import type { Optimizer } from '../../runtime/optimizer.ts'
import { Adafactor, adafactorEpsilon } from './adafactor.ts'
import { Adagrad } from './adagrad.ts'
import { Adam } from './adam.ts'
import { AdamW } from './adamw.ts'
import { Lamb } from './lamb.ts'
import { Sgd } from './sgd.ts'

export type OptimizerName = 'adamw' | 'lamb' | 'adam' | 'sgd' | 'adagrad' | 'adafactor'

/** The settings of all optimisers; each takes those that it has. */
export interface OptimizerSettings {
  learningRate?: number
  weightDecay?: number
  betas?: readonly [number, number]
  epsilon?: number
  momentum?: number
  dampening?: number
  nesterov?: boolean
  learningRateDecay?: number
  relativeStep?: boolean
}

/** Every optimiser, one line each, with the epsilon that its reference code has. */
const optimizers: Record<OptimizerName, OptimizerEntry> = {
  adamw: { create: (settings) => new AdamW(settings), epsilon: 1e-8 },
  lamb: { create: (settings) => new Lamb(settings), epsilon: 1e-6 },
  adam: { create: (settings) => new Adam(settings), epsilon: 1e-8 },
  sgd: { create: (settings) => new Sgd(settings), epsilon: 1e-8 }, // which it does not use
  adagrad: { create: (settings) => new Adagrad(settings), epsilon: 1e-10 },
  adafactor: {
    create: (settings) => new Adafactor(settings),
    epsilon: ({ relativeStep = true }) => adafactorEpsilon(relativeStep),
  },
}

interface OptimizerEntry {
  create: (settings: OptimizerSettings) => Optimizer
  epsilon: number | ((settings: OptimizerSettings) => number)
}

export const optimizerNames = Object.keys(optimizers) as OptimizerName[]

/** The epsilon that an optimiser has by default. @throws ConfigError for an unknown name */
export function defaultEpsilon(name: OptimizerName, settings: OptimizerSettings = {}): number {
  const { epsilon } = find(name)
  return typeof epsilon === 'number' ? epsilon : epsilon(settings)
}

/** Makes an optimiser by its name. @throws ConfigError for an unknown name, or a setting out of range */
export function createOptimizer(name: OptimizerName, settings: OptimizerSettings): Optimizer {
  return find(name).create(settings)
}

function find(name: OptimizerName): OptimizerEntry {
  if (Object.hasOwn(optimizers, name)) return optimizers[name]
  throw new ConfigError(
    'OPTIMIZER',
    `unknown optimizer "${name}"${didYouMean(String(name), optimizerNames)} (known: ${optimizerNames.join(', ')})`,
  )
}
