import { ConfigError } from '../../core/errors.ts'
import type { Value } from '../../graph/graph.ts'
import { add, mul, scale, sub } from '../../graph/ops/elementwise.ts'
import type { ElementwiseOptimizer } from '../../runtime/optimizer.ts'
import { checkAtLeastZero, checkCommonSettings } from './checks.ts'

export interface SgdOptions {
  /** Default 1e-3. */
  learningRate?: number
  /** Share of the last step that is taken again; default 0. */
  momentum?: number
  /** Share of the gradient that the momentum leaves out, from the second step on; default 0. */
  dampening?: number
  /** Nesterov's momentum, which looks one step ahead; default false. */
  nesterov?: boolean
  /** L2 penalty on the parameters that decay (no biases, no LayerNorm): a part of their gradient; default 0. */
  weightDecay?: number
}

/**
 * Stochastic gradient descent, in the order of torch.optim.SGD: g = g + decay w; b = momentum b + (1 - dampening) g, at the
 * first step b = g; w = w - lr b, with Nesterov's momentum w = w - lr (g + momentum b). Without momentum it has no state.
 */
export class Sgd implements ElementwiseOptimizer {
  readonly name = 'sgd'
  readonly slots: readonly string[]
  readonly learningRate: number
  readonly weightDecay: number
  readonly momentum: number
  readonly dampening: number
  readonly nesterov: boolean

  /** @throws ConfigError if a setting is out of range, or for `nesterov` without momentum or with dampening */
  constructor({
    learningRate = 1e-3,
    momentum = 0,
    dampening = 0,
    nesterov = false,
    weightDecay = 0,
  }: SgdOptions = {}) {
    checkCommonSettings({ learningRate, weightDecay })
    checkAtLeastZero('momentum', momentum)
    checkNesterov({ momentum, dampening, nesterov })
    this.learningRate = learningRate
    this.weightDecay = weightDecay
    this.momentum = momentum
    this.dampening = dampening
    this.nesterov = nesterov
    this.slots = momentum > 0 ? ['momentumBuffer'] : []
  }

  scalars(step: number): Record<string, number> {
    return { gradientShare: step === 1 ? 1 : 1 - this.dampening }
  }

  update({ weights, gradients, ...inputs }: Record<string, Value>): Record<string, Value> {
    const { learningRate, weightDecay, momentumBuffer, gradientShare } = inputs
    const g = add(gradients, mul(weights, weightDecay))
    if (!momentumBuffer) return { weights: sub(weights, mul(learningRate, g)) }
    const buffer = add(scale(momentumBuffer, this.momentum), mul(gradientShare, g))
    const direction = this.nesterov ? add(g, scale(buffer, this.momentum)) : buffer
    return { weights: sub(weights, mul(learningRate, direction)), momentumBuffer: buffer }
  }
}

/** @throws ConfigError for Nesterov's momentum without momentum or with dampening */
export function checkNesterov(settings: { momentum: number; dampening: number; nesterov: boolean }): void {
  const { momentum, dampening, nesterov } = settings
  if (nesterov && !(momentum > 0 && dampening === 0))
    throw new ConfigError(
      'NESTEROV',
      `nesterov needs a momentum above 0 and no dampening, not momentum ${momentum}, dampening ${dampening}`,
    )
}
