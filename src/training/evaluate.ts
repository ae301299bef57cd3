import type { EncodedSequence } from '../data/collator.ts'
import type { EncoderModel } from '../models/model.ts'
import { sequenceLimit } from '../models/sequence-limit.ts'
import type { Tokenizer } from '../tokenizers/index.ts'
import type { FinetuneTask, TaskPredictions } from './tasks/finetune-task.ts'
import type { PredictOptions } from './tasks/predict.ts'

/** A model, and labelled examples to run it on. */
export interface EvaluateModelOptions<TaskExample> extends Omit<PredictOptions, 'onProgress'> {
  model: EncoderModel
  tokenizer: Tokenizer
  examples: readonly TaskExample[]
  /** Longer texts are cut to so many tokens. Default: the smaller of the model's and the tokenizer's limit. */
  maxLength?: number
  /** Told how many sequences are done, and of how many. */
  onProgress?: (done: number, total: number) => void
}

/**
 * Runs a model on labelled examples.
 *
 * ```ts
 * const { predictions } = await evaluateModel(textClassification, { model, tokenizer, examples })
 * const metrics = textClassification.intervals(predictions, ['accuracy', 'f1'], 42)
 * ```
 * @returns what the model said, and how many texts were cut
 * @throws as the task's `check` and `encode`
 */
export async function evaluateModel<TaskExample, Item extends EncodedSequence, Predictions extends TaskPredictions>(
  task: FinetuneTask<TaskExample, Item, Predictions>,
  { model, tokenizer, examples, maxLength, onProgress, ...options }: EvaluateModelOptions<TaskExample>,
): Promise<{ predictions: Predictions; truncated: number }> {
  task.check(model, examples)
  const limit = sequenceLimit(model, tokenizer, maxLength)
  const { items, truncated } = task.encode(examples, { model, tokenizer, maxLength: limit })
  const predictions = await task.predict(model, items, {
    ...options,
    onProgress: (done) => onProgress?.(done, items.length),
  })
  return { predictions, truncated }
}
