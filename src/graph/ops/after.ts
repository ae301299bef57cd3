import { apply, type Op, type Value } from '../graph.ts'

/**
 * y = x, but not before `other` is computed. An engine may compute a node whenever its inputs are there, and merges nodes that do
 * the same on the same inputs; what is to be computed a second time, later, needs an input that is not there earlier.
 * x: [...], other: [...] with at least one dimension
 */
export const After: Op = {
  name: 'After',
  infer: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  gradient: ({ outputGradients: [dy] }) => [dy, undefined],
  // A reshape to [0, 0, …], which ONNX takes for x's own shape and ONNX Runtime does without a copy. The zeros are a product
  // with the sizes of `other`.
  emit: ({ inputs: [x, other], outputs: [output] }, emitter) => {
    const [size, zeros] = [emitter.fresh('size'), emitter.fresh('zeros')]
    const rank = x.shape.length
    emitter.node('Shape', [other.name], [size], { start: 0, end: 1 })
    emitter.node('Mul', [size, emitter.constant(new BigInt64Array(rank), [rank])], [zeros])
    emitter.node('Reshape', [x.name, zeros], [output.name])
  },
  samples: [{ inputs: [{ shape: [3, 5, 2] }, { shape: [2, 4], fixed: true }] }],
}

/** x, once `other` is computed. */
export const after = (x: Value, other: Value): Value => apply(After, [x, other])
