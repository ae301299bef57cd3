import { DataError } from '../core/errors.ts'
import type { SequenceBatch } from '../data/collator.ts'
import type { DType, Graph, Value } from '../graph/graph.ts'
import type { Tensor } from '../runtime/backend.ts'

/**
 * The graph inputs that a batch is fed to. Sequences lie one behind the other in one flat list of N tokens without
 * padding; attention alone works on a padded grid of B sequences x T cells, and these vectors lead there and back.
 */
export interface BatchInputs {
  readonly graph: Graph
  /** int32 [tokens] */
  ids: Value
  /** Segment of each token: int32 [tokens] */
  typeIds: Value
  /** Position in its sequence: int32 [tokens] */
  positionIds: Value
  /** int32 [batch, heads, longest]; see PaddingIndex. */
  rowOfCell: Value
  /** int32 [tokens, heads] */
  cellOfRow: Value
  /** 1 where a cell holds a token: [batch, 1, longest, 1] */
  cellMask: Value
  /** Added to attention scores: 0 for tokens, very negative for padding: [batch, 1, 1, longest] */
  keyBias: Value
  /** Row of each sequence's first token: int32 [batch] */
  firstTokens: Value
  /** Rows that have a label of their own: int32 [masked] */
  maskedRows(): Value
  /** int32 [batch], or [masked] where tokens are labelled */
  labels(dim: 'batch' | 'masked'): Value
  /** 1 / number of items of the whole step: float scalar */
  lossScale(): Value
}

/** A batch of any task: labels are absent for prediction, `maskedRows` where sequences are labelled as wholes. */
export type ModelBatch = SequenceBatch & {
  /** int32 [B], or [M] with `maskedRows` */
  readonly labels?: Int32Array
  /** int32 [M] */
  readonly maskedRows?: Int32Array
}

/** Declares the inputs in a graph. */
export function declareBatchInputs(graph: Graph, heads: number, dtype: DType = 'float32'): BatchInputs {
  const once = new Map<string, Value>()
  const lazily = (name: string, type: DType, shape: (string | number)[]) => () => {
    const known = once.get(name) ?? graph.input(name, type, shape)
    once.set(name, known)
    return known
  }
  return {
    graph,
    ids: graph.input('ids', 'int32', ['tokens']),
    typeIds: graph.input('typeIds', 'int32', ['tokens']),
    positionIds: graph.input('positionIds', 'int32', ['tokens']),
    rowOfCell: graph.input('rowOfCell', 'int32', ['batch', heads, 'longest']),
    cellOfRow: graph.input('cellOfRow', 'int32', ['tokens', heads]),
    cellMask: graph.input('cellMask', dtype, ['batch', 1, 'longest', 1]),
    keyBias: graph.input('keyBias', dtype, ['batch', 1, 1, 'longest']),
    firstTokens: graph.input('firstTokens', 'int32', ['batch']),
    maskedRows: lazily('maskedRows', 'int32', ['masked']),
    labels: (dim) => lazily('labels', 'int32', [dim])(),
    lossScale: lazily('lossScale', dtype, []),
  }
}

/** Far below any score, so that its exponential is 0; the lowest float32, as transformers uses. */
const maskedScore = -3.4028234663852886e38

/** A batch as tensors for the inputs that a graph declares. */
export function batchTensors(
  batch: ModelBatch,
  heads: number,
  declared: ReadonlySet<string>,
  lossScale = 1,
): Record<string, Tensor> {
  const { size, tokens, longest } = batch
  const int32 = (data: Int32Array, ...dims: number[]): Tensor => ({
    dtype: 'int32',
    data,
    dims: dims.length > 0 ? dims : [data.length],
  })
  const all: Record<string, () => Tensor> = {
    ids: () => int32(batch.ids, tokens),
    typeIds: () => int32(batch.typeIds, tokens),
    positionIds: () => int32(batch.positionIds, tokens),
    rowOfCell: () => int32(rowOfCell(batch, heads), size, heads, longest),
    cellOfRow: () => int32(cellOfRow(batch, heads), tokens, heads),
    cellMask: () => ({ dtype: 'float32', data: batch.keyMask, dims: [size, 1, longest, 1] }),
    keyBias: () => ({
      dtype: 'float32',
      data: batch.keyMask.map((keep) => (keep ? 0 : maskedScore)),
      dims: [size, 1, 1, longest],
    }),
    firstTokens: () => int32(batch.firstTokens, size),
    maskedRows: () => int32(required(batch.maskedRows, 'maskedRows')),
    labels: () => int32(required(batch.labels, 'labels')),
    lossScale: () => ({ dtype: 'float32', data: Float32Array.of(lossScale), dims: [] }),
  }
  return Object.fromEntries(Object.entries(all).flatMap(([name, make]) => (declared.has(name) ? [[name, make()]] : [])))
}

function required(data: Int32Array | undefined, name: string): Int32Array {
  if (data) return data
  throw new DataError('BATCH_FIELD', `the batch has no ${name}: collate it with labels, for this head's task`)
}

/** Head a of the token in cell (b, t) is row token * heads + a. */
function rowOfCell({ size, longest, tokenRows }: SequenceBatch, heads: number): Int32Array {
  const rows = new Int32Array(size * heads * longest)
  for (let b = 0, i = 0; b < size; b++) {
    for (let a = 0; a < heads; a++) {
      for (let t = 0; t < longest; t++) rows[i++] = tokenRows[b * longest + t] * heads + a
    }
  }
  return rows
}

/** The token in cell (b, t) has its head a in cell (b, a, t). */
function cellOfRow({ tokens, longest, cellOfToken }: SequenceBatch, heads: number): Int32Array {
  const cells = new Int32Array(tokens * heads)
  for (let n = 0; n < tokens; n++) {
    const b = Math.floor(cellOfToken[n] / longest)
    const t = cellOfToken[n] % longest
    for (let a = 0; a < heads; a++) cells[n * heads + a] = (b * heads + a) * longest + t
  }
  return cells
}
