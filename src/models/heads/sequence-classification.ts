import type { Head } from '../architecture.ts'
import { linearLayer, linearParameters } from '../layers.ts'
import { crossEntropy } from '../losses.ts'

/** One label a sequence: pooled first token -> dropout -> linear. */
export const sequenceClassification: Head = {
  task: 'sequence-classification',
  classSuffix: 'ForSequenceClassification',
  parameters: (architecture, config) => [
    ...architecture.pooler.parameters(config).map((p) => ({ ...p, name: `${architecture.prefix}.${p.name}` })),
    ...linearParameters('classifier', config.hiddenSize, config.labels.length),
  ],
  rows: (batch) => batch.firstTokens,
  build: (scope, architecture, config, first, batch) => {
    const pooled = scope.at(architecture.prefix, (s) => architecture.pooler.build(s, config, first)) // [B, H]
    const dropped = scope.at('classifier', (s) => s.dropout(pooled, architecture.classifierDropout(config)))
    const logits = linearLayer(scope, 'classifier', dropped) // [B, C]
    return { logits, loss: () => crossEntropy(logits, batch.labels('batch'), batch.lossScale()) }
  },
}
