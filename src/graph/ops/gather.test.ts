import { expect, test } from 'vitest'
import { randomStream } from '../../core/random.ts'
import { onnxRuntimeBackend } from '../../runtime/node/onnxruntime.ts'
import { gradients } from '../autodiff.ts'
import { Graph } from '../graph.ts'
import { toOnnx } from '../onnx.ts'
import { mul } from './elementwise.ts'
import { gather, scatterAdd } from './gather.ts'
import { reduceSum } from './reduce.ts'

const rows = 5000
const width = 64
const tableRows = 50

/** Adds `updates` at `indices`, `repeats` times in one session. */
async function scatter(
  updates: Float32Array,
  indices: Int32Array,
  threads: number,
  repeats: number,
): Promise<Float32Array[]> {
  const graph = new Graph()
  const u = graph.input('updates', 'float32', ['rows', width])
  const like = graph.input('like', 'float32', [tableRows, width])
  graph.output('sum', scatterAdd(u, graph.input('indices', 'int32', ['rows']), like))
  const session = await onnxRuntimeBackend({ threads }).createSession(toOnnx(graph))
  const feeds = {
    updates: { dtype: 'float32' as const, data: updates, dims: [rows, width] },
    indices: { dtype: 'int32' as const, data: indices, dims: [rows] },
    like: { dtype: 'float32' as const, data: new Float32Array(tableRows * width), dims: [tableRows, width] },
  }
  const results: Float32Array[] = []
  for (let i = 0; i < repeats; i++) {
    results.push(Float32Array.from((await session.run(feeds, { sum: null })).sum.data as Float32Array))
  }
  await session.release()
  return results
}

// ONNX Runtime's ScatterND fails these two about every second time: it takes threads that really run at once. That no op uses
// it is tested with the ONNX bytes.
const random = randomStream('scatter test')
const indices = Int32Array.from({ length: rows }, () => random.integer(tableRows))

test('adding many rows to few loses none of them, with several threads', async () => {
  // Whole numbers add up exactly in any order, so that a lost row is the only way to be wrong.
  const updates = Float32Array.from({ length: rows * width }, () => random.integer(17) - 8)
  const expected = new Float32Array(tableRows * width)
  updates.forEach((value, i) => {
    expected[indices[Math.floor(i / width)] * width + (i % width)] += value
  })
  for (const sum of await scatter(updates, indices, 2, 20)) expect(sum).toEqual(expected)
})

test('adding many rows to few gives the same bits each time, with any number of threads', async () => {
  const updates = Float32Array.from({ length: rows * width }, () => random.uniform() * 2 - 1)
  const bits = (sum: Float32Array) => new Uint32Array(sum.buffer)
  const [single] = await scatter(updates, indices, 1, 1)
  for (const sum of await scatter(updates, indices, 2, 20)) expect(bits(sum)).toEqual(bits(single))
})

test('rows are gathered and put back by indices of any rank', async () => {
  const graph = new Graph()
  const table = graph.input('table', 'float32', [4])
  const ids = graph.input('ids', 'int32', ['batch', 'tokens'])
  const picked = gather(table, ids)
  graph.output('picked', picked)
  graph.output('gradient', gradients(reduceSum(mul(picked, picked)), [table])[0]) // 2 table, once for each copy
  const session = await onnxRuntimeBackend({ threads: 1 }).createSession(toOnnx(graph))
  const feeds = {
    table: { dtype: 'float32' as const, data: Float32Array.of(1, 2, 3, 4), dims: [4] },
    ids: { dtype: 'int32' as const, data: Int32Array.of(1, 3, 1, 0, 1, 0), dims: [2, 3] },
  }
  const { picked: y, gradient } = await session.run(feeds, { picked: null, gradient: null })
  await session.release()
  expect(y.dims).toEqual([2, 3])
  expect([...(y.data as Float32Array)]).toEqual([2, 4, 2, 1, 2, 1])
  expect([...(gradient.data as Float32Array)]).toEqual([4, 12, 0, 8])
})
