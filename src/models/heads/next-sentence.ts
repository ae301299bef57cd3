import type { Head } from '../architecture.ts'
import { linearLayer, linearParameters } from '../layers.ts'
import { crossEntropy } from '../losses.ts'

/** Whether a pair's second segment follows the first, from the pooled first token: class 0 if it does, 1 if not. */
export const nextSentence: Head = {
  task: 'next-sentence',
  modelTypes: ['bert'],
  classSuffix: 'ForNextSentencePrediction',
  outputs: 2,
  parameters: (architecture, config) => [
    ...architecture.pooler!.parameters(config).map((p) => ({ ...p, name: `${architecture.prefix}.${p.name}` })),
    ...linearParameters('cls.seq_relationship', config.hiddenSize, 2),
  ],
  rows: (batch) => batch.firstTokens,
  build: (scope, architecture, config, first, batch) => {
    const pooled = scope.at(architecture.prefix, (s) => architecture.pooler!.build(s, config, first)) // [B, H]
    const logits = linearLayer(scope, 'cls.seq_relationship', pooled) // [B, 2]
    return { logits, loss: () => crossEntropy(logits, batch.labels('batch'), batch.lossScale()) }
  },
}
