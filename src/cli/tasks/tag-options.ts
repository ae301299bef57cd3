import { tagSchemes } from '../../data/token-classification/index.ts'
import type { TagOptions } from '../../training/tasks/predict-tokens.ts'
import { oneOf } from '../one-of.ts'
import type { TaskValues } from './task-flags.ts'

const schemes = [...tagSchemes, 'none'] as const
const aggregations = ['first', 'average', 'max'] as const

/** How pieces become tags, as the flags say. @throws ConfigError for a value that there is not */
export function tagOptions({ tagScheme, aggregation }: Pick<TaskValues, 'tagScheme' | 'aggregation'>): TagOptions {
  return {
    scheme: tagScheme === undefined ? undefined : oneOf(tagScheme, schemes, '--tag-scheme'),
    aggregation: aggregation === undefined ? undefined : oneOf(aggregation, aggregations, '--aggregation'),
  }
}
