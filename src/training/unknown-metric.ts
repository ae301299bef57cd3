import { ConfigError, didYouMean } from '../core/errors.ts'

/**
 * The error for a metric that there is not, which names the nearest of those that there are.
 * @param of what the known ones are of, with a space before it, e.g. ` of question answering`
 */
export const unknownMetric = (name: string, known: readonly string[], of = ''): ConfigError =>
  new ConfigError(
    'UNKNOWN_METRIC',
    `unknown metric "${name}"${didYouMean(name, known) || '.'} Known metrics${of}: ${known.join(', ')}`,
  )
