import { ConfigError } from '../core/errors.ts'
import type { EncoderConfig } from './architecture.ts'

/**
 * The number of tokens to cut texts to.
 * @param wanted default: the smaller of the model's and the tokenizer's limit
 * @throws ConfigError if the model cannot take so many, or the tokenizer makes ids that the model does not have
 */
export function sequenceLimit(
  model: { config: Pick<EncoderConfig, 'maxPositionEmbeddings' | 'vocabSize'> },
  tokenizer: { vocabSize: number; maxLength?: number },
  wanted?: number,
): number {
  const { maxPositionEmbeddings, vocabSize } = model.config
  if (tokenizer.vocabSize > vocabSize) {
    throw new ConfigError(
      'VOCABULARY_SIZE',
      `the tokenizer has ${tokenizer.vocabSize} tokens, the model ${vocabSize}: use the tokenizer that belongs to the model`,
    )
  }
  if (wanted === undefined) return Math.min(maxPositionEmbeddings, tokenizer.maxLength ?? Number.POSITIVE_INFINITY)
  if (Number.isInteger(wanted) && wanted >= 3 && wanted <= maxPositionEmbeddings) return wanted
  throw new ConfigError(
    'MAX_LENGTH',
    `maxLength must be a whole number from 3 to ${maxPositionEmbeddings}, the model's limit, not ${wanted}`,
  )
}
