import type { Value } from '../graph/graph.ts'
import { add, exp, log, mul, neg, relu, shift, sub } from '../graph/ops/elementwise.ts'
import { pickColumn } from '../graph/ops/gather.ts'
import { reduceSum } from '../graph/ops/reduce.ts'
import { logSoftmax } from '../graph/ops/softmax.ts'

/**
 * Cross-entropy, the sum over rows of -log softmax(logits)[label], times `scale`.
 * logits: [N, C], labels: int32 [N] in 0..C-1, scale: [] -> []
 */
export function crossEntropy(logits: Value, labels: Value, scale: Value): Value {
  const logProbability = pickColumn(logSoftmax(logits), labels) // [N, 1]
  return mul(neg(reduceSum(logProbability)), scale)
}

/**
 * Binary cross-entropy, the sum of -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)), times `scale`, in the form that does not
 * overflow: max(x, 0) - x t + log(1 + e^-|x|). logits, targets: [N, 1] -> []
 */
export function binaryCrossEntropy(logits: Value, targets: Value, scale: Value): Value {
  const positive = relu(logits)
  const magnitude = add(positive, relu(neg(logits)))
  const loss = add(sub(positive, mul(logits, targets)), log(shift(exp(neg(magnitude)), 1))) // [N, 1]
  return mul(reduceSum(loss), scale)
}
