/** BERT (Devlin et al. 2019, "BERT: Pre-training of deep bidirectional transformers for language understanding"). */
import { ConfigError } from '../core/errors.ts'
import type { Value } from '../graph/graph.ts'
import { add, tanh } from '../graph/ops/elementwise.ts'
import { gemm } from '../graph/ops/matmul.ts'
import type { Architecture, EncoderConfig, EncoderOutput, ParameterSpec } from './architecture.ts'
import type { BatchInputs } from './batch-inputs.ts'
import {
  activation,
  attention,
  embedding,
  layerNormLayer,
  layerNormParameters,
  linearLayer,
  linearParameters,
} from './layers.ts'
import type { ModelScope } from './model-scope.ts'

/** config.json of a BERT model, in TypeScript's case. */
export interface BertConfig extends EncoderConfig {
  readonly modelType: 'bert'
  readonly hiddenAct: string
  readonly hiddenDropoutProb: number
  readonly attentionProbsDropoutProb: number
  readonly typeVocabSize: number
  readonly layerNormEps: number
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
}

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

/** Completes and checks a BERT configuration. @throws ConfigError naming the setting */
export function bertConfig(settings: Partial<BertConfig> & { size?: BertSize } = {}): BertConfig {
  const { size, ...given } = settings
  const [layers, hidden] = sizes[size ?? 'base'] ?? unknownSize(size)
  const preset = {
    numHiddenLayers: layers,
    hiddenSize: hidden,
    numAttentionHeads: hidden / 64,
    intermediateSize: 4 * hidden,
  }
  const config: BertConfig = { ...defaults, ...preset, ...given }
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
  if (config.hiddenSize % config.numAttentionHeads !== 0) {
    throw new ConfigError(
      'HEADS',
      `hiddenSize ${config.hiddenSize} is not divisible by numAttentionHeads ${config.numAttentionHeads}: choose a multiple`,
    )
  }
  activation(config.hiddenAct)
  return config
}

function unknownSize(size: unknown): never {
  throw new ConfigError('SIZE', `unknown size "${size}"; known: ${bertSizes.join(', ')}`)
}

export const bert: Architecture<BertConfig> = {
  modelType: 'bert',
  classPrefix: 'Bert',
  prefix: 'bert',
  ignorableTensors: [/(^|\.)embeddings\.position_ids$/, /^cls\.predictions\.decoder\.(weight|bias)$/],
  readConfig,
  writeConfig,
  parameters,
  encode,
  pooler: {
    parameters: ({ hiddenSize }) => linearParameters('pooler.dense', hiddenSize, hiddenSize),
    build: (scope, _config, first) => scope.at('pooler', (s) => tanh(linearLayer(s, 'dense', first))),
  },
  classifierDropout: (config) => config.classifierDropout ?? config.hiddenDropoutProb,
  languageModelHead: {
    parameters: ({ hiddenSize, vocabSize }) => [
      { name: 'cls.predictions.bias', shape: [vocabSize], init: 'zeros' },
      ...linearParameters('cls.predictions.transform.dense', hiddenSize, hiddenSize),
      ...layerNormParameters('cls.predictions.transform.LayerNorm', hiddenSize),
    ],
    build: languageModelHead,
  },
}

function readConfig(_json: Record<string, unknown>, _where: string): BertConfig {
  throw new Error('replaced below')
}

function writeConfig(_config: BertConfig): Record<string, unknown> {
  throw new Error('replaced below')
}

function parameters(config: BertConfig): ParameterSpec[] {
  const { hiddenSize: H, intermediateSize: I } = config
  const layer = (i: number) => [
    ...['query', 'key', 'value'].flatMap((name) => linearParameters(`encoder.layer.${i}.attention.self.${name}`, H, H)),
    ...linearParameters(`encoder.layer.${i}.attention.output.dense`, H, H),
    ...layerNormParameters(`encoder.layer.${i}.attention.output.LayerNorm`, H),
    ...linearParameters(`encoder.layer.${i}.intermediate.dense`, H, I),
    ...linearParameters(`encoder.layer.${i}.output.dense`, I, H),
    ...layerNormParameters(`encoder.layer.${i}.output.LayerNorm`, H),
  ]
  return [
    { name: 'embeddings.word_embeddings.weight', shape: [config.vocabSize, H], init: 'normal' },
    { name: 'embeddings.position_embeddings.weight', shape: [config.maxPositionEmbeddings, H], init: 'normal' },
    { name: 'embeddings.token_type_embeddings.weight', shape: [config.typeVocabSize, H], init: 'normal' },
    ...layerNormParameters('embeddings.LayerNorm', H),
    ...Array.from({ length: config.numHiddenLayers }, (_, i) => layer(i)).flat(),
  ]
}

function encode(scope: ModelScope, config: BertConfig, batch: BatchInputs): EncoderOutput {
  const hiddenStates = [scope.at('embeddings', (s) => embeddings(s, config, batch))]
  const attentions: Value[] = []
  for (let i = 0; i < config.numHiddenLayers; i++) {
    scope.at(`encoder.layer.${i}`, (s) => {
      const { hidden, probabilities } = encoderLayer(s, config, batch, hiddenStates[i])
      hiddenStates.push(hidden)
      attentions.push(probabilities)
    })
  }
  return { last: hiddenStates.at(-1)!, hiddenStates, attentions }
}

/** -> [N, H] */
function embeddings(scope: ModelScope, config: BertConfig, batch: BatchInputs): Value {
  const words = embedding(scope, 'word_embeddings', batch.ids)
  const positions = embedding(scope, 'position_embeddings', batch.positionIds)
  const types = embedding(scope, 'token_type_embeddings', batch.typeIds)
  const sum = add(add(words, types), positions) // [N, H]
  return scope.dropout(layerNormLayer(scope, 'LayerNorm', sum, config.layerNormEps), config.hiddenDropoutProb)
}

/** x: [N, H] -> hidden [N, H], probabilities [B, A, T, T] */
function encoderLayer(scope: ModelScope, config: BertConfig, batch: BatchInputs, x: Value) {
  const { hiddenSize, numAttentionHeads: heads, layerNormEps, hiddenDropoutProb } = config
  const attended = scope.at('attention', (s) => {
    const { context, probabilities } = s.at('self', (self) => {
      const projections = [
        linearLayer(self, 'query', x),
        linearLayer(self, 'key', x),
        linearLayer(self, 'value', x),
      ] as const
      const options = { heads, headSize: hiddenSize / heads, dropout: config.attentionProbsDropoutProb }
      return attention(self, projections, batch, options)
    })
    const hidden = s.at('output', (out) => {
      const dense = out.dropout(linearLayer(out, 'dense', context), hiddenDropoutProb) // [N, H]
      return layerNormLayer(out, 'LayerNorm', add(dense, x), layerNormEps)
    })
    return { hidden, probabilities }
  })
  const inner = scope.at('intermediate', (s) => activation(config.hiddenAct)(linearLayer(s, 'dense', attended.hidden))) // [N, I]
  const hidden = scope.at('output', (s) => {
    const dense = s.dropout(linearLayer(s, 'dense', inner), hiddenDropoutProb) // [N, H]
    return layerNormLayer(s, 'LayerNorm', add(dense, attended.hidden), layerNormEps)
  })
  return { hidden, probabilities: attended.probabilities }
}

/** hidden: [M, H] -> [M, V]; the decoder's matrix is the word embeddings'. */
function languageModelHead(scope: ModelScope, config: BertConfig, hidden: Value): Value {
  const words = scope.at('bert.embeddings.word_embeddings', (s) => s.weight('weight'))
  return scope.at('cls.predictions', (s) => {
    const transformed = s.at('transform', (t) => {
      const dense = activation(config.hiddenAct)(linearLayer(t, 'dense', hidden)) // [M, H]
      return layerNormLayer(t, 'LayerNorm', dense, config.layerNormEps)
    })
    return gemm(transformed, words, s.weight('bias'), { transB: true }) // [M, V]
  })
}
