/**
 * Between the flat list of real tokens and the padded grid that attention works on. Each is the other's adjoint, so both
 * directions, forward and backward, are plain gathers of rows: nothing is added up, and heads are split on the way.
 */
import { apply, type Op, type OpSample, type Value } from '../graph.ts'
import { reshape } from './reduce.ts'

/** The index vectors of a batch. */
export interface PaddingIndex {
  /** The flat row of each cell: int32 [B, heads, T]; padding cells hold any valid row. */
  rowOfCell: Value
  /** The cell of each flat row: int32 [N, heads]. */
  cellOfRow: Value
  /** 1 for cells that hold a token, 0 for padding: float [B, 1, T, 1]. */
  cellMask: Value
}

// Two sequences of 3 and 1 tokens, 2 heads: N = 4, B = 2, T = 3.
const rowOfCell = [0, 2, 4, 1, 3, 5, 6, 0, 0, 7, 0, 0]
const cellOfRow = [0, 3, 1, 4, 2, 5, 6, 9]
const cellMask = [1, 1, 1, 1, 0, 0]
const indexSamples = [
  { shape: [2, 2, 3], dtype: 'int32', values: rowOfCell },
  { shape: [4, 2], dtype: 'int32', values: cellOfRow },
  { shape: [2, 1, 3, 1], values: cellMask, fixed: true },
] as const satisfies OpSample['inputs'] | readonly unknown[]

/**
 * x: [N heads, D] -> [B, heads, T, D]. With `zeroFill` padding cells are 0. Without, they hold some row of x, and the
 * gradient is right only if what follows gives padding cells a gradient of 0, as attention does but for 2e-22 of it.
 */
export const PadRows: Op = {
  name: 'PadRows',
  infer: ([x, index]) => [{ dtype: x.dtype, shape: [...index.shape, x.shape[1]] }],
  gradient: ({ inputs: [x, rowOfCell, cellOfRow, cellMask], outputGradients: [dy] }) => {
    const rows = apply(UnpadRows, [dy!, rowOfCell, cellOfRow, cellMask]) // [N, heads, D]
    return [reshape(rows, x.shape), undefined, undefined, undefined]
  },
  emit: (node, emitter) => {
    const [x, index, , mask] = node.inputs
    const output = node.outputs[0].name
    if (!node.attributes.zeroFill) {
      emitter.node('Gather', [x.name, index.name], [output])
      return
    }
    const rows = emitter.fresh('rows')
    emitter.node('Gather', [x.name, index.name], [rows])
    emitter.node('Mul', [rows, mask.name], [output])
  },
  samples: [
    {
      inputs: [{ shape: [8, 5] }, ...structuredClone(indexSamples)] as OpSample['inputs'],
      attributes: { zeroFill: true },
    },
  ],
}

/** cells: [B, heads, T, D] -> [N, heads, D] */
export const UnpadRows: Op = {
  name: 'UnpadRows',
  infer: ([cells, , cellOfRow]) => [{ dtype: cells.dtype, shape: [...cellOfRow.shape, cells.shape[3]] }],
  gradient: ({ inputs: [, rowOfCell, cellOfRow, cellMask], outputGradients: [dy] }) => {
    const rows = reshape(dy!, [`${dy!.shape[0]}*${dy!.shape[1]}`, dy!.shape[2]])
    return [apply(PadRows, [rows, rowOfCell, cellOfRow, cellMask], { zeroFill: true }), undefined, undefined, undefined]
  },
  emit: (node, emitter) => {
    const [cells, , index] = node.inputs
    const rows = emitter.fresh('rows')
    const shape = emitter.constant(BigInt64Array.of(-1n, BigInt(cells.shape[3])), [2])
    emitter.node('Reshape', [cells.name, shape], [rows])
    emitter.node('Gather', [rows, index.name], [node.outputs[0].name])
  },
  samples: [{ inputs: [{ shape: [2, 2, 3, 5] }, ...structuredClone(indexSamples)] as OpSample['inputs'] }],
}

/** Splits heads and pads. x: [N, heads D] -> [B, heads, T, D] */
export function padRows(x: Value, index: PaddingIndex, headSize: number): Value {
  const rows = reshape(x, [`${x.shape[0]}*${index.cellOfRow.shape[1]}`, headSize]) // [N heads, D]
  return apply(PadRows, [rows, index.rowOfCell, index.cellOfRow, index.cellMask], { zeroFill: false })
}

/** Drops padding and merges heads. cells: [B, heads, T, D] -> [N, heads D] */
export function unpadRows(cells: Value, index: PaddingIndex): Value {
  const rows = apply(UnpadRows, [cells, index.rowOfCell, index.cellOfRow, index.cellMask]) // [N, heads, D]
  const [n, heads, headSize] = rows.shape
  return reshape(rows, [n, Number(heads) * Number(headSize)])
}
