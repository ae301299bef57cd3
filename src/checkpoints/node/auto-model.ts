import { join } from 'node:path'
import { CheckpointError, ConfigError } from '../../core/errors.ts'
import { type Logger, silentLogger } from '../../core/logger.ts'
import type { EncoderConfig, Head, ProblemType } from '../../models/architecture.ts'
import { type ModelDefinition, modelParameters } from '../../models/graphs.ts'
import { type LongTextSettings, longTexts } from '../../models/long-texts.ts'
import { type LoraConfig, loraConfig } from '../../models/lora.ts'
import { EncoderModel, type ModelOptions } from '../../models/model.ts'
import { windowAttention } from '../../models/pool-windows.ts'
import { findArchitecture, findHead, headOfClass } from '../../models/registry.ts'
import { createEngine } from '../../runtime/node/engine.ts'
import { type CommonConfig, longTextsKey, readCommonConfig } from '../hugging-face-config.ts'
import { openAdapter } from './adapter.ts'
import { CONFIG_FILE, readConfig } from './config-file.ts'
import { loadWeights } from './load-weights.ts'
import { savePretrained } from './save-pretrained.ts'

export interface LoadModelOptions extends ModelOptions {
  /**
   * Classes of the classifier, at least two, or names of the numbers of a regression; default those of the checkpoint. Another number starts a new classifier. As many
   * other names rename the trained one's classes, as in transformers, of which the logger is warned; its own names in another
   * order are refused.
   */
  labels?: readonly string[]
  /**
   * What a sequence classifier's outputs mean; default what config.json says, and if that says nothing, one label means
   * regression and several mean one class of them, as in transformers.
   */
  problemType?: ProblemType
  /**
   * How a sequence classifier reads texts that are longer than a window: in windows, whose vectors are pooled. Default what
   * config.json says, and else they are cut; null: they are cut. Attention over windows that is not in the folder starts fresh.
   */
  longTexts?: LongTextSettings | null
  /** Refuse a checkpoint without this head, rather than start a new one; default false. */
  requireHead?: boolean
  /** Start the head anew, as for another task, even if the checkpoint has tensors of its names and shapes; default false. */
  newHead?: boolean
  /**
   * Put new adapters on the model, which then are trained in place of its weights, with head and pooler; `{}` for peft's defaults.
   * They change nothing until they are trained.
   */
  lora?: Partial<LoraConfig>
  /** Folder of an adapter that goes on the model, as `saveAdapter` and Python's peft write it. */
  adapter?: string
  /** Told which parameters start fresh. */
  logger?: Logger
}

/** What is known of a model folder without loading its weights. */
export interface ModelDescription extends ModelDefinition {
  common: CommonConfig
}

/** Reads a folder's config.json. @param task the head to put on it, null for none; default the one it was saved with */
export async function describeModel(
  directory: string,
  task?: string | null,
  { labels, problemType, longTexts: given }: Pick<LoadModelOptions, 'labels' | 'problemType' | 'longTexts'> = {},
): Promise<ModelDescription> {
  const where = join(directory, CONFIG_FILE)
  const json = await readConfig(directory)
  const common = readCommonConfig(json, where)
  const architecture = findArchitecture(common.modelType, where)
  const read = architecture.readConfig(json, where, labels ?? common.labels)
  const head =
    task === undefined
      ? headOfClass(common.architectures[0], architecture.modelType)
      : headOf(task, architecture.modelType)
  const windows = given === undefined && head?.hasProblemType ? common.longTexts : given
  const config = {
    ...read,
    problemType: problemType ?? common.problemType ?? read.problemType,
    ...(windows && {
      longTexts: longTexts(windows, read.maxPositionEmbeddings, given ? undefined : `${where}, ${longTextsKey}`),
    }),
  }
  requireFittingHead(head, config)
  return { architecture, config, head, common }
}

/** @throws ConfigError `LONG_TEXTS` if windows are to be pooled that the head has no place for */
function requireFittingHead(head: Head | undefined, config: EncoderConfig): void {
  if (!config.longTexts || head?.hasProblemType) return
  throw new ConfigError(
    'LONG_TEXTS',
    `longTexts is for sequence classification, not for ${head?.task ?? 'a model without a head'}: ` +
      'token classification and question answering read long texts in windows by themselves; leave it out',
  )
}

/** The head that is meant by its task's name, itself, or null for none. */
const headOf = (task: string | Head | null, modelType: string): Head | undefined =>
  typeof task === 'string' ? findHead(task, modelType) : (task ?? undefined)

/**
 * Loads a model folder as transformers writes it. The encoder must match tensor by tensor; a head that the folder lacks,
 * or has for another number of classes, starts fresh and is reported to the logger.
 * @param task the head to put on it, null for none; default the one it was saved with
 * @throws CheckpointError listing every missing, unexpected and mis-shaped tensor; ConfigError for a config.json, labels or
 * adapters that cannot be used
 */
export async function loadModel(
  directory: string,
  task?: string | null,
  {
    labels,
    problemType,
    longTexts,
    requireHead = false,
    newHead = false,
    lora,
    adapter: adapterFolder,
    logger = silentLogger,
    ...options
  }: LoadModelOptions = {},
): Promise<EncoderModel> {
  const { architecture, config, head, common } = await describeModel(directory, task, {
    labels,
    problemType,
    longTexts: newHead ? (longTexts ?? null) : longTexts,
  })
  if (!common.tieWordEmbeddings && head?.labelsAreTokens) {
    throw new CheckpointError(
      'UNTIED_EMBEDDINGS',
      `${directory}: tie_word_embeddings is false, so the output matrix is not the embeddings', which is not supported. ` +
        'Use a checkpoint with tied embeddings.',
    )
  }
  requireClasses(head, config, directory)
  if (requireHead && newHead) throw new ConfigError('NEW_HEAD', 'requireHead and newHead contradict each other')
  if (lora && adapterFolder !== undefined) {
    throw new ConfigError('LORA', 'lora puts new adapters on a model and adapter trained ones: give one of the two')
  }
  const prefix = `${architecture.prefix}.`
  const isEncoder = (name: string) => name.startsWith(prefix) && !name.startsWith(`${prefix}pooler.`)
  const plain = { architecture, config, head }
  const adapter = adapterFolder === undefined ? undefined : await openAdapter(adapterFolder, plain)
  const isNeeded = (name: string) => requireHead && !adapter?.has(name)
  let fresh: readonly string[] = []
  const fill = async (created: EncoderModel) => {
    const wanted = modelParameters(plain).filter(({ name }) => !newHead || name.startsWith(prefix))
    const report = await loadWeights(directory, wanted, {
      prefix,
      write: (name, values) => created.setParameter(name, values),
      ignorable: architecture.ignorableTensors,
      mayBeMissing: (name) => !isNeeded(name) && !isEncoder(name),
      mayBeUnexpected: (name) => !isEncoder(name),
      mayBeMismatched: (name) => !isNeeded(name) && !isEncoder(name),
    })
    const loaded = new Set(report.loaded)
    // Told by the weights: an older config.json does not say which head they have.
    const isClassifier = (name: string) => !name.startsWith(prefix) && !name.startsWith(windowAttention)
    const hasTrainedHead = created.parameters.every(({ name }) => !isClassifier(name) || loaded.has(name))
    if (hasTrainedHead && !adapter) {
      if (labels && head?.leastClasses) checkLabels(labels, common.labels, directory, logger)
      if (head?.hasProblemType) warnOfOtherMeaning(config.problemType, common, directory, logger)
    }
    for (const name of (await adapter?.load(created, (name) => !isEncoder(name))) ?? []) loaded.add(name)
    fresh = report.newlyInitialised.filter((name) => !loaded.has(name))
    return loaded
  }
  const definition = { ...plain, lora: adapter?.lora ?? (lora && loraConfig({ base: directory, ...lora })) }
  const model = await EncoderModel.create(definition, createEngine, { ...options, save: savePretrained }, fill).finally(
    () => adapter?.close(),
  )
  if (fresh.length > 0)
    logger.info(`${directory} has no weights for ${fresh.join(', ')}: they start fresh and need training`)
  if (newHead) {
    const names = model.parameters.flatMap(({ name }) => (name.startsWith(prefix) || adapter?.has(name) ? [] : [name]))
    logger.info(`the head starts fresh and needs training, whatever ${directory} has of it: ${names.sort().join(', ')}`)
  }
  return model
}

function requireClasses(head: Head | undefined, config: EncoderConfig, where: string): void {
  const { labels } = config
  const least = head?.leastClasses?.(config) ?? 0
  if (labels.length >= least) return
  const needed = least === 1 ? 'a label' : 'two labels or more'
  const found = labels.length === 0 ? 'none' : `only "${labels[0]}"`
  const otherwise =
    head?.hasProblemType && labels.length === 1 ? '; for one number a text it is problemType "regression"' : ''
  throw new ConfigError('ONE_LABEL', `${where}: a classifier needs ${needed}, there is ${found}${otherwise}`)
}

/** A trained classifier's outputs were trained for one meaning. */
function warnOfOtherMeaning(type: ProblemType, { problemType }: CommonConfig, directory: string, logger: Logger): void {
  if (problemType === null || problemType === type) return
  logger.warn(
    `${directory}: the classifier was trained for problem_type "${problemType}" and is taken for "${type}": it needs training first`,
  )
}

/** The trained classifier's rows belong to its own labels, in their order. */
function checkLabels(given: readonly string[], known: readonly string[], directory: string, logger: Logger): void {
  if (given.length !== known.length || given.every((label, i) => label === known[i])) return
  const list = (labels: readonly string[]) => labels.slice(0, 10).join(', ')
  if (given.every((label) => known.includes(label))) {
    throw new ConfigError(
      'LABEL_ORDER',
      `${directory}: the classifier was trained with the labels in the order ${list(known)}, not ${list(given)}: give them ` +
        'in that order, or leave them out',
    )
  }
  logger.warn(
    `${directory}: the trained classifier for ${list(known)} is taken, with the names ${list(given)}: right if they are new ` +
      'names of the same classes; for other classes it needs training first',
  )
}

/** A new model with random weights. @param task a task's name, or a head; null for none */
export function createModel(
  task: string | Head | null,
  modelType: string,
  config: EncoderConfig,
  options: ModelOptions = {},
): Promise<EncoderModel> {
  const definition = {
    architecture: findArchitecture(modelType, 'the config'),
    config,
    head: headOf(task, modelType),
  }
  requireClasses(definition.head, config, 'the config')
  requireFittingHead(definition.head, config)
  return EncoderModel.create(definition, createEngine, { ...options, save: savePretrained })
}

/** A family of model classes, under the names that readers of transformers know. */
export interface AutoModel {
  fromPretrained(directory: string, options?: LoadModelOptions): Promise<EncoderModel>
  /** Random weights. */
  fromConfig(config: EncoderConfig, options?: ModelOptions): Promise<EncoderModel>
}

const autoModel = (task: string | null): AutoModel => ({
  fromPretrained: (directory, options) => loadModel(directory, task, options),
  fromConfig: (config, options) => createModel(task, config.modelType, config, options),
})

/** The encoder without a head: vectors of tokens. */
export const AutoModel: AutoModel = autoModel(null)
export const AutoModelForSequenceClassification = autoModel('sequence-classification')
export const AutoModelForTokenClassification = autoModel('token-classification')
export const AutoModelForQuestionAnswering = autoModel('question-answering')
export const AutoModelForMultipleChoice = autoModel('multiple-choice')
export const AutoModelForNextSentencePrediction = autoModel('next-sentence')
export const AutoModelForMaskedLM = autoModel('masked-lm')
