import type { SequenceEncoder } from '../data/encode-examples.ts'
import { encodeExamples } from '../data/encode-examples.ts'
import type { EncoderModel } from '../models/model.ts'
import {
  argmaxRows,
  classificationLogits,
  type PredictOptions,
  requireSingleLabel,
  softmaxRows,
} from '../training/tasks/predict.ts'

/** A text, or a pair of texts that are judged together. */
export type TextInput = string | { text: string; textPair?: string }

export interface TextClassification {
  text: string
  textPair?: string
  /** The most probable label. */
  label: string
  /** Its probability. */
  score: number
  /** Every label's probability. */
  scores: Record<string, number>
}

/** Classifies one text or many. */
export interface TextClassificationPipeline {
  (input: TextInput): Promise<TextClassification>
  (inputs: readonly TextInput[], options?: PredictOptions): Promise<TextClassification[]>
  readonly model: EncoderModel
  /** Ends the model's engine. */
  close(): Promise<void>
}

/**
 * Text in, label out.
 *
 * ```ts
 * const classify = textClassificationPipeline(model, tokenizer)
 * await classify('You have won a prize') // { text: 'You have won a prize', label: 'spam', score: 0.99, scores: { ham: 0.01, spam: 0.99 } }
 * ```
 * @param maxLength longer texts are cut to so many tokens; default what the model takes
 * @throws ConfigError for a model of several labels a text or of numbers
 */
export function textClassificationPipeline(
  model: EncoderModel,
  tokenizer: SequenceEncoder,
  { maxLength = model.config.maxPositionEmbeddings }: { maxLength?: number } = {},
): TextClassificationPipeline {
  requireSingleLabel(model)
  const { labels } = model.config
  async function classify(input: TextInput | readonly TextInput[], options: PredictOptions = {}) {
    const many = Array.isArray(input)
    const inputs = (many ? (input as readonly TextInput[]) : [input as TextInput]).map((each) =>
      typeof each === 'string' ? { text: each } : each,
    )
    const logits = await classificationLogits(model, encodeExamples(inputs, tokenizer, { maxLength }), options)
    const probabilities = softmaxRows(logits, labels.length)
    const best = argmaxRows(logits, labels.length)
    const results = inputs.map(({ text, textPair }, i): TextClassification => {
      const row = probabilities.subarray(i * labels.length, (i + 1) * labels.length)
      return {
        text,
        ...(textPair !== undefined && { textPair }),
        label: labels[best[i]],
        score: row[best[i]],
        scores: Object.fromEntries(labels.map((label, c) => [label, row[c]])),
      }
    })
    return many ? results : results[0]
  }
  return Object.assign(classify as TextClassificationPipeline, { model, close: () => model.close() })
}
