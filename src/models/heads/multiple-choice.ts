import { add } from '../../graph/ops/elementwise.ts'
import { gather } from '../../graph/ops/gather.ts'
import { reshape } from '../../graph/ops/reduce.ts'
import type { Head } from '../architecture.ts'
import { crossEntropy } from '../losses.ts'

/**
 * Which of an example's choices is right: a score for each sequence, compared among the choices of its example, as in
 * transformers' BertForMultipleChoice. Examples may have different numbers of choices, up to K; logits of places without a
 * choice are the lowest float32.
 */
export const multipleChoice: Head = {
  task: 'multiple-choice',
  classSuffix: 'ForMultipleChoice',
  parameters: (architecture, config) => architecture.choiceScorer.parameters(config),
  rows: (batch) => batch.firstTokens,
  build: (scope, architecture, config, first, batch) => {
    const scores = architecture.choiceScorer.build(scope, config, first) // [B, 1]
    const byExample = gather(scores, batch.choiceRows()) // [E, K, 1]
    const logits = add(reshape(byExample, byExample.shape.slice(0, 2)), batch.choiceBias()) // [E, K]
    return { logits, loss: () => crossEntropy(logits, batch.labels('examples'), batch.lossScale()) }
  },
}
