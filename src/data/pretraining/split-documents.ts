import { ConfigError, DataError } from '../../core/errors.ts'
import { randomStream } from '../../core/random.ts'
import { documentCount, type TokenStore } from './token-store.ts'

/** How to hold text out. */
export interface SplitDocumentsOptions {
  /** Share of the documents to hold out, in (0, 1). */
  evaluationShare: number
  seed: number
}

/**
 * Holds whole documents out at random for evaluation, at least one and not all.
 * @returns numbers of documents, ascending: `training: uint32 [D1]`, `evaluation: uint32 [D2]`
 * @throws ConfigError for a share outside (0, 1); DataError `ONE_DOCUMENT` if there is only one
 */
export function splitDocuments(
  store: Pick<TokenStore, 'documentStarts'>,
  { evaluationShare, seed }: SplitDocumentsOptions,
): { training: Uint32Array; evaluation: Uint32Array } {
  requireEvaluationShare(evaluationShare)
  const count = documentCount(store)
  if (count < 2) {
    throw new DataError(
      'ONE_DOCUMENT',
      'cannot hold a document out for evaluation of a corpus of one: separate documents by a blank line, or take each of several ' +
        'files as one (--documents file).',
    )
  }
  const order = randomStream(seed, 'held-out').shuffle(Uint32Array.from({ length: count }, (_, document) => document))
  const held = Math.max(1, Math.min(count - 1, Math.round(count * evaluationShare)))
  return { training: order.slice(held).sort(), evaluation: order.slice(0, held).sort() }
}

/** @param name of the setting, for messages @throws ConfigError `EVALUATION_SHARE` for a share outside (0, 1) */
export function requireEvaluationShare(share: number, name = 'evaluationShare'): void {
  if (share > 0 && share < 1) return
  throw new ConfigError('EVALUATION_SHARE', `${name} must be above 0 and below 1, not ${share}`)
}
