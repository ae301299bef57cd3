/** Sums along axes, and their adjoint, the expansion to a larger shape. */
import { ShapeError } from '../../core/errors.ts'
import { type Dim, elementCount, formatShape, normalizeAxis, type Shape } from '../../core/shape.ts'
import { apply, type Op, type TensorType, type Value } from '../graph.ts'

/** The shape that is left when `axes` are summed away, or kept as 1. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Dim[] {
  const summed = new Set(axes.map((axis) => normalizeAxis(axis, shape.length)))
  return shape.flatMap((dim, i) => (summed.has(i) ? (keepDims ? [1] : []) : [dim]))
}

/** Types of what reduces one tensor along the attribute `axes`. */
export function inferReduced(
  [x]: readonly TensorType[],
  attributes: Op['samples'][number]['attributes'] = {},
): TensorType[] {
  const { axes, keepDims } = attributes as { axes: number[]; keepDims: boolean }
  return [{ dtype: x.dtype, shape: reducedShape(x.shape, axes, keepDims) }]
}

/** y = sum of x along `axes`. */
export const ReduceSum: Op = {
  name: 'ReduceSum',
  infer: inferReduced,
  // dy/dx is 1 for every element that was summed: the gradient is spread over them.
  gradient: ({ node, inputs: [x], outputGradients: [dy] }) => {
    const { axes, keepDims } = node.attributes as { axes: number[]; keepDims: boolean }
    const kept = keepDims ? dy! : reshapeLike(dy!, reducedShape(x.shape, axes, true))
    return [expandAs(kept, x)]
  },
  emit: (node, emitter) => {
    const { axes, keepDims } = node.attributes as { axes: number[]; keepDims: boolean }
    const axesName = emitter.constant(BigInt64Array.from(axes, BigInt), [axes.length])
    emitter.node('ReduceSum', [node.inputs[0].name, axesName], [node.outputs[0].name], { keepdims: keepDims ? 1 : 0 })
  },
  samples: [
    { inputs: [{ shape: [3, 5, 2] }], attributes: { axes: [1], keepDims: false } },
    { inputs: [{ shape: [3, 5, 2] }], attributes: { axes: [0, 2], keepDims: true } },
    { inputs: [{ shape: [7] }], attributes: { axes: [0], keepDims: false } },
  ],
}

/** y = x repeated along its dimensions of size 1 until it has the shape of `like`. */
export const ExpandAs: Op = {
  name: 'ExpandAs',
  infer: ([x, like]) => {
    const fits = x.shape.length === like.shape.length && x.shape.every((dim, i) => dim === 1 || dim === like.shape[i])
    if (!fits) throw new ShapeError('EXPAND', `${formatShape(x.shape)} does not expand to ${formatShape(like.shape)}`)
    return [{ dtype: x.dtype, shape: like.shape }]
  },
  // Each element of x was copied: its gradient is the sum over the copies.
  gradient: ({ inputs: [x], outputGradients: [dy] }) => [sumTo(dy!, x.shape), undefined],
  emit: (node, emitter) => {
    const shape = emitter.fresh('shape')
    emitter.node('Shape', [node.inputs[1].name], [shape])
    emitter.node('Expand', [node.inputs[0].name, shape], [node.outputs[0].name])
  },
  samples: [{ inputs: [{ shape: [3, 1, 2] }, { shape: [3, 5, 2] }] }],
}

/** y = x with other dimensions and the same elements in the same order. At most one dimension may be a new name. */
export const Reshape: Op = {
  name: 'Reshape',
  infer: ([x], attributes) => {
    const { shape } = attributes as { shape: Dim[] }
    const numeric = (s: Shape) => s.every((dim) => typeof dim === 'number')
    if (numeric(x.shape) && numeric(shape) && elementCount(x.shape) !== elementCount(shape)) {
      throw new ShapeError('RESHAPE', `${formatShape(x.shape)} cannot become ${formatShape(shape)}: the sizes differ`)
    }
    if (shape.filter((dim, i) => typeof dim === 'string' && dim !== x.shape[i]).length > 1) {
      throw new ShapeError('RESHAPE', `${formatShape(shape)} leaves more than one dimension to be found out`)
    }
    return [{ dtype: x.dtype, shape }]
  },
  gradient: ({ inputs: [x], outputGradients: [dy] }) => [reshapeLike(dy!, x.shape, x)],
  emit: (node, emitter) => {
    const { shape } = node.attributes as { shape: Dim[] }
    const [x] = node.inputs
    // ONNX: 0 copies the input's dimension at the same place, -1 is found out from the number of elements.
    const target = shape.map((dim, i) => (typeof dim === 'number' ? dim : dim === x.shape[i] ? 0 : -1))
    const name = emitter.constant(BigInt64Array.from(target, BigInt), [target.length])
    emitter.node('Reshape', [x.name, name], [node.outputs[0].name])
  },
  samples: [{ inputs: [{ shape: [3, 10] }], attributes: { shape: [6, 5] } }],
}

/** y = x with the shape that `like` has when the graph runs. */
export const ReshapeAs: Op = {
  name: 'ReshapeAs',
  infer: ([x, like]) => [{ dtype: x.dtype, shape: like.shape }],
  gradient: ({ inputs: [x], outputGradients: [dy] }) => [reshapeLike(dy!, x.shape, x), undefined],
  emit: (node, emitter) => {
    const shape = emitter.fresh('shape')
    emitter.node('Shape', [node.inputs[1].name], [shape])
    emitter.node('Reshape', [node.inputs[0].name, shape], [node.outputs[0].name])
  },
  samples: [{ inputs: [{ shape: [3, 10] }, { shape: [5, 6] }] }],
}

/** Sums `x` along `axes`; all of them by default. */
export function reduceSum(x: Value, axes: readonly number[] = x.shape.map((_, i) => i), keepDims = false): Value {
  return axes.length === 0 ? x : apply(ReduceSum, [x], { axes, keepDims })
}

export function expandAs(x: Value, like: Value): Value {
  return apply(ExpandAs, [x, like])
}

export function reshape(x: Value, shape: Shape): Value {
  return apply(Reshape, [x], { shape })
}

/** Reshapes to a shape that may have several names, in which case `like`, a value of that shape, tells their sizes. */
function reshapeLike(x: Value, shape: Shape, like?: Value): Value {
  const unknown = shape.filter((dim, i) => typeof dim === 'string' && dim !== x.shape[i]).length
  return unknown > 1 && like ? apply(ReshapeAs, [x, like]) : reshape(x, shape)
}

/** Undoes broadcasting: sums `x` down to `shape`. The adjoint of broadcasting a tensor of `shape` to that of `x`. */
export function sumTo(x: Value, shape: Shape): Value {
  const extra = x.shape.length - shape.length
  const stretched = shape.flatMap((dim, i) => (dim === 1 && x.shape[i + extra] !== 1 ? [i] : []))
  const folded =
    extra > 0
      ? reduceSum(
          x,
          Array.from({ length: extra }, (_, i) => i),
        )
      : x
  return stretched.length > 0 ? reduceSum(folded, stretched, true) : folded
}
