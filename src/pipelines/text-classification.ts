import type { SequenceEncoder } from '../data/encode-examples.ts'
import type { EncoderModel } from '../models/model.ts'
import { argmaxRows, requireSingleLabel, softmaxRows } from '../training/tasks/predict.ts'
import { type JudgedText, type TextPipeline, type TextPipelineOptions, textPipeline } from './text-pipeline.ts'

export type { TextInput } from './text-pipeline.ts'

export interface TextClassification extends JudgedText {
  /** The most probable label. */
  label: string
  /** Its probability. */
  score: number
  /** Every label's probability. */
  scores: Record<string, number>
}

/** Classifies one text or many. */
export type TextClassificationPipeline = TextPipeline<TextClassification>

/**
 * Text in, label out.
 *
 * ```ts
 * const classify = textClassificationPipeline(model, tokenizer)
 * await classify('You have won a prize') // { text: 'You have won a prize', label: 'spam', score: 0.99, scores: { ham: 0.01, spam: 0.99 } }
 * ```
 * @throws ConfigError for a model of several labels a text or of numbers
 */
export function textClassificationPipeline(
  model: EncoderModel,
  tokenizer: SequenceEncoder,
  options: TextPipelineOptions = {},
): TextClassificationPipeline {
  requireSingleLabel(model)
  return textPipeline(model, tokenizer, options, () => (logits) => classResult(logits, model.config.labels))
}

/** The likeliest class and the probability of each. logits: float32 [C] */
export function classResult<Label extends string>(logits: Float32Array, labels: readonly Label[]) {
  const probabilities = softmaxRows(logits, labels.length)
  const [best] = argmaxRows(logits, labels.length)
  const scores = Object.fromEntries(labels.map((label, c) => [label, probabilities[c]])) as Record<Label, number>
  return { label: labels[best], score: probabilities[best], scores }
}
