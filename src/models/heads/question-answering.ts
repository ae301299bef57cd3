import type { Value } from '../../graph/graph.ts'
import { add, mul, neg, scale } from '../../graph/ops/elementwise.ts'
import { gather } from '../../graph/ops/gather.ts'
import { padRows } from '../../graph/ops/pad-rows.ts'
import { reduceSum, reshape } from '../../graph/ops/reduce.ts'
import { logSoftmax } from '../../graph/ops/softmax.ts'
import type { Head } from '../architecture.ts'
import type { BatchInputs } from '../batch-inputs.ts'
import { linearLayer, linearParameters } from '../layers.ts'

/**
 * Where an answer starts and ends (Devlin et al. 2018, section 4.2): two logits a token. The loss of a sequence is the mean of
 * two cross-entropies over its own tokens.
 */
export const questionAnswering: Head = {
  task: 'question-answering',
  classSuffix: 'ForQuestionAnswering',
  outputs: 2,
  parameters: (_architecture, { hiddenSize }) => linearParameters('qa_outputs', hiddenSize, 2),
  build: (scope, _architecture, _config, hidden, batch) => {
    const logits = linearLayer(scope, 'qa_outputs', hidden) // [N, 2]
    return { logits, loss: () => answerLoss(logits, batch) }
  },
}

/** logits: [N, 2] -> [] */
function answerLoss(logits: Value, batch: BatchInputs): Value {
  const cells = padRows(logits, batch.padding(2), 1) // [B, 2, T, 1]
  const [size, sides, longest] = cells.shape
  const scores = add(reshape(cells, [size, sides, 1, longest]), batch.cellBias()) // [B, 2, 1, T]
  const logProbability = reshape(logSoftmax(scores), [`${size}*${sides}*${longest}`, 1]) // [B 2 T, 1]
  const answers = gather(logProbability, batch.answerCells()) // [2 B, 1]
  return scale(mul(neg(reduceSum(answers)), batch.lossScale('sequences')), 1 / 2)
}
