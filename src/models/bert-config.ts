import { ConfigError, didYouMean } from '../core/errors.ts'
import { jsonReader } from '../core/json-reader.ts'
import { defaultProblemType, type ProblemType } from './architecture.ts'
import { activation } from './layers.ts'
import { type LongTextSettings, longTexts } from './long-texts.ts'
import type { TransformerConfig } from './transformer-encoder.ts'

/** config.json of a BERT model, in TypeScript's case. */
export interface BertConfig extends TransformerConfig {
  readonly modelType: 'bert'
  /** Dropout in front of the classifier; null: as hiddenDropoutProb. */
  readonly classifierDropout: number | null
}

/** The defaults of the paper's base model. */
const defaults: BertConfig = {
  modelType: 'bert',
  vocabSize: 30522,
  hiddenSize: 768,
  numHiddenLayers: 12,
  numAttentionHeads: 12,
  intermediateSize: 3072,
  hiddenAct: 'gelu',
  hiddenDropoutProb: 0.1,
  attentionProbsDropoutProb: 0.1,
  maxPositionEmbeddings: 512,
  typeVocabSize: 2,
  initializerRange: 0.02,
  layerNormEps: 1e-12,
  padTokenId: 0,
  classifierDropout: null,
  labels: ['LABEL_0', 'LABEL_1'],
  problemType: 'single_label_classification',
}

const problemTypes: readonly ProblemType[] = ['regression', 'single_label_classification', 'multi_label_classification']

/** Layers and hidden size of the paper's models and the published miniatures (Turc et al. 2019). */
const sizes = {
  tiny: [2, 128],
  mini: [4, 256],
  small: [4, 512],
  medium: [8, 512],
  base: [12, 768],
  large: [24, 1024],
} as const

export type BertSize = keyof typeof sizes
export const bertSizes = Object.keys(sizes) as BertSize[]

/** A configuration before its defaults are filled in. */
export interface BertSettings extends Partial<Omit<BertConfig, 'longTexts'>> {
  readonly size?: BertSize
  readonly longTexts?: LongTextSettings
}

/** Completes and checks a BERT configuration. @throws ConfigError naming the setting */
export function bertConfig(settings: BertSettings = {}): BertConfig {
  const { size, longTexts: windows, ...rest } = settings
  requireKnownSettings(rest)
  // A setting that is undefined has its default.
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  const [layers, hidden] = sizes[size ?? 'base'] ?? unknownSize(size)
  const preset = {
    numHiddenLayers: layers,
    hiddenSize: hidden,
    numAttentionHeads: hidden / 64,
    intermediateSize: 4 * hidden,
  }
  const problemType = defaultProblemType(settings.labels ?? defaults.labels)
  const config: BertConfig = { ...defaults, ...preset, problemType, ...given }
  for (const key of [
    'vocabSize',
    'hiddenSize',
    'numHiddenLayers',
    'numAttentionHeads',
    'intermediateSize',
    'maxPositionEmbeddings',
    'typeVocabSize',
  ] as const) {
    if (!Number.isInteger(config[key]) || config[key] < 1) {
      throw new ConfigError('CONFIG_VALUE', `${key} must be a whole number of at least 1, not ${config[key]}`)
    }
  }
  for (const key of ['hiddenDropoutProb', 'attentionProbsDropoutProb', 'classifierDropout'] as const) {
    const p = config[key]
    if (p !== null && !(typeof p === 'number' && p >= 0 && p < 1)) {
      const found = typeof p === 'string' ? JSON.stringify(p) : p
      throw new ConfigError('CONFIG_VALUE', `${key} must be a number of at least 0 and below 1, not ${found}`)
    }
  }
  if (config.hiddenSize % config.numAttentionHeads !== 0) {
    throw new ConfigError(
      'HEADS',
      `hiddenSize ${config.hiddenSize} is not divisible by numAttentionHeads ${config.numAttentionHeads}: choose a multiple`,
    )
  }
  activation(config.hiddenAct)
  if (!problemTypes.includes(config.problemType)) {
    const found = JSON.stringify(config.problemType)
    throw new ConfigError('CONFIG_VALUE', `problemType must be one of ${problemTypes.join(', ')}, not ${found}`)
  }
  return windows ? { ...config, longTexts: longTexts(windows, config.maxPositionEmbeddings) } : config
}

/** @param more what another architecture has besides @throws ConfigError naming a setting that there is not */
export function requireKnownSettings(settings: object, more: readonly string[] = []): void {
  const known = [...Object.keys(defaults), 'size', 'longTexts', ...more]
  for (const key of Object.keys(settings)) {
    if (!known.includes(key)) throw new ConfigError('CONFIG_KEY', `unknown setting "${key}"${didYouMean(key, known)}`)
  }
}

function unknownSize(size: unknown): never {
  throw new ConfigError('SIZE', `unknown size "${size}"; known: ${bertSizes.join(', ')}`)
}

/**
 * Reads the settings of a BERT config.json; absent keys have the defaults of transformers' BertConfig, which are those of
 * the base model.
 * @param labels names of the classes, which are read where all architectures' common keys are
 * @throws ConfigError naming file and key
 */
export function readBertConfig(json: Record<string, unknown>, where: string, labels: readonly string[]): BertConfig {
  const reader = jsonReader(json, where)
  const size = (key: string, fallback: number) => reader.integer(key, { default: fallback, min: 1 })
  const probability = (key: string) => reader.number(key, { default: 0.1, min: 0, max: 1 })
  const positions = reader.string('position_embedding_type', { default: 'absolute' })
  if (positions !== 'absolute') {
    throw new ConfigError(
      'POSITION_EMBEDDINGS',
      `${where}: position_embedding_type "${positions}" is not supported, only "absolute"`,
    )
  }
  if (reader.boolean('is_decoder', { default: false })) {
    throw new ConfigError('DECODER', `${where}: is_decoder is true, but only encoders are supported`)
  }
  try {
    return bertConfig({
      vocabSize: size('vocab_size', defaults.vocabSize),
      hiddenSize: size('hidden_size', defaults.hiddenSize),
      numHiddenLayers: size('num_hidden_layers', defaults.numHiddenLayers),
      numAttentionHeads: size('num_attention_heads', defaults.numAttentionHeads),
      intermediateSize: size('intermediate_size', defaults.intermediateSize),
      hiddenAct: reader.string('hidden_act', { default: defaults.hiddenAct }),
      hiddenDropoutProb: probability('hidden_dropout_prob'),
      attentionProbsDropoutProb: probability('attention_probs_dropout_prob'),
      maxPositionEmbeddings: size('max_position_embeddings', defaults.maxPositionEmbeddings),
      typeVocabSize: size('type_vocab_size', defaults.typeVocabSize),
      initializerRange: reader.number('initializer_range', { default: defaults.initializerRange, min: 0 }),
      layerNormEps: reader.number('layer_norm_eps', { default: defaults.layerNormEps, min: 0 }),
      padTokenId: reader.integer('pad_token_id', { default: null, min: 0 }) ?? defaults.padTokenId,
      classifierDropout: reader.number('classifier_dropout', { default: null, min: 0, max: 1 }),
      labels,
    })
  } catch (error) {
    if (!(error instanceof ConfigError) || error.message.startsWith(where)) throw error
    throw new ConfigError(error.code, `${where}: ${error.message}`)
  }
}

/** The keys of config.json that only the architecture knows. */
export function writeBertConfig(config: BertConfig): Record<string, unknown> {
  return {
    attention_probs_dropout_prob: config.attentionProbsDropoutProb,
    classifier_dropout: config.classifierDropout,
    hidden_act: config.hiddenAct,
    hidden_dropout_prob: config.hiddenDropoutProb,
    hidden_size: config.hiddenSize,
    initializer_range: config.initializerRange,
    intermediate_size: config.intermediateSize,
    layer_norm_eps: config.layerNormEps,
    max_position_embeddings: config.maxPositionEmbeddings,
    num_attention_heads: config.numAttentionHeads,
    num_hidden_layers: config.numHiddenLayers,
    pad_token_id: config.padTokenId,
    position_embedding_type: 'absolute',
    type_vocab_size: config.typeVocabSize,
    vocab_size: config.vocabSize,
  }
}
