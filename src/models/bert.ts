/** BERT (Devlin et al. 2019, "BERT: Pre-training of deep bidirectional transformers for language understanding"). */
import type { Value } from '../graph/graph.ts'
import { tanh } from '../graph/ops/elementwise.ts'
import { gemm } from '../graph/ops/matmul.ts'
import type { Architecture, ParameterSpec } from './architecture.ts'
import { type BertConfig, readBertConfig, writeBertConfig } from './bert-config.ts'
import { activation, layerNormLayer, layerNormParameters, linearLayer, linearParameters } from './layers.ts'
import type { ModelScope } from './model-scope.ts'
import { embeddingParameters, embedTokens, encodeLayers, layerOf, layerParameters } from './transformer-encoder.ts'

export const bert: Architecture<BertConfig> = {
  modelType: 'bert',
  classPrefix: 'Bert',
  prefix: 'bert',
  ignorableTensors: [/(^|\.)embeddings\.position_ids$/, /^cls\.predictions\.decoder\.(weight|bias)$/],
  readConfig: readBertConfig,
  writeConfig: writeBertConfig,
  parameters: (config) => [...embeddingParameters(config, config.hiddenSize), ...layerParameters(config)],
  layerOf,
  encode: (scope, config, batch, rows) => encodeLayers(scope, config, batch, embedTokens(scope, config, batch), rows),
  pooler: { parameters: poolerParameters, build: (scope, _config, first) => pool(scope, first) },
  classifierDropout: ({ classifierDropout, hiddenDropoutProb }) => classifierDropout ?? hiddenDropoutProb,
  classifier: {
    parameters: (config) => classifierParameters(config, config.labels.length),
    vectors: (scope, _config, first) => poolAtRoot(scope, first),
    logits: classify,
  },
  choiceScorer: {
    parameters: (config) => classifierParameters(config, 1),
    build: (scope, config, first) => classify(scope, config, poolAtRoot(scope, first)),
  },
  languageModelHead: {
    parameters: ({ hiddenSize, vocabSize }) => [
      { name: 'cls.predictions.bias', shape: [vocabSize], init: 'zeros' },
      ...linearParameters('cls.predictions.transform.dense', hiddenSize, hiddenSize),
      ...layerNormParameters('cls.predictions.transform.LayerNorm', hiddenSize),
    ],
    tied: {
      'cls.predictions.decoder.weight': 'bert.embeddings.word_embeddings.weight',
      'cls.predictions.decoder.bias': 'cls.predictions.bias',
    },
    build: languageModelHead,
  },
}

function poolerParameters({ hiddenSize }: BertConfig): ParameterSpec[] {
  return linearParameters('pooler.dense', hiddenSize, hiddenSize)
}

function classifierParameters(config: BertConfig, outputs: number): ParameterSpec[] {
  return [
    ...poolerParameters(config).map((spec) => ({ ...spec, name: `bert.${spec.name}` })),
    ...linearParameters('classifier', config.hiddenSize, outputs),
  ]
}

/** pooled: [B, H] -> [B, C] */
function classify(scope: ModelScope, config: BertConfig, pooled: Value): Value {
  const dropped = scope.at('classifier', (s) => s.dropout(pooled, bert.classifierDropout(config))) // [B, H]
  return linearLayer(scope, 'classifier', dropped)
}

/** first: [B, H] -> [B, H]; `scope` is the model's root. */
const poolAtRoot = (scope: ModelScope, first: Value): Value => scope.at('bert', (s) => pool(s, first))

/** first: [B, H] -> [B, H] */
function pool(scope: ModelScope, first: Value): Value {
  return scope.at('pooler', (s) => tanh(linearLayer(s, 'dense', first)))
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
