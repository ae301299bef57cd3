/** From vectors of windows to one vector a text. B windows, E texts, W windows of the text that has most, H hidden. */
import type { Value } from '../graph/graph.ts'
import { add, tanh } from '../graph/ops/elementwise.ts'
import { gather } from '../graph/ops/gather.ts'
import { matmul } from '../graph/ops/matmul.ts'
import { reshape } from '../graph/ops/reduce.ts'
import { reduceMax } from '../graph/ops/reduce-max.ts'
import { softmax } from '../graph/ops/softmax.ts'
import type { ParameterSpec } from './architecture.ts'
import type { BatchInputs } from './batch-inputs.ts'
import type { WindowPooling } from './long-texts.ts'
import type { ModelScope } from './model-scope.ts'

/** In front of the names of pooling's own parameters. */
export const windowAttention = 'window_attention'

/** The parameters that a pooling has: those of attention alone. */
export function poolingParameters(pooling: WindowPooling, hiddenSize: number): ParameterSpec[] {
  if (pooling !== 'attention') return []
  return [
    { name: `${windowAttention}.hidden.weight`, shape: [hiddenSize, hiddenSize], init: 'normal' },
    { name: `${windowAttention}.score.weight`, shape: [1, hiddenSize], init: 'normal' },
  ]
}

/**
 * Pools the vectors of each text's windows. `attention` is a mean whose weights are the softmax over a text's windows of
 * w tanh(V h) (Ilse, Tomczak and Welling 2018, "Attention-based deep multiple instance learning", equation 8). With any of them
 * a text of one window has the vector of that window.
 * vectors: [B, H] -> [E, H]
 */
export function poolWindows(scope: ModelScope, pooling: WindowPooling, vectors: Value, batch: BatchInputs): Value {
  const rows = batch.windowRows()
  const grid = gather(vectors, rows) // [E, W, H]
  const [texts, windows, hidden] = grid.shape
  if (pooling === 'max') return reduceMax(add(grid, reshape(batch.windowBias(), [texts, windows, 1])), [1]) // [E, H]
  const weights =
    pooling === 'mean' ? batch.windowShares() : softmax(add(windowScores(scope, vectors, rows), batch.windowBias())) // [E, W]
  return reshape(matmul(reshape(weights, [texts, 1, windows]), grid), [texts, hidden]) // [E, H]
}

/** vectors: [B, H], rows: int32 [E, W] -> [E, W] */
function windowScores(scope: ModelScope, vectors: Value, rows: Value): Value {
  return scope.at(windowAttention, (s) => {
    const hidden = tanh(matmul(vectors, s.weight('hidden.weight'), { transB: true })) // [B, H]
    const scores = matmul(hidden, s.weight('score.weight'), { transB: true }) // [B, 1]
    return reshape(gather(scores, rows), rows.shape) // [E, W]
  })
}
