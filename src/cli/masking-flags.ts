import { ConfigError, didYouMean } from '../core/errors.ts'
import type { Masking } from '../data/mask-batch.ts'

export const maskingKinds = ['token', 'whole-word', 'span'] as const

/** The values of the flags that say what is masked. */
export interface MaskingFlags {
  readonly masking?: string
  readonly maskProbability?: number
}

/** @throws ConfigError `FLAG_VALUE` for an unknown masking */
export function maskingOf({ masking = 'token', maskProbability: probability }: MaskingFlags): Masking {
  return { kind: oneOf(masking, maskingKinds, '--masking'), probability }
}

/** A flag's value, which is one of some names. @throws ConfigError `FLAG_VALUE` naming the nearest one */
export function oneOf<Name extends string>(given: string, known: readonly Name[], flag: string): Name {
  const found = known.find((name) => name === given)
  if (found !== undefined) return found
  throw new ConfigError(
    'FLAG_VALUE',
    `${flag} "${given}" is unknown${didYouMean(given, known)} (known: ${known.join(', ')})`,
  )
}
