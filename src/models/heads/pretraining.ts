import { add } from '../../graph/ops/elementwise.ts'
import { gather } from '../../graph/ops/gather.ts'
import type { Head } from '../architecture.ts'
import { linearLayer, linearParameters } from '../layers.ts'
import { crossEntropy } from '../losses.ts'

/**
 * BERT's pre-training: the vocabulary's logits at the masked positions, and from the pooled first token whether the second
 * segment follows the first (next sentence prediction), or whether two segments are in order (sentence order prediction,
 * which differs in its data alone). L = L_MLM + L_pairs, each a mean (Devlin et al. 2018, appendix A.2; Lan et al. 2019).
 */
export const pretraining: Head = {
  task: 'pretraining',
  modelTypes: ['bert'],
  labelsAreTokens: true,
  hasPairLogits: true,
  classSuffix: 'ForPreTraining',
  parameters: (architecture, config) => [
    ...architecture.pooler!.parameters(config).map((p) => ({ ...p, name: `${architecture.prefix}.${p.name}` })),
    ...architecture.languageModelHead.parameters(config),
    ...linearParameters('cls.seq_relationship', config.hiddenSize, 2),
  ],
  rows: (batch) => batch.headRows(),
  build: (scope, architecture, config, hidden, batch) => {
    const masked = gather(hidden, batch.maskedPlaces()) // [M, H]
    const first = gather(hidden, batch.firstPlaces()) // [B, H]
    const logits = architecture.languageModelHead.build(scope, config, masked) // [M, V]
    const pooled = scope.at(architecture.prefix, (s) => architecture.pooler!.build(s, config, first)) // [B, H]
    const pairLogits = linearLayer(scope, 'cls.seq_relationship', pooled) // [B, 2]
    const loss = () =>
      add(
        crossEntropy(logits, batch.labels('masked'), batch.lossScale()),
        crossEntropy(pairLogits, batch.pairLabels(), batch.lossScale('sequences')),
      )
    return { logits, pairLogits, loss }
  },
}
