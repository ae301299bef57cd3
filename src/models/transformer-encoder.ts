/**
 * The encoder of Vaswani et al. 2017 as BERT has it: learned positions, segments, layer normalisation after each residual.
 * Names are those of Hugging Face's BertModel, which several families share. N tokens, B sequences, H hidden, I inner, A heads.
 */
import type { Value } from '../graph/graph.ts'
import { add } from '../graph/ops/elementwise.ts'
import { gather } from '../graph/ops/gather.ts'
import type { EncoderConfig, EncoderOutput, ParameterSpec } from './architecture.ts'
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

/** What this encoder needs to know besides the sizes that every encoder has. */
export interface TransformerConfig extends EncoderConfig {
  readonly hiddenAct: string
  readonly hiddenDropoutProb: number
  readonly attentionProbsDropoutProb: number
  readonly typeVocabSize: number
  readonly layerNormEps: number
}

/** Tables of words, positions and segments. @param size of their vectors */
export function embeddingParameters(config: TransformerConfig, size: number): ParameterSpec[] {
  return [
    { name: 'embeddings.word_embeddings.weight', shape: [config.vocabSize, size], init: 'normal' },
    { name: 'embeddings.position_embeddings.weight', shape: [config.maxPositionEmbeddings, size], init: 'normal' },
    { name: 'embeddings.token_type_embeddings.weight', shape: [config.typeVocabSize, size], init: 'normal' },
    ...layerNormParameters('embeddings.LayerNorm', size),
  ]
}

/** The parameters of all layers. */
export function layerParameters({
  hiddenSize: H,
  intermediateSize: I,
  numHiddenLayers,
}: EncoderConfig): ParameterSpec[] {
  const layer = (i: number) => [
    ...['query', 'key', 'value'].flatMap((name) => linearParameters(`encoder.layer.${i}.attention.self.${name}`, H, H)),
    ...linearParameters(`encoder.layer.${i}.attention.output.dense`, H, H),
    ...layerNormParameters(`encoder.layer.${i}.attention.output.LayerNorm`, H),
    ...linearParameters(`encoder.layer.${i}.intermediate.dense`, H, I),
    ...linearParameters(`encoder.layer.${i}.output.dense`, I, H),
    ...layerNormParameters(`encoder.layer.${i}.output.LayerNorm`, H),
  ]
  return Array.from({ length: numHiddenLayers }, (_, i) => layer(i)).flat()
}

/** The `layerOf` of architectures that have this encoder. */
export function layerOf(name: string): number | undefined {
  if (name.startsWith('embeddings.')) return -1
  const [, layer] = /^encoder\.layer\.(\d+)\./.exec(name) ?? []
  return layer === undefined ? undefined : Number(layer)
}

/**
 * All layers, one after the other.
 * @param embedded [N, H]
 * @param rows if given, int32 [R]: the last layer's output is wanted at these rows alone
 */
export function encodeLayers(
  scope: ModelScope,
  config: TransformerConfig,
  batch: BatchInputs,
  embedded: Value,
  rows?: Value,
): EncoderOutput {
  const hiddenStates = [embedded]
  const attentions: Value[] = []
  for (let i = 0; i < config.numHiddenLayers; i++) {
    const wanted = i === config.numHiddenLayers - 1 ? rows : undefined
    const { hidden, probabilities } = scope.graph.segment(() =>
      scope.at(`encoder.layer.${i}`, (s) => encoderLayer(s, config, batch, hiddenStates[i], wanted)),
    )
    hiddenStates.push(hidden)
    attentions.push(probabilities)
  }
  return { last: hiddenStates.at(-1)!, hiddenStates, attentions }
}

/** The sum of a token's three vectors, normalised. -> [N, size of the tables' vectors] */
export function embedTokens(scope: ModelScope, config: TransformerConfig, batch: BatchInputs): Value {
  return scope.at('embeddings', (s) => {
    const words = embedding(s, 'word_embeddings', batch.ids)
    const positions = embedding(s, 'position_embeddings', batch.positionIds)
    const types = embedding(s, 'token_type_embeddings', batch.typeIds)
    const sum = add(add(words, types), positions) // [N, E]
    return s.dropout(layerNormLayer(s, 'LayerNorm', sum, config.layerNormEps), config.hiddenDropoutProb)
  })
}

/**
 * x: [N, H] -> hidden [N, H], probabilities [B, A, T, T]
 * @param rows if given, int32 [R]: only these rows are wanted, hidden is [R, H], and what follows attention runs on them alone
 */
function encoderLayer(scope: ModelScope, config: TransformerConfig, batch: BatchInputs, x: Value, rows?: Value) {
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
