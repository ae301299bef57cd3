import type { Head } from '../architecture.ts'
import { linearLayer, linearParameters } from '../layers.ts'
import { crossEntropy } from '../losses.ts'

/** A class for each token that `maskedRows` names, and for those alone: pieces that stand for no word are left out. */
export const tokenClassification: Head = {
  task: 'token-classification',
  classSuffix: 'ForTokenClassification',
  leastClasses: () => 2,
  parameters: (_architecture, { hiddenSize, labels }) => linearParameters('classifier', hiddenSize, labels.length),
  rows: (batch) => batch.maskedRows(),
  build: (scope, architecture, config, hidden, batch) => {
    const p = architecture.classifierDropout(config)
    const dropped = scope.at('classifier', (s) => s.dropout(hidden, p)) // [M, H]
    const logits = linearLayer(scope, 'classifier', dropped) // [M, C]
    return {
      logits,
      loss: (options) => crossEntropy(logits, batch.labels('masked'), batch.lossScale(), options),
      takesLossOptions: true,
    }
  },
}
