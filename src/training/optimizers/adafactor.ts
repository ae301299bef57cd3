import { ConfigError } from '../../core/errors.ts'
import { type FactoredSettings, factoredSlots } from '../../runtime/factored-update.ts'
import type { FactoredOptimizer } from '../../runtime/optimizer.ts'
import { checkAboveZero, checkAtLeastZero, checkCommonSettings } from './checks.ts'

export interface AdafactorOptions {
  /** Default 1e-2. */
  learningRate?: number
  /**
   * Take steps relative to the weights: max(minimumScale, rms(w)) min(learningRate, 1 / sqrt(t)), as torch.optim.Adafactor;
   * false: of the learning rate, as transformers' Trainer sets its Adafactor for `optim="adafactor"`. Default true.
   */
  relativeStep?: boolean
  /** At step t the newest squares are t to the power of this among the second moments; at most 0, default -0.8. */
  decayRate?: number
  /** Updates are scaled down to this root mean square; default 1. */
  clipThreshold?: number
  /**
   * With `relativeStep` the least root of a second moment, default float32's 2^-23; without it what is added to the squares of
   * gradients, default 1e-30.
   */
  epsilon?: number
  /** The least root mean square that weights count as, with `relativeStep`; default 1e-3. */
  minimumScale?: number
  /** Decoupled weight decay of the parameters that decay (no biases, no LayerNorm); default 0. */
  weightDecay?: number
}

/**
 * Adafactor (Shazeer and Stern 2018, "Adafactor: adaptive learning rates with sublinear memory cost"), without a first moment.
 * Of a matrix's second moments it keeps the means of rows and columns, so that its state takes next to no memory. It is
 * torch.optim.Adafactor of PyTorch 2.13, or with `relativeStep: false` the one of transformers' Trainer; `factoredUpdate` has
 * the arithmetic. PyTorch's default decay is 0.01, here it is 0 as everywhere.
 */
export class Adafactor implements FactoredOptimizer {
  readonly name = 'adafactor'
  readonly slots = factoredSlots
  readonly learningRate: number
  readonly weightDecay: number
  readonly decayRate: number
  readonly factored: FactoredSettings

  /** @throws ConfigError if a setting is out of range */
  constructor({
    learningRate = 1e-2,
    relativeStep = true,
    decayRate = -0.8,
    clipThreshold = 1,
    epsilon = adafactorEpsilon(relativeStep),
    minimumScale = 1e-3,
    weightDecay = 0,
  }: AdafactorOptions = {}) {
    checkCommonSettings({ learningRate, weightDecay })
    if (!(decayRate <= 0)) throw new ConfigError('DECAY_RATE', `decayRate must be at most 0, not ${decayRate}`)
    checkAboveZero('clipThreshold', clipThreshold)
    checkAboveZero('epsilon', epsilon)
    checkAtLeastZero('minimumScale', minimumScale)
    this.learningRate = learningRate
    this.weightDecay = weightDecay
    this.decayRate = decayRate
    const epsilons = relativeStep ? { epsilon, squareEpsilon: 0 } : { epsilon: 0, squareEpsilon: epsilon }
    this.factored = { relativeStep, clipThreshold, minimumScale, ...epsilons }
  }

  scalars(step: number): Record<string, number> {
    return { newShare: step ** this.decayRate, largestStep: 1 / Math.sqrt(step) }
  }
}

/** The epsilon of the variant. */
export const adafactorEpsilon = (relativeStep: boolean): number => (relativeStep ? 2 ** -23 : 1e-30)
