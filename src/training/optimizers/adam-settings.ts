import { ConfigError } from '../../core/errors.ts'

/** What the optimisers with Adam's two moments are set by. */
export interface AdamSettings {
  /** Step size; a schedule multiplies it. */
  learningRate: number
  /** Decay rates of the first and second moments. */
  betas: readonly [number, number]
  /** Added to the square root of the second moment. */
  epsilon: number
  /** Weight decay of the parameters that decay: no biases, no LayerNorm. */
  weightDecay: number
}

/** @throws ConfigError if a setting is out of range */
export function checkAdamSettings({ learningRate, betas, epsilon, weightDecay }: AdamSettings): void {
  if (!(learningRate >= 0))
    throw new ConfigError('LEARNING_RATE', `learningRate must be at least 0, not ${learningRate}`)
  if (!betas.every((beta) => beta >= 0 && beta < 1)) {
    throw new ConfigError('BETAS', `each of betas must be at least 0 and below 1, not ${betas.join(', ')}`)
  }
  if (!(epsilon > 0)) throw new ConfigError('EPSILON', `epsilon must be above 0, not ${epsilon}`)
  if (!(weightDecay >= 0)) throw new ConfigError('WEIGHT_DECAY', `weightDecay must be at least 0, not ${weightDecay}`)
}

/** What the moments are multiplied by, since they begin at 0. @param step counts from 1 */
export function biasCorrections([beta1, beta2]: AdamSettings['betas'], step: number) {
  return {
    inverseCorrection1: 1 / (1 - beta1 ** step),
    inverseRootCorrection2: 1 / Math.sqrt(1 - beta2 ** step),
  }
}
