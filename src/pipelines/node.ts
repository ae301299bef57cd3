import { describeModel, loadModel } from '../checkpoints/node.ts'
import { ConfigError, didYouMean } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { sequenceLimit } from '../models/sequence-limit.ts'
import type { EngineOptions } from '../runtime/engine.ts'
import { loadTokenizer } from '../tokenizers/node.ts'
import { requireSingleLabel } from '../training/tasks/predict.ts'
import { type FillMaskPipeline, fillMaskPipeline } from './fill-mask.ts'
import { type TextClassificationPipeline, textClassificationPipeline } from './text-classification.ts'

export interface PipelineOptions extends EngineOptions {
  /**
   * Longer texts are cut to so many tokens. Default: the smaller of the model's and the tokenizer's limit; `fill-mask`
   * refuses texts that are longer than the model takes.
   */
  maxLength?: number
  /** Told what a pipeline had to replace. */
  logger?: Logger
}

/** Pipelines by task, one line each. */
interface Pipelines {
  'text-classification': TextClassificationPipeline
  'fill-mask': FillMaskPipeline
}

const makers: { [Task in keyof Pipelines]: (directory: string, options: PipelineOptions) => Promise<Pipelines[Task]> } =
  {
    'text-classification': async (directory, { maxLength, ...options }) => {
      const tokenizer = await loadTokenizer(directory)
      const description = await describeModel(directory)
      const limit = sequenceLimit(description, tokenizer, maxLength)
      requireSingleLabel(description)
      const model = await loadModel(directory, 'sequence-classification', { ...options, requireHead: true })
      return textClassificationPipeline(model, tokenizer, { maxLength: limit })
    },
    'fill-mask': async (directory, { maxLength, ...options }) => {
      const tokenizer = await loadTokenizer(directory)
      sequenceLimit(await describeModel(directory), tokenizer, maxLength)
      // A checkpoint of the pre-training head has this one's weights too.
      const model = await loadModel(directory, 'masked-lm', { ...options, requireHead: true })
      return fillMaskPipeline(model, tokenizer, { maxLength, logger: options.logger })
    },
  }

/** Other names of tasks that readers of transformers know. */
const aliases: Readonly<Record<string, keyof Pipelines>> = { 'sentiment-analysis': 'text-classification' }

/**
 * Text in, typed result out, from a model folder.
 *
 * ```ts
 * const classify = await pipeline('text-classification', 'out/quickstart/classifier')
 * console.log(await classify('You have won a prize'))
 * await classify.close()
 * ```
 * @throws ConfigError for an unknown task; CheckpointError if the folder holds no such model
 */
export function pipeline<Task extends keyof Pipelines>(
  task: Task,
  directory: string,
  options?: PipelineOptions,
): Promise<Pipelines[Task]>
export function pipeline(
  task: 'sentiment-analysis',
  directory: string,
  options?: PipelineOptions,
): Promise<TextClassificationPipeline>
export async function pipeline(task: string, directory: string, options: PipelineOptions = {}): Promise<unknown> {
  const make = makers[(aliases[task] ?? task) as keyof Pipelines]
  if (!make) {
    const known = [...Object.keys(makers), ...Object.keys(aliases)]
    throw new ConfigError('TASK', `unknown pipeline "${task}"${didYouMean(task, known)} (known: ${known.join(', ')})`)
  }
  return make(directory, options)
}
