import type { Value } from '../../graph/graph.ts'
import { add, div, mul, scale, shift, sqrt } from '../../graph/ops/elementwise.ts'
import type { AdamSettings } from './adam-settings.ts'

/** Adam's moments after a step: m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2. */
export function newMoments(
  { firstMoment, secondMoment }: Record<string, Value>,
  gradients: Value,
  [beta1, beta2]: AdamSettings['betas'],
): { firstMoment: Value; secondMoment: Value } {
  return {
    firstMoment: add(scale(firstMoment, beta1), scale(gradients, 1 - beta1)),
    secondMoment: add(scale(secondMoment, beta2), mul(gradients, scale(gradients, 1 - beta2))),
  }
}

/**
 * What Adam subtracts from the weights: lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + epsilon).
 * @param inputs `learningRate` and the scalars of `biasCorrections`
 */
export function adamStep(
  inputs: Record<string, Value>,
  { firstMoment, secondMoment }: { firstMoment: Value; secondMoment: Value },
  epsilon: number,
): Value {
  const denominator = shift(mul(sqrt(secondMoment), inputs.inverseRootCorrection2), epsilon)
  const stepSize = mul(inputs.learningRate, inputs.inverseCorrection1) // a scalar
  return mul(stepSize, div(firstMoment, denominator))
}
