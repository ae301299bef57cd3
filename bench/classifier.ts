import { bert } from '../src/models/bert.ts'
import { bertConfig } from '../src/models/bert-config.ts'
import type { ModelDefinition } from '../src/models/graphs.ts'
import { maskedLm } from '../src/models/heads/masked-lm.ts'
import { sequenceClassification } from '../src/models/heads/sequence-classification.ts'
import type { BenchTask, ModelSizes } from './protocol.ts'

/** BERT-base with fewer layers for quick checks. */
export const baseSizes = (layers = 12): ModelSizes => ({
  vocab_size: 30522,
  hidden_size: 768,
  num_hidden_layers: layers,
  num_attention_heads: 12,
  intermediate_size: 3072,
})

/** BERT-mini of the published miniatures. */
export const miniSizes = (layers = 4): ModelSizes => ({
  vocab_size: 30522,
  hidden_size: 256,
  num_hidden_layers: layers,
  num_attention_heads: 4,
  intermediate_size: 1024,
})

/** The model of the benchmark: BERT with two classes and a dropout of 0.1 everywhere. */
export const classifier = (sizes: ModelSizes): ModelDefinition => benchModel('sequence-classification', sizes)

/** BERT with the task's head and a dropout of 0.1 everywhere. */
export function benchModel(task: BenchTask, sizes: ModelSizes): ModelDefinition {
  const config = bertConfig({
    vocabSize: sizes.vocab_size,
    hiddenSize: sizes.hidden_size,
    numHiddenLayers: sizes.num_hidden_layers,
    numAttentionHeads: sizes.num_attention_heads,
    intermediateSize: sizes.intermediate_size,
    hiddenDropoutProb: 0.1,
    attentionProbsDropoutProb: 0.1,
  })
  return { architecture: bert, config, head: task === 'masked-lm' ? maskedLm : sequenceClassification }
}
