import type { Value } from '../graph/graph.ts'
import { mul, neg } from '../graph/ops/elementwise.ts'
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
