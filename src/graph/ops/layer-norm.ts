import { ShapeError } from '../../core/errors.ts'
import { formatShape, sameShape } from '../../core/shape.ts'
import { apply, type Op, type Value } from '../graph.ts'
import { add, mul, scale, sub } from './elementwise.ts'
import { gemm } from './matmul.ts'
import { expandAs, reduceSum, reshape } from './reduce.ts'

/**
 * Layer normalisation (Ba et al. 2016) over the last axis of a matrix:
 * y = gamma xhat + beta, xhat = (x - mean) / sqrt(var + epsilon).
 * x: [N, H], gamma: [H], beta: [H] -> y: [N, H], mean: [N, 1], 1 / sqrt(var + epsilon): [N, 1]
 */
export const LayerNormalization: Op = {
  name: 'LayerNormalization',
  infer: ([x, gamma, beta]) => {
    const width = x.shape.slice(1)
    if (width.length !== 1 || typeof width[0] !== 'number') {
      throw new ShapeError('LAYER_NORM', `needs a matrix [rows, number], not ${formatShape(x.shape)}`)
    }
    if (!sameShape(gamma.shape, width) || !sameShape(beta.shape, width)) {
      throw new ShapeError(
        'LAYER_NORM',
        `gamma ${formatShape(gamma.shape)} and beta ${formatShape(beta.shape)} must be ${formatShape(width)}`,
      )
    }
    const statistics = { dtype: x.dtype, shape: [x.shape[0], 1] }
    return [{ dtype: x.dtype, shape: x.shape }, statistics, statistics]
  },
  // With g = gamma dy: dx = (g - mean(g) - xhat mean(g xhat)) / sqrt(var + epsilon),
  // dgamma = sum over rows of dy xhat, dbeta = sum over rows of dy.
  // The statistics add to dx when the loss uses them, as the gradient of a gradient does: with r = 1 / sqrt(var + epsilon),
  // dmean/dx = 1 / H and dr/dx = -r^2 xhat / H.
  gradient: ({ inputs: [x, gamma], outputs: [, mean, inverseStd], outputGradients: [dy, dMean, dInverseStd] }) => {
    const width = Number(x.shape[1])
    const normalized = mul(sub(x, mean), inverseStd) // [N, H]
    const parts: Value[] = []
    let dyNormalized: Value | undefined
    if (dy) {
      dyNormalized = mul(dy, normalized) // [N, H]
      // Row means as products with the column gamma / H: one read of the matrix each, no [N, H] intermediate.
      const column = reshape(mul(gamma, x.graph.constant(1 / width, x.dtype)), [width, 1])
      const meanG = gemm(dy, column) // [N, 1]
      const meanGNormalized = gemm(dyNormalized, column) // [N, 1]
      const centred = sub(sub(mul(dy, gamma), meanG), mul(normalized, meanGNormalized)) // [N, H]
      parts.push(mul(centred, inverseStd))
    }
    if (dMean) parts.push(expandAs(scale(dMean, 1 / width), x))
    if (dInverseStd) {
      const slope = mul(dInverseStd, mul(inverseStd, inverseStd)) // [N, 1]
      parts.push(mul(normalized, scale(slope, -1 / width)))
    }
    return [parts.reduce(add), dyNormalized && reduceSum(dyNormalized, [0]), dy && reduceSum(dy, [0])]
  },
  emit: (node, emitter) => {
    emitter.node(
      'LayerNormalization',
      node.inputs.map((input) => input.name),
      node.outputs.map((output) => output.name),
      { axis: -1, epsilon: { float: Number(node.attributes.epsilon) } },
    )
  },
  samples: [
    {
      inputs: [{ shape: [3, 7], range: [-2, 2] }, { shape: [7], range: [0.5, 1.5] }, { shape: [7] }],
      attributes: { epsilon: 1e-5 },
    },
  ],
}

/** x: [N, H], gamma: [H], beta: [H] -> [N, H] */
export function layerNorm(x: Value, gamma: Value, beta: Value, epsilon: number): Value {
  return apply(LayerNormalization, [x, gamma, beta], { epsilon })
}
