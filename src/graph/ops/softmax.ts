import { apply, type Op, type Value } from '../graph.ts'
import { exp, mul, sub } from './elementwise.ts'
import { reduceSum } from './reduce.ts'

/** Y = e^x / sum e^x along the last axis. */
export const Softmax: Op = {
  name: 'Softmax',
  infer: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  // dx = y (dy - sum(y dy))
  gradient: ({ outputs: [y], outputGradients: [dy] }) => {
    const weighted = mul(y, dy!)
    const total = reduceSum(weighted, [y.shape.length - 1], true)
    return [sub(weighted, mul(y, total))]
  },
  emit: (node, emitter) => emitter.node('Softmax', [node.inputs[0].name], [node.outputs[0].name], { axis: -1 }),
  samples: [{ inputs: [{ shape: [3, 5], range: [-3, 3] }] }, { inputs: [{ shape: [2, 3, 7], range: [-3, 3] }] }],
}

/** Y = x - log(sum e^x) along the last axis. */
export const LogSoftmax: Op = {
  name: 'LogSoftmax',
  infer: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  // dx = dy - e^y sum(dy)
  gradient: ({ outputs: [y], outputGradients: [dy] }) => {
    const total = reduceSum(dy!, [y.shape.length - 1], true)
    return [sub(dy!, mul(exp(y), total))]
  },
  emit: (node, emitter) => emitter.node('LogSoftmax', [node.inputs[0].name], [node.outputs[0].name], { axis: -1 }),
  samples: [{ inputs: [{ shape: [3, 5], range: [-3, 3] }] }],
}

export const softmax = (x: Value): Value => apply(Softmax, [x])
export const logSoftmax = (x: Value): Value => apply(LogSoftmax, [x])
