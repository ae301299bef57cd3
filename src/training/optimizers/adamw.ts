import type { Value } from '../../graph/graph.ts'
import { add, div, mul, scale, shift, sqrt, sub } from '../../graph/ops/elementwise.ts'
import type { Optimizer } from '../../runtime/optimizer.ts'
import { biasCorrections, checkAdamSettings } from './adam-settings.ts'

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
export class AdamW implements Optimizer {
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
    const { weights, gradients, firstMoment, secondMoment, learningRate, weightDecay } = inputs
    const [beta1, beta2] = this.betas
    const kept = shift(scale(mul(learningRate, weightDecay), -1), 1) // 1 - lr decay, a scalar
    const m = add(scale(firstMoment, beta1), scale(gradients, 1 - beta1))
    const v = add(scale(secondMoment, beta2), mul(gradients, scale(gradients, 1 - beta2)))
    const denominator = shift(mul(sqrt(v), inputs.inverseRootCorrection2), this.epsilon)
    const stepSize = mul(learningRate, inputs.inverseCorrection1) // a scalar
    return {
      weights: sub(mul(weights, kept), mul(stepSize, div(m, denominator))),
      firstMoment: m,
      secondMoment: v,
    }
  }
}
