import type { SequenceEncoder } from '../data/encode-examples.ts'
import type { EncoderModel } from '../models/model.ts'
import { labelThresholds, type Threshold } from '../training/tasks/label-thresholds.ts'
import { type PredictOptions, requireProblemType, sigmoids } from '../training/tasks/predict.ts'
import { type JudgedText, type TextPipeline, type TextPipelineOptions, textPipeline } from './text-pipeline.ts'

/** A label and the probability that it holds. */
export interface ScoredLabel {
  label: string
  score: number
}

export interface MultiLabelClassification extends JudgedText {
  /** The labels whose probability reaches the threshold, the likeliest first; may be none. */
  labels: ScoredLabel[]
  /** Every label's probability; they do not add up to 1. */
  scores: Record<string, number>
}

export interface MultiLabelPipelineOptions extends PredictOptions {
  /** From which probability on a label is given: for all labels, or by name; default 0.5. */
  threshold?: Threshold
}

/** Labels one text or many. */
export type MultiLabelClassificationPipeline = TextPipeline<MultiLabelClassification, MultiLabelPipelineOptions>

/**
 * Text in, any number of labels out.
 *
 * ```ts
 * const label = multiLabelClassificationPipeline(model, tokenizer)
 * const { labels } = await label('Rates rise, shares fall', { threshold: 0.3 }) // [{ label: 'economy', score: 0.97 }, …]
 * ```
 * @throws ConfigError for a model of another problem_type; calls throw it for a threshold that cannot be
 */
export function multiLabelClassificationPipeline(
  model: EncoderModel,
  tokenizer: SequenceEncoder,
  options: TextPipelineOptions = {},
): MultiLabelClassificationPipeline {
  requireProblemType(model, 'multi_label_classification')
  const names = model.config.labels
  return textPipeline(model, tokenizer, options, (_, { threshold }) => {
    const thresholds = labelThresholds(names, threshold)
    return (logits) => {
      const probabilities = sigmoids(logits)
      const all = names.map((label, c) => ({ label, score: probabilities[c] }))
      return {
        labels: all.filter(({ score }, c) => score >= thresholds[c]).sort((a, b) => b.score - a.score),
        scores: Object.fromEntries(all.map(({ label, score }) => [label, score])),
      }
    }
  })
}
