import type { Head } from '../architecture.ts'
import { crossEntropy } from '../losses.ts'

/** The vocabulary's logits at the masked positions, and only there: other rows never meet the large matrix. */
export const maskedLm: Head = {
  task: 'masked-lm',
  labelsAreTokens: true,
  classSuffix: 'ForMaskedLM',
  parameters: (architecture, config) => architecture.languageModelHead.parameters(config),
  rows: (batch) => batch.maskedRows(),
  build: (scope, architecture, config, masked, batch) => {
    const logits = architecture.languageModelHead.build(scope, config, masked) // [M, V]
    return { logits, loss: () => crossEntropy(logits, batch.labels('masked'), batch.lossScale()) }
  },
}
