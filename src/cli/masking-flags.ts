import { ConfigError } from '../core/errors.ts'
import type { Masking } from '../data/mask-batch.ts'
import { oneOf } from './one-of.ts'

export const maskingKinds = ['token', 'whole-word', 'span'] as const

/** The values of the flags that say what is masked. */
export interface MaskingFlags {
  readonly masking?: string
  readonly maskProbability?: number
}

/** @throws ConfigError `FLAG_VALUE` for an unknown masking, `MASK_PROBABILITY` for what is no probability */
export function maskingOf({ masking = 'token', maskProbability: probability }: MaskingFlags): Masking {
  const kind = oneOf(masking, maskingKinds, '--masking')
  if (probability !== undefined && !(probability >= 0 && probability <= 1))
    throw new ConfigError('MASK_PROBABILITY', `--mask-probability must be a number from 0 to 1, not ${probability}`)
  return { kind, probability }
}
