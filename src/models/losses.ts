import type { Value } from '../graph/graph.ts'
import { add, exp, log, mul, neg, relu, scale, shift, sub } from '../graph/ops/elementwise.ts'
import { pickColumn } from '../graph/ops/gather.ts'
import { reduceSum } from '../graph/ops/reduce.ts'
import { logSoftmax } from '../graph/ops/softmax.ts'
import { changesLoss, type LossOptions } from './loss-options.ts'

/**
 * Cross-entropy, the sum over rows of -log softmax(logits)[label], times `factor`.
 * logits: [N, C], labels: int32 [N] in 0..C-1, factor: [] -> []
 */
export function crossEntropy(logits: Value, labels: Value, factor: Value, options?: LossOptions): Value {
  const logProbability = logSoftmax(logits) // [N, C]
  if (changesLoss(options)) return mul(changedCrossEntropy(logProbability, labels, options!), factor)
  return mul(neg(reduceSum(pickColumn(logProbability, labels))), factor)
}

/** The sum over rows of what LossOptions says. logProbability: [N, C] -> [] */
function changedCrossEntropy(
  logProbability: Value,
  labels: Value,
  { labelSmoothing = 0, classWeights, focalGamma = 0 }: LossOptions,
): Value {
  const { graph, dtype } = logProbability
  let costs = neg(logProbability) // [N, C]: of saying each class
  if (focalGamma > 0) costs = mul(costs, power(sub(graph.constant(1, dtype), exp(logProbability)), focalGamma))
  if (classWeights) costs = mul(costs, graph.constant(classWeights, dtype))
  const labelled = reduceSum(pickColumn(costs, labels))
  if (labelSmoothing === 0) return labelled
  const classes = logProbability.shape[1] as number
  return add(scale(labelled, 1 - labelSmoothing), scale(reduceSum(costs), labelSmoothing / classes))
}

/** x^exponent of numbers from 0 to 1. The logarithm is kept finite, far below what float32 tells from 0 beside 1. */
const power = (x: Value, exponent: number): Value => exp(scale(log(shift(relu(x), 1e-20)), exponent))

/**
 * Binary cross-entropy, the sum of -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)), times `factor`, in a form that does not
 * overflow: x (1/2 - t) + |x| / 2 + log(1 + e^-|x|). The kinks of its last two terms cancel, so that its gradient at 0 is right
 * although that of |x| is 0 there. logits, targets: [N, C] -> []
 */
export function binaryCrossEntropy(logits: Value, targets: Value, factor: Value): Value {
  const magnitude = add(relu(logits), relu(neg(logits)))
  const linear = add(mul(logits, shift(neg(targets), 1 / 2)), scale(magnitude, 1 / 2)) // [N, C]
  return mul(reduceSum(add(linear, log(shift(exp(neg(magnitude)), 1)))), factor)
}

/** The sum of (x - t)^2, times `factor`. outputs, targets: [N, C] -> [] */
export function squaredError(outputs: Value, targets: Value, factor: Value): Value {
  const difference = sub(outputs, targets)
  return mul(reduceSum(mul(difference, difference)), factor)
}
