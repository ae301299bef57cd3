import { ConfigError } from '../../core/errors.ts'

/** What every optimiser is set by. */
export interface CommonSettings {
  /** Step size; a schedule multiplies it. */
  learningRate: number
  /** Weight decay of the parameters that decay: no biases, no LayerNorm. */
  weightDecay: number
}

/** @throws ConfigError if a setting is out of range */
export function checkCommonSettings({ learningRate, weightDecay }: CommonSettings): void {
  checkAtLeastZero('learningRate', learningRate)
  checkAtLeastZero('weightDecay', weightDecay)
}

/** @throws ConfigError with the setting's name as its code, e.g. `WEIGHT_DECAY` */
export function checkAtLeastZero(name: string, value: number): void {
  if (!(value >= 0)) throw new ConfigError(codeOf(name), `${name} must be at least 0, not ${value}`)
}

/** @throws ConfigError as `checkAtLeastZero` */
export function checkAboveZero(name: string, value: number): void {
  if (!(value > 0)) throw new ConfigError(codeOf(name), `${name} must be above 0, not ${value}`)
}

const codeOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
