import { ConfigError, didYouMean } from '../../core/errors.ts'
import { tagSchemes } from '../../data/token-classification/index.ts'
import type { TagOptions } from '../../training/tasks/predict-tokens.ts'
import type { TaskValues } from './task-flags.ts'

const schemes = [...tagSchemes, 'none']
const aggregations = ['first', 'average', 'max']

/** How pieces become tags, as the flags say. @throws ConfigError for a value that there is not */
export function tagOptions({ tagScheme, aggregation }: Pick<TaskValues, 'tagScheme' | 'aggregation'>): TagOptions {
  return {
    scheme: oneOf('tag-scheme', tagScheme, schemes) as TagOptions['scheme'],
    aggregation: oneOf('aggregation', aggregation, aggregations) as TagOptions['aggregation'],
  }
}

function oneOf(flag: string, value: string | undefined, known: readonly string[]): string | undefined {
  if (value === undefined || known.includes(value)) return value
  const guess = didYouMean(value, known)
  throw new ConfigError('FLAG_VALUE', `--${flag} is one of ${known.join(', ')}, not "${value}"${guess}`)
}
