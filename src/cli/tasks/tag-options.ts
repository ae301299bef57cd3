import { ConfigError } from '../../core/errors.ts'
import { tagSchemes } from '../../data/token-classification/index.ts'
import type { TagOptions } from '../../training/tasks/predict-tokens.ts'
import { oneOf } from '../one-of.ts'
import type { TaskValues } from './task-flags.ts'

const schemes = [...tagSchemes, 'none'] as const
const aggregations = ['first', 'average', 'max'] as const

/** Other names of the schemes. */
const otherNames: Readonly<Record<string, string>> = {
  BIO: 'IOB2',
  BIO2: 'IOB2',
  IOB: 'IOB1',
  IOBES: 'BIOES',
  BILUO: 'BILOU',
}

function schemeOf(given: string) {
  const usual = otherNames[given.toUpperCase()]
  if (usual === undefined) return oneOf(given, schemes, '--tag-scheme')
  throw new ConfigError('FLAG_VALUE', `--tag-scheme ${given} is called ${usual} here: give --tag-scheme ${usual}`)
}

/** How pieces become tags, as the flags say. @throws ConfigError for a value that there is not */
export function tagOptions({ tagScheme, aggregation }: Pick<TaskValues, 'tagScheme' | 'aggregation'>): TagOptions {
  return {
    scheme: tagScheme === undefined ? undefined : schemeOf(tagScheme),
    aggregation: aggregation === undefined ? undefined : oneOf(aggregation, aggregations, '--aggregation'),
  }
}
