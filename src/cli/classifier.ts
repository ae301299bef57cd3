import { describeModel, loadModel } from '../checkpoints/node.ts'
import { ConfigError } from '../core/errors.ts'
import type { EncoderModel } from '../models/model.ts'
import { sequenceLimit } from '../models/sequence-limit.ts'
import { type TextClassificationPipeline, textClassificationPipeline } from '../pipelines/text-classification.ts'
import type { Tokenizer } from '../tokenizers/index.ts'
import { loadTokenizer } from '../tokenizers/node.ts'
import { modelFolder } from './inputs.ts'

/** A trained classifier, ready to use. */
export interface LoadedClassifier {
  folder: string
  model: EncoderModel
  tokenizer: Tokenizer
  labels: readonly string[]
  /** Tokens that texts are cut to. */
  maxLength: number
  /** Ends the model's engine with `classify.close()`. */
  classify: TextClassificationPipeline
}

/**
 * Loads what `--model`, `--max-length` and `--threads` say.
 * @throws ConfigError, CheckpointError or TokenizerError, before weights are read where that is possible
 */
export async function loadClassifier(values: {
  readonly model: string
  readonly maxLength?: number
  readonly threads?: number
}): Promise<LoadedClassifier> {
  const folder = await modelFolder(values.model)
  const { head, config, architecture } = await describeModel(folder)
  if (head?.task !== 'sequence-classification') {
    const name = `${architecture.classPrefix}${head?.classSuffix ?? 'Model'}`
    throw new ConfigError(
      'NO_CLASSIFIER',
      `${folder} holds a ${name}, which does not classify: fine-tune it first with bertsmith finetune --model ${folder}`,
    )
  }
  const tokenizer = await loadTokenizer(folder)
  const maxLength = sequenceLimit({ config }, tokenizer, values.maxLength)
  const model = await loadModel(folder, 'sequence-classification', { requireHead: true, threads: values.threads })
  const classify = textClassificationPipeline(model, tokenizer, { maxLength })
  return { folder, model, tokenizer, labels: model.config.labels, maxLength, classify }
}
