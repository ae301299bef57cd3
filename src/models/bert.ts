/** BERT (Devlin et al. 2019, "BERT: Pre-training of deep bidirectional transformers for language understanding"). */
import type { Value } from '../graph/graph.ts'
import { add, tanh } from '../graph/ops/elementwise.ts'
import { gather } from '../graph/ops/gather.ts'
import { gemm } from '../graph/ops/matmul.ts'
import type { Architecture, EncoderOutput, ParameterSpec } from './architecture.ts'
import type { BatchInputs } from './batch-inputs.ts'
import { type BertConfig, readBertConfig, writeBertConfig } from './bert-config.ts'
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

export const bert: Architecture<BertConfig> = {
  modelType: 'bert',
  classPrefix: 'Bert',
  prefix: 'bert',
  ignorableTensors: [/(^|\.)embeddings\.position_ids$/, /^cls\.predictions\.decoder\.(weight|bias)$/],
  readConfig: readBertConfig,
  writeConfig: writeBertConfig,
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

function encode(scope: ModelScope, config: BertConfig, batch: BatchInputs, rows?: Value): EncoderOutput {
  const hiddenStates = [scope.at('embeddings', (s) => embeddings(s, config, batch))]
  const attentions: Value[] = []
  for (let i = 0; i < config.numHiddenLayers; i++) {
    scope.at(`encoder.layer.${i}`, (s) => {
      const isLast = i === config.numHiddenLayers - 1
      const { hidden, probabilities } = encoderLayer(s, config, batch, hiddenStates[i], isLast ? rows : undefined)
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

/**
 * x: [N, H] -> hidden [N, H], probabilities [B, A, T, T]
 * @param rows if given, int32 [R]: only these rows are wanted, hidden is [R, H], and what follows attention runs on them alone
 */
function encoderLayer(scope: ModelScope, config: BertConfig, batch: BatchInputs, x: Value, rows?: Value) {
  const wanted = (all: Value) => (rows ? gather(all, rows) : all)
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
      const dense = out.dropout(linearLayer(out, 'dense', wanted(context)), hiddenDropoutProb) // [N, H]
      return layerNormLayer(out, 'LayerNorm', add(dense, wanted(x)), layerNormEps)
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
