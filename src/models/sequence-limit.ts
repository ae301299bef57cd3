import { ConfigError } from '../core/errors.ts'
import type { EncoderConfig } from './architecture.ts'
import type { LongTexts } from './long-texts.ts'

/**
 * The number of tokens to cut texts to, or that a window has.
 * @param wanted default: that of the model's windows, or else the smaller of the model's and the tokenizer's limit
 * @throws ConfigError if the model cannot take so many or has windows of another length, or the tokenizer makes ids that the model
 * does not have
 */
export function sequenceLimit(
  model: { config: Pick<EncoderConfig, 'maxPositionEmbeddings' | 'vocabSize' | 'longTexts'> },
  tokenizer: { vocabSize: number; maxLength?: number },
  wanted?: number,
): number {
  const { maxPositionEmbeddings, vocabSize, longTexts } = model.config
  if (tokenizer.vocabSize > vocabSize) {
    throw new ConfigError(
      'VOCABULARY_SIZE',
      `the tokenizer has ${tokenizer.vocabSize} tokens, the model ${vocabSize}: use the tokenizer that belongs to the model`,
    )
  }
  if (longTexts) return windowLength(longTexts, wanted)
  if (wanted === undefined) return Math.min(maxPositionEmbeddings, tokenizer.maxLength ?? Number.POSITIVE_INFINITY)
  if (Number.isInteger(wanted) && wanted >= 3 && wanted <= maxPositionEmbeddings) return wanted
  throw new ConfigError(
    'MAX_LENGTH',
    `maxLength must be a whole number from 3 to ${maxPositionEmbeddings}, the model's limit, not ${wanted}`,
  )
}

/** Tokens of a window. @throws ConfigError `LONG_TEXTS` if others are wanted */
export function windowLength({ maxLength }: Pick<LongTexts, 'maxLength'>, wanted?: number): number {
  if (wanted === undefined || wanted === maxLength) return maxLength
  throw new ConfigError(
    'LONG_TEXTS',
    `the model reads long texts in windows of ${maxLength} tokens, not ${wanted}: leave maxLength out, or train it anew with ` +
      'other longTexts',
  )
}
