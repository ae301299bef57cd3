import type { Value } from '../../graph/graph.ts'
import { add, div, mul, shift, sqrt, sub } from '../../graph/ops/elementwise.ts'
import type { ElementwiseOptimizer } from '../../runtime/optimizer.ts'
import { checkAboveZero, checkAtLeastZero, checkCommonSettings } from './checks.ts'

export interface AdagradOptions {
  /** Default 1e-2. */
  learningRate?: number
  /** At step t, counted from 1, the learning rate is divided by 1 + (t - 1) times this; default 0. */
  learningRateDecay?: number
  /** Added to the square root of the sum of squares; default 1e-10. */
  epsilon?: number
  /** L2 penalty on the parameters that decay (no biases, no LayerNorm): a part of their gradient; default 0. */
  weightDecay?: number
}

/**
 * Adagrad (Duchi, Hazan and Singer 2011, "Adaptive subgradient methods"), in the order of torch.optim.Adagrad:
 * g = g + decay w; s = s + g^2; w = w - lr / (1 + (t - 1) lrDecay) g / (sqrt(s) + epsilon).
 */
export class Adagrad implements ElementwiseOptimizer {
  readonly name = 'adagrad'
  readonly slots = ['sumOfSquares']
  readonly learningRate: number
  readonly weightDecay: number
  readonly learningRateDecay: number
  readonly epsilon: number

  /** @throws ConfigError if a setting is out of range */
  constructor({ learningRate = 1e-2, learningRateDecay = 0, epsilon = 1e-10, weightDecay = 0 }: AdagradOptions = {}) {
    checkCommonSettings({ learningRate, weightDecay })
    checkAtLeastZero('learningRateDecay', learningRateDecay)
    checkAboveZero('epsilon', epsilon)
    this.learningRate = learningRate
    this.weightDecay = weightDecay
    this.learningRateDecay = learningRateDecay
    this.epsilon = epsilon
  }

  scalars(step: number): Record<string, number> {
    return { rateFactor: 1 / (1 + (step - 1) * this.learningRateDecay) }
  }

  update(inputs: Record<string, Value>): Record<string, Value> {
    const { weights, gradients, learningRate, weightDecay, rateFactor } = inputs
    const g = add(gradients, mul(weights, weightDecay))
    const sumOfSquares = add(inputs.sumOfSquares, mul(g, g))
    const step = div(g, shift(sqrt(sumOfSquares), this.epsilon))
    return { weights: sub(weights, mul(mul(learningRate, rateFactor), step)), sumOfSquares }
  }
}
