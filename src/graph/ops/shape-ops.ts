/** Ops that move elements around without arithmetic. */
import { ShapeError } from '../../core/errors.ts'
import { formatShape } from '../../core/shape.ts'
import { type Attributes, apply, type DType, isFloat, type Op, type Value } from '../graph.ts'

/** y = x with its axes in the order `perm`. */
export const Transpose: Op = {
  name: 'Transpose',
  infer: ([x], attributes) => {
    const { perm } = attributes as { perm: number[] }
    if (perm.length !== x.shape.length) {
      throw new ShapeError('TRANSPOSE', `perm ${JSON.stringify(perm)} does not fit ${formatShape(x.shape)}`)
    }
    return [{ dtype: x.dtype, shape: perm.map((axis) => x.shape[axis]) }]
  },
  // The inverse permutation brings the gradient back.
  gradient: ({ node, outputGradients: [dy] }) => {
    const { perm } = node.attributes as { perm: number[] }
    const inverse = perm.map((_, axis) => perm.indexOf(axis))
    return [transpose(dy!, inverse)]
  },
  samples: [{ inputs: [{ shape: [2, 3, 5] }], attributes: { perm: [2, 0, 1] } }],
}

/** y = x in another element type. */
export const Cast: Op = {
  name: 'Cast',
  infer: ([x], attributes) => [{ dtype: (attributes as { to: DType }).to, shape: x.shape }],
  gradient: ({ inputs: [x], outputGradients: [dy] }) => [isFloat(x.dtype) ? cast(dy!, x.dtype) : undefined],
  emit: (node, emitter) => {
    const to = emitter.elementType((node.attributes as Attributes & { to: DType }).to)
    emitter.node('Cast', [node.inputs[0].name], [node.outputs[0].name], { to })
  },
  samples: [{ inputs: [{ shape: [3, 5], dtype: 'int32', range: [-9, 9] }], attributes: { to: 'float32' } }],
}

export const transpose = (x: Value, perm: readonly number[]): Value => apply(Transpose, [x], { perm })
export const cast = (x: Value, to: DType): Value => (x.dtype === to ? x : apply(Cast, [x], { to }))
