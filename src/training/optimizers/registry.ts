import { ConfigError, didYouMean } from '../../core/errors.ts'
import type { Optimizer } from '../../runtime/optimizer.ts'
import { AdamW, type AdamWOptions } from './adamw.ts'
import { Lamb } from './lamb.ts'

/** Every optimiser, one line each, with the epsilon that its reference code has. */
const optimizers = {
  adamw: { create: (options: AdamWOptions) => new AdamW(options), epsilon: 1e-8 },
  lamb: { create: (options: AdamWOptions) => new Lamb(options), epsilon: 1e-6 },
} satisfies Record<string, { create: (options: AdamWOptions) => Optimizer; epsilon: number }>

export type OptimizerName = keyof typeof optimizers
export const optimizerNames = Object.keys(optimizers) as OptimizerName[]

/** The epsilon that an optimiser has by default. @throws ConfigError for an unknown name */
export const defaultEpsilon = (name: OptimizerName): number => find(name).epsilon

/** Makes an optimiser by its name. @throws ConfigError for an unknown name, or a setting out of range */
export function createOptimizer(name: OptimizerName, options: AdamWOptions): Optimizer {
  return find(name).create(options)
}

function find(name: OptimizerName) {
  if (Object.hasOwn(optimizers, name)) return optimizers[name]
  throw new ConfigError(
    'OPTIMIZER',
    `unknown optimizer "${name}"${didYouMean(String(name), optimizerNames)} (known: ${optimizerNames.join(', ')})`,
  )
}
