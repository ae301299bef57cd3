/** The part of config.json that all models have in common; an architecture's own settings are read by the architecture. */
import { ConfigError } from '../core/errors.ts'
import { type JsonReader, jsonReader } from '../core/json-reader.ts'
import { type Logger, silentLogger } from '../core/logger.ts'
import type { ProblemType } from '../models/architecture.ts'
import { type LongTextSettings, windowPoolings } from '../models/long-texts.ts'

const problemTypes: readonly ProblemType[] = ['regression', 'single_label_classification', 'multi_label_classification']

/** What every config.json can say. */
export interface CommonConfig {
  /** Class names; the first is the one that was saved, e.g. `BertForSequenceClassification`. */
  readonly architectures: readonly string[]
  /** Model family, e.g. `bert`; null in very old files. */
  readonly modelType: string | null
  /** Names of the classes, in the order of their ids; default `LABEL_0`, `LABEL_1`. */
  readonly labels: readonly string[]
  /** How a sequence classifier's outputs are meant; null: regression for one label, one class of several otherwise. */
  readonly problemType: ProblemType | null
  /** How long texts are read, which transformers does not know: `bertsmith_long_texts`. null: they are cut. */
  readonly longTexts: LongTextSettings | null
  /** Element type of the stored weights, e.g. `float32`; the weight file itself decides. */
  readonly dtype: string | null
  /** Version of the library that wrote the file. */
  readonly transformersVersion: string | null
  /** Whether the language model's output matrix is the embedding matrix; default true. */
  readonly tieWordEmbeddings: boolean
}

/**
 * Reads the common keys of a config.json, as transformers 4 and 5 write them (`torch_dtype` and `dtype`, `num_labels` or
 * `id2label` alone).
 * @param where path of the file, for messages
 * @param logger is warned if `label2id` contradicts `id2label`, which decides as it does in transformers
 * @throws ConfigError naming file and key
 */
export function readCommonConfig(json: unknown, where: string, logger: Logger = silentLogger): CommonConfig {
  const reader = jsonReader(json, where)
  const dtype = reader.string('dtype', { default: null }) ?? reader.string('torch_dtype', { default: null })
  return {
    architectures: reader.strings('architectures', { default: null }) ?? [],
    modelType: reader.string('model_type', { default: null }),
    labels: readLabels(reader, logger),
    problemType: reader.oneOf('problem_type', problemTypes, { default: null }),
    longTexts: readLongTexts(reader),
    dtype: dtype === null ? null : dtype.replace(/^torch\./, ''),
    transformersVersion: reader.string('transformers_version', { default: null }),
    tieWordEmbeddings: reader.boolean('tie_word_embeddings', { default: true }),
  }
}

/**
 * The common keys as config.json holds them; what is null or absent is left out. Labels are left out if they are the two
 * that stand for none.
 */
export function writeCommonConfig(config: Partial<CommonConfig>): Record<string, unknown> {
  const { labels } = config
  const json = {
    architectures: config.architectures?.length ? config.architectures : undefined,
    model_type: config.modelType,
    ...(labels && !sameLabels(labels, defaultLabels(2)) ? writeLabels(labels) : {}),
    problem_type: config.problemType,
    [longTextsKey]: config.longTexts ? writeLongTexts(config.longTexts) : null,
    dtype: config.dtype,
    transformers_version: config.transformersVersion,
    tie_word_embeddings: config.tieWordEmbeddings,
  }
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined && value !== null))
}

/**
 * `id2label` with string keys and `label2id`, as config.json holds them.
 * @throws ConfigError `DUPLICATE_LABEL`
 */
export function writeLabels(labels: readonly string[]): {
  id2label: Record<string, string>
  label2id: Record<string, number>
} {
  const repeated = labels.find((label, id) => labels.indexOf(label) !== id)
  if (repeated !== undefined) throw new ConfigError('DUPLICATE_LABEL', `the label "${repeated}" comes twice`)
  return {
    id2label: Object.fromEntries(labels.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
  }
}

/** transformers leaves a key that it does not know as it is. */
export const longTextsKey = 'bertsmith_long_texts'

/** An unknown key is refused: what is not understood would be another model. */
function readLongTexts(reader: JsonReader): LongTextSettings | null {
  const json = reader.object(longTextsKey, { default: null })
  if (json === null) return null
  const own = jsonReader(json, `${reader.where}, ${longTextsKey}`)
  const pooling = own.oneOf('pooling', windowPoolings)
  const maxLength = own.integer('max_length', { min: 1 })
  const stride = own.integer('stride', { min: 0 })
  const maxWindows = own.integer('max_windows', { default: null, min: 1 })
  own.rejectUnknownKeys()
  return { pooling, maxLength, stride, ...(maxWindows !== null && { maxWindows }) }
}

const writeLongTexts = ({ pooling, maxLength, stride, maxWindows }: LongTextSettings): Record<string, unknown> => ({
  pooling,
  max_length: maxLength,
  stride,
  ...(maxWindows !== undefined && { max_windows: maxWindows }),
})

function readLabels(reader: JsonReader, logger: Logger): string[] {
  const id2label = reader.object('id2label', { default: null })
  const label2id = reader.object('label2id', { default: null })
  const count = reader.integer('num_labels', { default: null, min: 1 })
  if (id2label) {
    const labels = namesById(id2label, reader.where)
    if (count !== null && count !== labels.length) {
      throw new ConfigError(
        'LABELS',
        `${reader.where}: "num_labels" is ${count}, but "id2label" names ${labels.length} classes. Remove "num_labels" or correct it.`,
      )
    }
    const contradiction = Object.entries(label2id ?? {}).find(([label, id]) => labels[id as number] !== label)
    if (contradiction) {
      const [label, id] = contradiction
      logger.warn(
        `${reader.where}: "label2id" says ${JSON.stringify(label)} is ${id}, "id2label" says otherwise and is used`,
      )
    }
    return labels
  }
  if (label2id) {
    return namesById(
      Object.fromEntries(Object.entries(label2id).map(([label, id]) => [String(id), label])),
      reader.where,
      'label2id',
    )
  }
  return defaultLabels(count ?? 2)
}

/** Names in the order of their ids, which must be 0, 1, 2, … */
function namesById(record: Record<string, unknown>, where: string, key = 'id2label'): string[] {
  const size = Object.keys(record).length
  if (size === 0) throw new ConfigError('LABELS', `${where}: "${key}" names no class. Remove it or fill it.`)
  return Array.from({ length: size }, (_, id) => {
    const label = record[String(id)]
    if (typeof label === 'string') return label
    throw new ConfigError(
      'LABELS',
      `${where}: "${key}" must name each id from 0 to ${size - 1}, but ${id} ${label === undefined ? 'is missing' : 'has no string'}. Correct the file.`,
    )
  })
}

const defaultLabels = (count: number): string[] => Array.from({ length: count }, (_, id) => `LABEL_${id}`)

function sameLabels(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((label, i) => label === b[i])
}
