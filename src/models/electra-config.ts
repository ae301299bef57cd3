import { ConfigError } from '../core/errors.ts'
import { jsonReader } from '../core/json-reader.ts'
import {
  type BertConfig,
  type BertSettings,
  bertConfig,
  readBertConfig,
  requireKnownSettings,
  writeBertConfig,
} from './bert-config.ts'
import type { TransformerConfig } from './transformer-encoder.ts'

/** config.json of an ELECTRA model, in TypeScript's case. */
export interface ElectraConfig extends TransformerConfig {
  readonly modelType: 'electra'
  /** Size of the embedding tables' vectors; others than hiddenSize are projected. */
  readonly embeddingSize: number
  /** Dropout in front of the classifier; null: as hiddenDropoutProb. */
  readonly classifierDropout: number | null
  /** Dropout in front of multiple choice's scores. */
  readonly summaryLastDropout: number
}

/** Completes and checks an ELECTRA configuration; sizes are those of `bertConfig`. @throws ConfigError naming the setting */
export function electraConfig(
  settings: Omit<BertSettings, 'modelType'> & {
    embeddingSize?: number
    summaryLastDropout?: number
  } = {},
): ElectraConfig {
  requireKnownSettings(settings, ['embeddingSize', 'summaryLastDropout'])
  const { embeddingSize, summaryLastDropout: p = 0.1, ...rest } = settings
  const config = { ...bertConfig(rest), modelType: 'electra' as const }
  const size = embeddingSize ?? config.hiddenSize
  if (!Number.isInteger(size) || size < 1) {
    throw new ConfigError('CONFIG_VALUE', `embeddingSize must be a whole number of at least 1, not ${size}`)
  }
  if (!(typeof p === 'number' && p >= 0 && p < 1)) {
    throw new ConfigError('CONFIG_VALUE', `summaryLastDropout must be a number of at least 0 and below 1, not ${p}`)
  }
  return { ...config, embeddingSize: size, summaryLastDropout: p }
}

/**
 * The generator that a discriminator is trained with: as deep, and narrower by `fraction`, with the same embedding tables
 * (Clark et al. 2020, section 3.2, finds 1/4 to 1/2 best).
 * @throws ConfigError unless the fraction is above 0 and at most 1
 */
export function generatorConfig(config: ElectraConfig, fraction = 1 / 4): ElectraConfig {
  requireGeneratorFraction(fraction)
  const headSize = config.hiddenSize / config.numAttentionHeads
  const heads = Math.max(1, Math.round(config.numAttentionHeads * fraction))
  return {
    ...config,
    hiddenSize: heads * headSize,
    numAttentionHeads: heads,
    intermediateSize: Math.max(1, Math.round((config.intermediateSize * heads) / config.numAttentionHeads)),
  }
}

/** @throws ConfigError unless a generator's width is above 0 and at most 1 of the discriminator's */
export function requireGeneratorFraction(fraction: number): void {
  if (fraction > 0 && fraction <= 1) return
  throw new ConfigError('ARGUMENT', `generatorFraction must be above 0 and at most 1, not ${fraction}`)
}

/** @throws ConfigError naming file and key */
export function readElectraConfig(
  json: Record<string, unknown>,
  where: string,
  labels: readonly string[],
): ElectraConfig {
  // Defaults of transformers' ElectraConfig where they differ from BERT's.
  const own = { embedding_size: 128, hidden_size: 256, num_attention_heads: 4, intermediate_size: 1024 }
  const given = { ...own, ...json }
  const size = given.embedding_size
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1) {
    throw new ConfigError('CONFIG_VALUE', `${where}: embedding_size must be a whole number of at least 1, not ${size}`)
  }
  const reader = jsonReader(given, where)
  const summaryLastDropout = reader.number('summary_last_dropout', { default: 0.1, min: 0, max: 1 })
  requireSummary('summary_type', reader.string('summary_type', { default: 'first' }), 'first')
  requireSummary('summary_activation', reader.string('summary_activation', { default: 'gelu' }), 'gelu')
  requireSummary('summary_use_proj', reader.boolean('summary_use_proj', { default: true }), true)
  return { ...readBertConfig(given, where, labels), modelType: 'electra', embeddingSize: size, summaryLastDropout }

  function requireSummary(key: string, value: unknown, supported: unknown) {
    if (value === supported) return
    const [found, only] = [value, supported].map((each) => JSON.stringify(each))
    throw new ConfigError('SUMMARY', `${where}: ${key} ${found} is not supported, only ${only}`)
  }
}

/** The keys of config.json that only the architecture knows. */
export function writeElectraConfig(config: ElectraConfig): Record<string, unknown> {
  const { modelType: _, embeddingSize, summaryLastDropout, ...rest } = config
  return {
    ...writeBertConfig({ ...rest, modelType: 'bert' } satisfies BertConfig),
    embedding_size: embeddingSize,
    summary_last_dropout: summaryLastDropout,
  }
}
