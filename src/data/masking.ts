import { ConfigError, ShapeError } from '../core/errors.ts'
import type { RandomStream } from '../core/random.ts'
import { IGNORED_LABEL } from './collator.ts'

/** How to mask tokens. */
export interface MaskingOptions {
  /** Chance of each token that is not special to be predicted, in [0, 1]. Default 0.15. */
  probability?: number
  /** Id of `[MASK]`. */
  maskId: number
  /** Replacement tokens are drawn from [0, vocabSize). */
  vocabSize: number
  randomStream: RandomStream
}

/**
 * Masks tokens for masked language modelling: each token that is not special is chosen with `probability`; of those chosen,
 * 80 % become `[MASK]`, 10 % a random token, and 10 % stay. The input is not changed.
 *
 * Source: Devlin et al. 2018, section 3.1 and appendix A.1; tokens are chosen independently as in transformers'
 * `DataCollatorForLanguageModeling` (data_collator.py), so a short text may have none.
 * @returns `ids: int32 [length]` and `labels: int32 [length]`, the original id where chosen, -100 elsewhere
 * @throws ConfigError for a probability outside [0, 1]; ShapeError if the mask of special tokens has another length
 */
export function maskTokens(
  { ids, specialTokensMask }: { ids: Int32Array; specialTokensMask: ArrayLike<number> },
  { probability = 0.15, maskId, vocabSize, randomStream }: MaskingOptions,
): { ids: Int32Array; labels: Int32Array } {
  if (!(probability >= 0 && probability <= 1)) {
    throw new ConfigError('MASK_PROBABILITY', `expected a masking probability from 0 to 1, found ${probability}.`)
  }
  if (specialTokensMask.length !== ids.length) {
    throw new ShapeError(
      'SEQUENCE_LENGTH',
      `there are ${ids.length} ids but ${specialTokensMask.length} entries in the mask of special tokens.`,
    )
  }
  const masked = ids.slice()
  const labels = new Int32Array(ids.length).fill(IGNORED_LABEL)
  for (let t = 0; t < ids.length; t++) {
    if (specialTokensMask[t] !== 0 || randomStream.uniform() >= probability) continue
    labels[t] = ids[t]
    const kind = randomStream.uniform()
    if (kind < 0.8) masked[t] = maskId
    else if (kind < 0.9) masked[t] = randomStream.integer(vocabSize)
  }
  return { ids: masked, labels }
}
