import { ConfigError, didYouMean } from '../core/errors.ts'

/** A flag's value, which is one of some names. @param flag such as `--masking` @throws ConfigError `FLAG_VALUE` naming the nearest one */
export function oneOf<Name extends string>(given: string, known: readonly Name[], flag: string): Name {
  const found = known.find((name) => name === given)
  if (found !== undefined) return found
  throw new ConfigError(
    'FLAG_VALUE',
    `${flag} is one of ${known.join(', ')}, not "${given}"${didYouMean(given, known)}`,
  )
}
