/** Picking rows or elements by index, and the adjoints that put them back. */
import { ShapeError } from '../../core/errors.ts'
import { elementCount, formatShape, sameShape } from '../../core/shape.ts'
import { apply, type Op, type Value } from '../graph.ts'
import { reshape } from './reduce.ts'

/** Y[i, ...] = data[indices[i], ...]. data: [R, ...], indices: int32 [...] */
export const Gather: Op = {
  name: 'Gather',
  infer: ([data, indices]) => [{ dtype: data.dtype, shape: [...indices.shape, ...data.shape.slice(1)] }],
  // A row's gradient is the sum of the gradients of its copies.
  gradient: ({ inputs: [data, indices], outputGradients: [dy] }) => [scatterAdd(dy!, indices, data), undefined],
  samples: [
    { inputs: [{ shape: [7, 3] }, { shape: [5], dtype: 'int32', range: [0, 6] }] },
    { inputs: [{ shape: [4, 3] }, { shape: [2, 5], dtype: 'int32', range: [0, 3] }] },
  ],
}

/** Y = zeros of the shape of `like`, with updates[i] added to row indices[i]; the adjoint of Gather. */
export const ScatterAdd: Op = {
  name: 'ScatterAdd',
  infer: ([updates, indices, like]) => {
    if (indices.shape.length !== 1 || !sameShape(updates.shape, [...indices.shape, ...like.shape.slice(1)])) {
      throw new ShapeError(
        'SCATTER',
        `updates ${formatShape(updates.shape)} do not fit rows of ${formatShape(like.shape)}`,
      )
    }
    return [{ dtype: like.dtype, shape: like.shape }]
  },
  gradient: ({ inputs: [, indices], outputGradients: [dy] }) => [gather(dy!, indices), undefined, undefined],
  emit: (node, emitter) => {
    // With several threads ONNX Runtime's ScatterND loses updates of rows that occur more than once (a data race, up to
    // 1.30); ScatterElements adds one after the other.
    const [updates, indices, like] = node.inputs
    const [shape, zeros, updateShape, rows] = ['shape', 'zeros', 'shape', 'rows'].map((hint) => emitter.fresh(hint))
    emitter.node('Shape', [like.name], [shape])
    emitter.zeros(shape, zeros, like.dtype)
    const inner = like.shape.slice(1).map((_, i) => BigInt(1 + i))
    const columns = emitter.fresh('columns')
    emitter.node('Unsqueeze', [indices.name, emitter.constant(BigInt64Array.from(inner), [inner.length])], [columns])
    emitter.node('Shape', [updates.name], [updateShape])
    emitter.node('Expand', [columns, updateShape], [rows])
    emitter.node('ScatterElements', [zeros, rows, updates.name], [node.outputs[0].name], { axis: 0, reduction: 'add' })
  },
  samples: [
    { inputs: [{ shape: [5, 3] }, { shape: [5], dtype: 'int32', values: [6, 0, 6, 2, 6] }, { shape: [7, 3] }] },
  ],
}

/** Y[i, 0] = x[i, columns[i]]: one element a row. x: [N, C], columns: int32 [N] -> [N, 1] */
export const PickColumn: Op = {
  name: 'PickColumn',
  infer: ([x, columns]) => [{ dtype: x.dtype, shape: [columns.shape[0], 1] }],
  gradient: ({ inputs: [x, columns], outputGradients: [dy] }) => [apply(PlaceColumn, [dy!, columns, x]), undefined],
  emit: (node, emitter) => {
    const [x, columns] = node.inputs
    const index = emitter.fresh('column')
    emitter.node('Unsqueeze', [columns.name, emitter.constant(BigInt64Array.of(1n), [1])], [index])
    emitter.node('GatherElements', [x.name, index], [node.outputs[0].name], { axis: 1 })
  },
  samples: [{ inputs: [{ shape: [3, 5] }, { shape: [3], dtype: 'int32', values: [4, 0, 4] }] }],
}

/** Y = zeros of the shape of `like` with values[i, 0] at [i, columns[i]]; the adjoint of PickColumn. */
export const PlaceColumn: Op = {
  name: 'PlaceColumn',
  infer: ([, , like]) => [{ dtype: like.dtype, shape: like.shape }],
  gradient: ({ inputs: [, columns], outputGradients: [dy] }) => [pickColumn(dy!, columns), undefined, undefined],
  emit: (node, emitter) => {
    const [values, columns, like] = node.inputs
    const [index, shape, zeros] = ['column', 'shape', 'zeros'].map((hint) => emitter.fresh(hint))
    emitter.node('Unsqueeze', [columns.name, emitter.constant(BigInt64Array.of(1n), [1])], [index])
    emitter.node('Shape', [like.name], [shape])
    emitter.zeros(shape, zeros, like.dtype)
    emitter.node('ScatterElements', [zeros, index, values.name], [node.outputs[0].name], { axis: 1 })
  },
  samples: [{ inputs: [{ shape: [3, 1] }, { shape: [3], dtype: 'int32', values: [4, 0, 4] }, { shape: [3, 5] }] }],
}

export const gather = (data: Value, indices: Value): Value => apply(Gather, [data, indices])
/** Adds rows to zeros. updates: [..., H], indices: int32 [...], like: [R, H] -> [R, H] */
export function scatterAdd(updates: Value, indices: Value, like: Value): Value {
  if (indices.shape.length === 1) return apply(ScatterAdd, [updates, indices, like])
  const count = indices.shape.every((dim) => typeof dim === 'number')
    ? elementCount(indices.shape)
    : indices.shape.join('*')
  const rows = reshape(updates, [count, ...like.shape.slice(1)])
  return apply(ScatterAdd, [rows, reshape(indices, [count]), like])
}
export const pickColumn = (x: Value, columns: Value): Value => apply(PickColumn, [x, columns])
