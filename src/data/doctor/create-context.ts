import type { DataContext } from './context.ts'
import { firstOccurrences } from './first-occurrences.ts'
import { countTokens } from './token-counts.ts'
import { wordFeatures } from './word-features.ts'

export type DataContextOptions = Pick<
  DataContext,
  'targets' | 'train' | 'evaluation' | 'tokenizer' | 'maxLength' | 'longTexts' | 'seed'
> &
  Partial<Pick<DataContext, 'unusedColumns'>>

/** What checks look at; what several of them need is computed once. */
export function dataContext({ unusedColumns = [], ...options }: DataContextOptions): DataContext {
  const { train, evaluation, tokenizer, maxLength, longTexts } = options
  const all = [...train, ...evaluation]
  return {
    ...options,
    all,
    unusedColumns,
    firsts: once(() => firstOccurrences(all)),
    features: once(() => wordFeatures(all)),
    tokens: once(() => tokenizer && countTokens(all, tokenizer, maxLength, longTexts)),
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
