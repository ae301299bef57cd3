import type { Value } from '../../graph/graph.ts'
import { add, mul, sub } from '../../graph/ops/elementwise.ts'
import type { ElementwiseOptimizer } from '../../runtime/optimizer.ts'
import { biasCorrections, checkAdamSettings } from './adam-settings.ts'
import { adamStep, newMoments } from './adam-update.ts'

export interface AdamOptions {
  /** Default 1e-3. */
  learningRate?: number
  /** Decay rates of the first and second moments; default [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** Added to the square root of the second moment; default 1e-8. */
  epsilon?: number
  /** L2 penalty on the parameters that decay (no biases, no LayerNorm): a part of their gradient; default 0. */
  weightDecay?: number
}

/**
 * Adam (Kingma and Ba 2015, "Adam: a method for stochastic optimization"), in the order of torch.optim.Adam: AdamW's step with
 * g = g + decay w in place of the decoupled decay.
 */
export class Adam implements ElementwiseOptimizer {
  readonly name = 'adam'
  readonly slots = ['firstMoment', 'secondMoment']
  readonly learningRate: number
  readonly weightDecay: number
  readonly betas: readonly [number, number]
  readonly epsilon: number

  /** @throws ConfigError if a setting is out of range */
  constructor({ learningRate = 1e-3, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0 }: AdamOptions = {}) {
    checkAdamSettings({ learningRate, betas, epsilon, weightDecay })
    this.learningRate = learningRate
    this.betas = betas
    this.epsilon = epsilon
    this.weightDecay = weightDecay
  }

  scalars(step: number): Record<string, number> {
    return biasCorrections(this.betas, step)
  }

  update(inputs: Record<string, Value>): Record<string, Value> {
    const { weights, gradients, weightDecay } = inputs
    const moments = newMoments(inputs, add(gradients, mul(weights, weightDecay)), this.betas)
    return { weights: sub(weights, adamStep(inputs, moments, this.epsilon)), ...moments }
  }
}
