import { ConfigError } from '../../core/errors.ts'
import { type CommonSettings, checkAboveZero, checkCommonSettings } from './checks.ts'

/** What the optimisers with Adam's two moments are set by. */
export interface AdamSettings extends CommonSettings {
  /** Decay rates of the first and second moments. */
  betas: readonly [number, number]
  /** Added to the square root of the second moment. */
  epsilon: number
}

/** @throws ConfigError if a setting is out of range */
export function checkAdamSettings(settings: AdamSettings): void {
  checkCommonSettings(settings)
  const { betas, epsilon } = settings
  if (!betas.every((beta) => beta >= 0 && beta < 1)) {
    throw new ConfigError('BETAS', `each of betas must be at least 0 and below 1, not ${betas.join(', ')}`)
  }
  checkAboveZero('epsilon', epsilon)
}

/** What the moments are multiplied by, since they begin at 0. @param step counts from 1 */
export function biasCorrections([beta1, beta2]: AdamSettings['betas'], step: number) {
  return {
    inverseCorrection1: 1 / (1 - beta1 ** step),
    inverseRootCorrection2: 1 / Math.sqrt(1 - beta2 ** step),
  }
}
