import type { Value } from '../../graph/graph.ts'
import { add, div, mul, shift, sqrt, sub } from '../../graph/ops/elementwise.ts'
import type { ElementwiseOptimizer, LayerwiseUpdate } from '../../runtime/optimizer.ts'
import { biasCorrections, checkAdamSettings } from './adam-settings.ts'
import { newMoments } from './adam-update.ts'

export interface LambOptions {
  /** Default 1e-3. */
  learningRate?: number
  /** Decay rates of the first and second moments; default [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** Added to the square root of the second moment; default 1e-6. */
  epsilon?: number
  /** Weight decay of the parameters that decay (no biases, no LayerNorm), a part of the update; default 0. */
  weightDecay?: number
}

/**
 * LAMB (You et al. 2019, "Large batch optimization for deep learning", arXiv 1904.00962, algorithm 2), for large batches:
 * m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2;
 * u = m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon) + decay w;
 * w = w - lr r u with r = |w| / |u| over the whole parameter, and r = 1 where either norm is 0.
 *
 * The paper's phi is the identity. Biases and LayerNorm have no decay and r = 1, as in the authors' code
 * (`lamb_optimizer.py` of google-research/albert excludes from the layers' adaptation by name what it excludes from decay)
 * and NVIDIA's. Unlike NVIDIA's fused kernel, which leaves out r wherever the decay is 0, r applies to the others also
 * without decay. Norms are summed in float64. Gradients are clipped by the training session, as NVIDIA's code does it.
 */
export class Lamb implements ElementwiseOptimizer {
  readonly name = 'lamb'
  readonly slots = ['firstMoment', 'secondMoment']
  readonly learningRate: number
  readonly weightDecay: number
  readonly betas: readonly [number, number]
  readonly epsilon: number

  /** @throws ConfigError if a setting is out of range */
  constructor({ learningRate = 1e-3, betas = [0.9, 0.999], epsilon = 1e-6, weightDecay = 0 }: LambOptions = {}) {
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
    return newMoments(inputs, inputs.gradients, this.betas)
  }

  readonly layerwise: LayerwiseUpdate = {
    trustRatio: (inputs) => ({ numerator: inputs.weights, denominator: this.#direction(inputs) }),
    // The direction is computed again rather than kept: that costs less than a further array of the weights' size.
    weights: (inputs) => sub(inputs.weights, mul(mul(inputs.learningRate, inputs.trustRatio), this.#direction(inputs))),
  }

  /** u, from the new moments. */
  #direction(inputs: Record<string, Value>): Value {
    const { weights, firstMoment, secondMoment, weightDecay } = inputs
    const denominator = shift(mul(sqrt(secondMoment), inputs.inverseRootCorrection2), this.epsilon)
    const adapted = div(mul(firstMoment, inputs.inverseCorrection1), denominator)
    return add(adapted, mul(weights, weightDecay))
  }
}
