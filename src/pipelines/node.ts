import type { ModelDescription } from '../checkpoints/node/auto-model.ts'
import { describeModel, loadModel } from '../checkpoints/node.ts'
import { ConfigError, didYouMean } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { EncodeQuestionsOptions } from '../data/question-answering/index.ts'
import type { EncoderModel } from '../models/model.ts'
import { sequenceLimit } from '../models/sequence-limit.ts'
import type { EngineOptions } from '../runtime/engine.ts'
import type { Tokenizer } from '../tokenizers/index.ts'
import { loadTokenizer } from '../tokenizers/node.ts'
import { requireProblemType, requireSingleLabel } from '../training/tasks/predict.ts'
import { requireOneNumber } from '../training/tasks/regression.ts'
import {
  type FeatureExtractionPipeline,
  type FeatureExtractionPipelineOptions,
  featureExtractionPipeline,
} from './feature-extraction.ts'
import { type FillMaskPipeline, fillMaskPipeline } from './fill-mask.ts'
import {
  type MultiLabelClassificationPipeline,
  multiLabelClassificationPipeline,
} from './multi-label-classification.ts'
import { type MultipleChoicePipeline, multipleChoicePipeline } from './multiple-choice.ts'
import { type NextSentencePipeline, nextSentencePipeline } from './next-sentence.ts'
import { type QuestionAnsweringPipeline, questionAnsweringPipeline } from './question-answering.ts'
import { type RegressionPipeline, regressionPipeline } from './regression.ts'
import { type TextClassificationPipeline, textClassificationPipeline } from './text-classification.ts'
import {
  type TokenClassificationPipeline,
  type TokenClassificationPipelineOptions,
  tokenClassificationPipeline,
} from './token-classification.ts'

export interface PipelineOptions extends EngineOptions {
  /**
   * Longer texts are cut to so many tokens. Default: the smaller of the model's and the tokenizer's limit; `fill-mask`
   * refuses texts that are longer than the model takes; `token-classification`, `question-answering`, `feature-extraction` and
   * classifiers with `longTexts` read longer ones in windows.
   */
  maxLength?: number
  /** Told what a pipeline had to replace. */
  logger?: Logger
}

/** How windows of longer texts overlap, and how words get their tags. */
export type TokenPipelineOptions = PipelineOptions & Omit<TokenClassificationPipelineOptions, 'maxLength'>

/** How windows of contexts overlap, and what questions are cut to. */
export type QuestionPipelineOptions = PipelineOptions & Omit<EncodeQuestionsOptions, 'maxLength'>

/** How longer texts are read. */
export type FeaturePipelineOptions = PipelineOptions & Omit<FeatureExtractionPipelineOptions, 'maxLength'>

/** Pipelines by task, one line each. */
interface Pipelines {
  'text-classification': TextClassificationPipeline
  regression: RegressionPipeline
  'multi-label-classification': MultiLabelClassificationPipeline
  'next-sentence': NextSentencePipeline
  'multiple-choice': MultipleChoicePipeline
  'token-classification': TokenClassificationPipeline<EncoderModel>
  'question-answering': QuestionAnsweringPipeline<EncoderModel>
  'fill-mask': FillMaskPipeline
  'feature-extraction': FeatureExtractionPipeline
}

/** The options of tasks that have some of their own. */
interface TaskOptions {
  'token-classification': TokenPipelineOptions
  'question-answering': QuestionPipelineOptions
  'feature-extraction': FeaturePipelineOptions
}

type OptionsOf<Task> = Task extends keyof TaskOptions ? TaskOptions[Task] : PipelineOptions

/** Longest window of question and context, where the model takes as much. */
const questionWindow = 384

const makers: { [Task in keyof Pipelines]: (directory: string, options: OptionsOf<Task>) => Promise<Pipelines[Task]> } =
  {
    'text-classification': async (directory, options) => {
      const [model, ...rest] = await load(directory, 'sequence-classification', options, requireSingleLabel)
      return textClassificationPipeline(model, ...rest)
    },
    regression: async (directory, options) => {
      const [model, ...rest] = await load(directory, 'sequence-classification', options, requireOneNumber)
      return regressionPipeline(model, ...rest)
    },
    'multi-label-classification': async (directory, options) => {
      const [model, ...rest] = await load(directory, 'sequence-classification', options, (description) =>
        requireProblemType(description, 'multi_label_classification'),
      )
      return multiLabelClassificationPipeline(model, ...rest)
    },
    // A checkpoint of the pre-training head has this one's weights too.
    'next-sentence': async (directory, options) =>
      nextSentencePipeline(...(await load(directory, 'next-sentence', options))),
    'multiple-choice': async (directory, options) =>
      multipleChoicePipeline(...(await load(directory, 'multiple-choice', options))),
    'token-classification': async (directory, { stride, scheme, aggregation, ...options }) => {
      const [model, tokenizer, limit] = await load(directory, 'token-classification', options)
      return tokenClassificationPipeline(model, tokenizer, { ...limit, stride, scheme, aggregation })
    },
    'question-answering': async (directory, { stride, maxQuestionLength, ...options }) => {
      const [model, tokenizer, { maxLength }] = await load(directory, 'question-answering', options)
      const window = options.maxLength ?? Math.min(maxLength, questionWindow)
      return questionAnsweringPipeline(model, tokenizer, { maxLength: window, stride, maxQuestionLength })
    },
    'fill-mask': async (directory, { maxLength, ...options }) => {
      const tokenizer = await loadTokenizer(directory)
      sequenceLimit(await describeModel(directory), tokenizer, maxLength)
      // A checkpoint of the pre-training head has this one's weights too.
      const model = await loadModel(directory, 'masked-lm', { ...options, requireHead: true })
      return fillMaskPipeline(model, tokenizer, { maxLength, logger: options.logger })
    },
    // Any folder has an encoder; a pooler that it lacks is not used.
    'feature-extraction': async (directory, { maxLength, longTexts, logger: _, ...options }) => {
      const tokenizer = await loadTokenizer(directory)
      const limit = sequenceLimit(await describeModel(directory, null), tokenizer, maxLength)
      const model = await loadModel(directory, null, options)
      return featureExtractionPipeline(model, tokenizer, { maxLength: limit, longTexts })
    },
  }

/** A model, its tokenizer, and the length that fits both. @param check what is known before the weights are read */
async function load(
  directory: string,
  head: string,
  { maxLength, ...options }: PipelineOptions,
  check: (description: ModelDescription) => void = () => {},
): Promise<[EncoderModel, Tokenizer, { maxLength: number }]> {
  const tokenizer = await loadTokenizer(directory)
  const description = await describeModel(directory)
  const limit = sequenceLimit(description, tokenizer, maxLength)
  check(description)
  return [await loadModel(directory, head, { ...options, requireHead: true }), tokenizer, { maxLength: limit }]
}

/** What `pipeline` makes, under the names of its own. */
export const pipelineNames: readonly string[] = Object.keys(makers)

/** Other names of tasks that readers of transformers know. */
const aliases: Readonly<Record<string, keyof Pipelines>> = {
  'sentiment-analysis': 'text-classification',
  ner: 'token-classification',
}

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
  options?: OptionsOf<Task>,
): Promise<Pipelines[Task]>
export function pipeline(
  task: 'sentiment-analysis',
  directory: string,
  options?: PipelineOptions,
): Promise<TextClassificationPipeline>
export function pipeline(
  task: 'ner',
  directory: string,
  options?: TokenPipelineOptions,
): Promise<TokenClassificationPipeline<EncoderModel>>
export async function pipeline(task: string, directory: string, options: PipelineOptions = {}): Promise<unknown> {
  const make = makers[(aliases[task] ?? task) as 'text-classification']
  if (!make) {
    const known = [...pipelineNames, ...Object.keys(aliases)]
    throw new ConfigError('TASK', `unknown pipeline "${task}"${didYouMean(task, known)} (known: ${known.join(', ')})`)
  }
  return make(directory, options)
}
