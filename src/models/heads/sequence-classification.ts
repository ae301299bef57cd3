import type { Head } from '../architecture.ts'
import { crossEntropy } from '../losses.ts'

/** One label a sequence, from its first token, by the architecture's own classifier. */
export const sequenceClassification: Head = {
  task: 'sequence-classification',
  classSuffix: 'ForSequenceClassification',
  parameters: (architecture, config) => architecture.classifier.parameters(config),
  rows: (batch) => batch.firstTokens,
  build: (scope, architecture, config, first, batch) => {
    const logits = architecture.classifier.build(scope, config, first) // [B, C]
    return { logits, loss: () => crossEntropy(logits, batch.labels('batch'), batch.lossScale()) }
  },
}
