import type { Value } from '../../graph/graph.ts'
import { mul, scale, shift, sub } from '../../graph/ops/elementwise.ts'
import type { ElementwiseOptimizer } from '../../runtime/optimizer.ts'
import { biasCorrections, checkAdamSettings } from './adam-settings.ts'
import { adamStep, newMoments } from './adam-update.ts'

export interface AdamWOptions {
  /** Default 5e-5. */
  learningRate?: number
  /** Decay rates of the first and second moments; default [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** Added to the square root of the second moment; default 1e-8. */
  epsilon?: number
  /** Decoupled weight decay of the parameters that decay (no biases, no LayerNorm); default 0. */
  weightDecay?: number
}

/**
 * AdamW (Loshchilov and Hutter 2019, "Decoupled weight decay regularization"), in the order of torch.optim.AdamW:
 * w = w (1 - lr decay); m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2;
 * w = w - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + epsilon)
 */
export class AdamW implements ElementwiseOptimizer {
  readonly name = 'adamw'
  readonly slots = ['firstMoment', 'secondMoment']
  readonly learningRate: number
  readonly weightDecay: number
  readonly betas: readonly [number, number]
  readonly epsilon: number

  /** @throws ConfigError if a setting is out of range */
  constructor({ learningRate = 5e-5, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0 }: AdamWOptions = {}) {
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
    const { weights, gradients, learningRate, weightDecay } = inputs
    const kept = shift(scale(mul(learningRate, weightDecay), -1), 1) // 1 - lr decay, a scalar
    const moments = newMoments(inputs, gradients, this.betas)
    return { weights: sub(mul(weights, kept), adamStep(inputs, moments, this.epsilon)), ...moments }
  }
}
