import { answers } from './answers.ts'
import { classBalance } from './class-balance.ts'
import { conflictingLabels } from './conflicting-labels.ts'
import type { DataCheck } from './context.ts'
import { duplicates } from './duplicates.ts'
import { emptyTexts } from './empty-texts.ts'
import { labelKind } from './label-kind.ts'
import { labelNoise } from './label-noise.ts'
import { labelSets } from './label-sets.ts'
import { longSentences } from './long-sentences.ts'
import { nearDuplicates } from './near-duplicate-texts.ts'
import { tagScheme } from './tag-scheme.ts'
import { truncation } from './truncation.ts'
import { unknownTokens } from './unknown-tokens.ts'
import { unusedColumns } from './unused-columns.ts'

/** Every check of data, one line each, in the order of the findings. */
export const dataChecks: readonly DataCheck[] = [
  labelSets,
  labelKind,
  emptyTexts,
  duplicates,
  nearDuplicates,
  conflictingLabels,
  tagScheme,
  answers,
  truncation,
  longSentences,
  unknownTokens,
  classBalance,
  unusedColumns,
  labelNoise,
]
