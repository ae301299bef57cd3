/** ELECTRA (Clark et al. 2020, "ELECTRA: Pre-training text encoders as discriminators rather than generators"). */
import type { Value } from '../graph/graph.ts'
import { gelu } from '../graph/ops/gelu.ts'
import { gemm } from '../graph/ops/matmul.ts'
import type { Architecture, EncoderOutput, ParameterSpec } from './architecture.ts'
import type { BatchInputs } from './batch-inputs.ts'
import { type ElectraConfig, readElectraConfig, writeElectraConfig } from './electra-config.ts'
import { layerNormLayer, layerNormParameters, linearLayer, linearParameters } from './layers.ts'
import type { ModelScope } from './model-scope.ts'
import { embeddingParameters, embedTokens, encodeLayers, layerOf, layerParameters } from './transformer-encoder.ts'

export const electra: Architecture<ElectraConfig> = {
  modelType: 'electra',
  classPrefix: 'Electra',
  prefix: 'electra',
  ignorableTensors: [/(^|\.)embeddings\.position_ids$/, /^generator_lm_head\.weight$/],
  readConfig: readElectraConfig,
  writeConfig: writeElectraConfig,
  parameters: (config) => [...embeddingParameters(config, config.embeddingSize), ...bodyParameters(config)],
  layerOf: (name) => (name.startsWith('embeddings_project.') ? -1 : layerOf(name)),
  encode: (scope, config, batch, rows) => encodeBody(scope, config, batch, embedTokens(scope, config, batch), rows),
  classifierDropout: ({ classifierDropout, hiddenDropoutProb }) => classifierDropout ?? hiddenDropoutProb,
  classifier: {
    parameters: ({ hiddenSize, labels }) => [
      ...linearParameters('classifier.dense', hiddenSize, hiddenSize),
      ...linearParameters('classifier.out_proj', hiddenSize, labels.length),
    ],
    vectors: (scope, config, first) =>
      scope.at('classifier', (s) => gelu(linearLayer(s, 'dense', s.dropout(first, electra.classifierDropout(config))))),
    logits: (scope, config, vectors) =>
      scope.at('classifier', (s) => linearLayer(s, 'out_proj', s.dropout(vectors, electra.classifierDropout(config)))),
  },
  choiceScorer: {
    parameters: ({ hiddenSize }) => [
      ...linearParameters('sequence_summary.summary', hiddenSize, hiddenSize),
      ...linearParameters('classifier', hiddenSize, 1),
    ],
    build: (scope, config, first) => {
      const summary = scope.at('sequence_summary', (s) =>
        s.dropout(gelu(linearLayer(s, 'summary', first)), config.summaryLastDropout),
      ) // [B, H]
      return linearLayer(scope, 'classifier', summary) // [B, 1]
    },
  },
  languageModelHead: {
    parameters: ({ embeddingSize, hiddenSize, vocabSize }) => [
      ...layerNormParameters('generator_predictions.LayerNorm', embeddingSize),
      ...linearParameters('generator_predictions.dense', hiddenSize, embeddingSize),
      { name: 'generator_lm_head.bias', shape: [vocabSize], init: 'zeros' },
    ],
    tied: { 'generator_lm_head.weight': 'electra.embeddings.word_embeddings.weight' },
    build: (scope, config, hidden) => languageModelHead(scope, scope, config, hidden),
  },
}

/** The encoder without its embedding tables. */
export function bodyParameters(config: ElectraConfig): ParameterSpec[] {
  const { embeddingSize, hiddenSize } = config
  return [
    ...(embeddingSize === hiddenSize ? [] : linearParameters('embeddings_project', embeddingSize, hiddenSize)),
    ...layerParameters(config),
  ]
}

/** embedded: [N, E] -> the layers' outputs */
export function encodeBody(
  scope: ModelScope,
  config: ElectraConfig,
  batch: BatchInputs,
  embedded: Value,
  rows?: Value,
): EncoderOutput {
  const projected =
    config.embeddingSize === config.hiddenSize ? embedded : linearLayer(scope, 'embeddings_project', embedded) // [N, H]
  return encodeLayers(scope, config, batch, projected, rows)
}

/**
 * hidden: [M, H] -> [M, V]; the output matrix is the word embeddings'.
 * @param root the scope of the model that has the embeddings @param scope that of the head's own parameters
 */
export function languageModelHead(root: ModelScope, scope: ModelScope, config: ElectraConfig, hidden: Value): Value {
  const words = root.at('electra.embeddings.word_embeddings', (s) => s.weight('weight'))
  const transformed = scope.at('generator_predictions', (s) =>
    layerNormLayer(s, 'LayerNorm', gelu(linearLayer(s, 'dense', hidden)), config.layerNormEps),
  ) // [M, E]
  return scope.at('generator_lm_head', (s) => gemm(transformed, words, s.weight('bias'), { transB: true })) // [M, V]
}
