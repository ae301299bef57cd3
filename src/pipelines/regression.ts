import type { SequenceEncoder } from '../data/encode-examples.ts'
import type { EncoderModel } from '../models/model.ts'
import { requireOneNumber } from '../training/tasks/regression.ts'
import { type JudgedText, type TextPipeline, type TextPipelineOptions, textPipeline } from './text-pipeline.ts'

export interface RegressionValue extends JudgedText {
  /** On the scale of the training data. */
  value: number
}

/** Gives one text or many a number. */
export type RegressionPipeline = TextPipeline<RegressionValue>

/**
 * Text or pair of texts in, number out.
 *
 * ```ts
 * const similarity = regressionPipeline(model, tokenizer)
 * await similarity({ text: 'A man plays.', textPair: 'A man is playing.' }) // { text: …, textPair: …, value: 4.6 }
 * ```
 * @throws ConfigError for a model that is no regression, or of several numbers
 */
export function regressionPipeline(
  model: EncoderModel,
  tokenizer: SequenceEncoder,
  options: TextPipelineOptions = {},
): RegressionPipeline {
  requireOneNumber(model)
  return textPipeline(model, tokenizer, options, () => ([value]) => ({ value }))
}
