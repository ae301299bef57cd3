import { apply, type Op, type Value } from '../graph.ts'
import { div, mul, neg, shift, sign, sub } from './elementwise.ts'
import { expandAs, inferReduced, reducedShape, reduceSum, reshape } from './reduce.ts'

/** y = the largest element of x along `axes`. */
export const ReduceMax: Op = {
  name: 'ReduceMax',
  infer: inferReduced,
  // dy/dx is 1 where x = y, else 0. Equal ones share the gradient evenly, as in PyTorch's amax.
  gradient: ({ node, inputs: [x], outputs: [y], outputGradients: [dy] }) => {
    const { axes, keepDims } = node.attributes as { axes: number[]; keepDims: boolean }
    const spread = (each: Value) => expandAs(keepDims ? each : reshape(each, reducedShape(x.shape, axes, true)), x)
    const isLargest = shift(neg(sign(sub(spread(y), x))), 1)
    return [mul(isLargest, spread(div(dy!, reduceSum(isLargest, axes, keepDims))))]
  },
  emit: (node, emitter) => {
    const { axes, keepDims } = node.attributes as { axes: number[]; keepDims: boolean }
    const axesName = emitter.constant(BigInt64Array.from(axes, BigInt), [axes.length])
    emitter.node('ReduceMax', [node.inputs[0].name, axesName], [node.outputs[0].name], { keepdims: keepDims ? 1 : 0 })
  },
  samples: [
    { inputs: [{ shape: [3, 5] }], attributes: { axes: [1], keepDims: true } },
    { inputs: [{ shape: [2, 5, 3] }], attributes: { axes: [1], keepDims: false } },
  ],
}

/** The largest elements of `x` along `axes`. */
export function reduceMax(x: Value, axes: readonly number[], keepDims = false): Value {
  return apply(ReduceMax, [x], { axes, keepDims })
}
