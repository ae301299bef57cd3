import { ConfigError, didYouMean } from '../core/errors.ts'
import type { WindowOptions } from '../data/text-windows.ts'

/** What becomes of the vectors of a text's windows: their mean, the largest of each element, or a mean by learnt weights. */
export type WindowPooling = 'mean' | 'max' | 'attention'

export const windowPoolings: readonly WindowPooling[] = ['mean', 'max', 'attention']

/** How a sequence classifier reads texts that are longer than a window; part of a model's config. */
export interface LongTexts extends WindowOptions {
  readonly pooling: WindowPooling
}

/** The same before the defaults are filled in. */
export interface LongTextSettings extends Partial<WindowOptions> {
  readonly pooling: WindowPooling
}

const keys = ['pooling', 'maxLength', 'stride', 'maxWindows']

/**
 * Completes and checks how long texts are read.
 * @param settings `maxLength` is the model's own limit by default, `stride` a quarter of it
 * @param limit tokens that the model takes
 * @param where where the settings stand, for messages
 * @throws ConfigError naming the setting
 */
export function longTexts(settings: LongTextSettings, limit: number, where = 'longTexts'): LongTexts {
  const unknown = Object.keys(settings).find((key) => !keys.includes(key))
  if (unknown !== undefined)
    throw new ConfigError('CONFIG_KEY', `${where} has no setting "${unknown}"${didYouMean(unknown, keys)}`)
  const { pooling, maxLength = limit, stride = Math.floor(maxLength / 4), maxWindows } = settings
  if (!windowPoolings.includes(pooling)) {
    const guess = didYouMean(String(pooling), windowPoolings)
    throw new ConfigError(
      'CONFIG_VALUE',
      `${where}: pooling must be one of ${windowPoolings.join(', ')}, not ${JSON.stringify(pooling)}${guess}`,
    )
  }
  const check = (key: string, value: number, min: number, max = Number.POSITIVE_INFINITY, why = '') => {
    if (Number.isInteger(value) && value >= min && value <= max) return
    const range = max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}, ${why}`
    throw new ConfigError('CONFIG_VALUE', `${where}: ${key} must be a whole number ${range}; found ${value}`)
  }
  check('maxLength', maxLength, 3, limit, 'which is what the model takes')
  check('stride', stride, 0, maxLength - 3, `so that windows of ${maxLength} tokens go on`)
  if (maxWindows !== undefined) check('maxWindows', maxWindows, 1)
  return { pooling, maxLength, stride, ...(maxWindows !== undefined && { maxWindows }) }
}
