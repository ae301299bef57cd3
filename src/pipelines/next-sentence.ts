import { ConfigError } from '../core/errors.ts'
import type { SequenceEncoder } from '../data/encode-examples.ts'
import { nextSentenceLabels, requireSecondText } from '../data/next-sentence.ts'
import type { EncoderModel } from '../models/model.ts'
import { classResult } from './text-classification.ts'
import { type JudgedText, type TextPipeline, type TextPipelineOptions, textPipeline } from './text-pipeline.ts'

type NextSentenceLabel = (typeof nextSentenceLabels)[number]

export interface NextSentence extends JudgedText {
  /** Whether the second text follows the first. */
  label: NextSentenceLabel
  /** Probability of that. */
  score: number
  /** Probability of either. */
  scores: Record<NextSentenceLabel, number>
}

/** Judges one pair of texts or many. */
export type NextSentencePipeline = TextPipeline<NextSentence>

/**
 * Pair of texts in, whether the second follows the first out.
 *
 * ```ts
 * const follows = nextSentencePipeline(model, tokenizer)
 * await follows({ text: 'It rained.', textPair: 'We got wet.' }) // { text: …, textPair: …, label: 'isNext', score: 0.98, scores: … }
 * ```
 * @throws ConfigError for a model without this head; calls throw DataError for a text without a second one
 */
export function nextSentencePipeline(
  model: EncoderModel,
  tokenizer: SequenceEncoder,
  options: TextPipelineOptions = {},
): NextSentencePipeline {
  if (model.definition.head?.task !== 'next-sentence') {
    throw new ConfigError('TASK', `a ${model.className} does not predict next sentences`)
  }
  return textPipeline(model, tokenizer, options, (inputs) => {
    for (const [i, { textPair }] of inputs.entries()) requireSecondText(textPair, `text ${i + 1}`)
    return (logits) => classResult(logits, nextSentenceLabels)
  })
}
