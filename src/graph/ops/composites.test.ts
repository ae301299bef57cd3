/** Functions of several ops, values and gradients, against PyTorch's recorded answers. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../runtime/backend.ts'
import { onnxRuntimeBackend } from '../../runtime/node/onnxruntime.ts'
import { gradients } from '../autodiff.ts'
import { constantData, type DType, Graph, type Target } from '../graph.ts'
import { toOnnx } from '../onnx.ts'
import { verify } from '../verify.ts'
import { add, mul, tanh } from './elementwise.ts'
import { gather } from './gather.ts'
import { geluTanh } from './gelu.ts'
import { LayerNormalization } from './layer-norm.ts'
import { gemm, matmul } from './matmul.ts'
import { type PaddingIndex, padRows, unpadRows } from './pad-rows.ts'
import { reduceSum, reshape } from './reduce.ts'
import { softmax } from './softmax.ts'

interface Given {
  shape: number[]
  values: number[]
}

const {
  geluTanh: gelu,
  twoSizes,
  ragged,
  layerNorm,
} = JSON.parse(readFileSync(new URL('./composites.fixture.json', import.meta.url), 'utf8')) as {
  geluTanh: { given: { x: Given; weights: Given }; answer: { y: number[]; dx: number[] } }
  twoSizes: {
    given: { table: Given; weight: Given; bias: Given; sizes: { ids: Given; scoreBias: Given }[] }
    answer: { sizes: { loss: number; gradients: Record<string, number[]> }[] }
  }
  ragged: {
    given: { lengths: number[]; heads: number; x: Given; weights: Given }
    answer: { y: number[]; dx: number[] }
  }
  layerNorm: {
    given: Record<
      'x' | 'gamma' | 'beta' | 'weights' | 'gradientWeights' | 'meanWeights' | 'inverseStdWeights',
      Given
    > & { epsilon: number }
    answer: { second: { x: number[]; gamma: number[] }; statistics: number[]; all: number[] }
  }
}

/** Relative above 1, absolute below: rounding through tens of operations, of which float64 has 1e-16 and float32 6e-8 each. */
const tolerances = { float64: 1e-13, float32: 1e-6 }
type Float = keyof typeof tolerances

/** Both targets, each in the type that its own operators take (FusedMatMul is float32). */
const variants: [Float, Target][] = [
  ['float64', 'portable'],
  ['float64', 'cpu'],
  ['float32', 'portable'],
  ['float32', 'cpu'],
]

const backend = onnxRuntimeBackend({ threads: 1 })

const tensor = (dtype: DType, { shape, values }: Given): Tensor => ({
  dtype,
  data: constantData(dtype, values),
  dims: shape,
})

/** Runs one session on each of several sets of inputs. */
async function run(
  graph: Graph,
  target: Target,
  ...feeds: Record<string, Tensor>[]
): Promise<Record<string, Tensor>[]> {
  verify(graph)
  const session = await backend.createSession(toOnnx(graph, target))
  try {
    const fetches = Object.fromEntries([...graph.outputs.keys()].map((name) => [name, null]))
    const results: Record<string, Tensor>[] = []
    for (const feed of feeds) results.push(await session.run(feed, fetches))
    return results
  } finally {
    await session.release()
  }
}

function expectClose({ data }: Tensor, expected: readonly number[], tolerance: number): void {
  expect(data.length).toBe(expected.length)
  expected.forEach((value, i) => {
    const error = Math.abs(Number(data[i]) - value) / Math.max(1, Math.abs(value))
    expect(error, `element ${i}: ${data[i]} against ${value}`).toBeLessThanOrEqual(tolerance)
  })
}

describe.each(variants)('in %s on %s', (float, target) => {
  const tolerance = tolerances[float]

  test('the tanh form of GELU', async () => {
    const { given, answer } = gelu
    const graph = new Graph()
    const x = graph.input('x', float, ['n'])
    const y = geluTanh(x)
    graph.output('y', y)
    graph.output('dx', gradients(reduceSum(mul(y, graph.input('weights', float, ['n']))), [x])[0])
    const [result] = await run(graph, target, { x: tensor(float, given.x), weights: tensor(float, given.weights) })
    expectClose(result.y, answer.y, tolerance)
    expectClose(result.dx, answer.dx, tolerance)
  })

  test('one graph with names for batch and tokens, at two sizes', async () => {
    const { given, answer } = twoSizes
    const graph = new Graph()
    const inputs = {
      table: graph.input('table', float, [11, 4]),
      weight: graph.input('weight', float, [4, 4]),
      bias: graph.input('bias', float, [4]),
      scoreBias: graph.input('scoreBias', float, ['batch', 1, 'tokens']),
    }
    const hidden = gather(inputs.table, graph.input('ids', 'int32', ['batch', 'tokens'])) // [batch, tokens, 4]
    const scores = add(matmul(hidden, hidden, { transB: true }), inputs.scoreBias) // [batch, tokens, tokens]
    const context = matmul(softmax(scores), hidden) // [batch, tokens, 4]
    const rows = reshape(context, ['batch*tokens', 4])
    const y = tanh(add(gemm(rows, inputs.weight, undefined, { transB: true }), inputs.bias))
    const loss = reduceSum(mul(y, y))
    graph.output('loss', loss)
    const names = Object.keys(inputs)
    gradients(loss, Object.values(inputs)).forEach((gradient, i) => {
      graph.output(`d ${names[i]}`, gradient)
    })
    const weights = Object.fromEntries(
      (['table', 'weight', 'bias'] as const).map((name) => [name, tensor(float, given[name])]),
    )
    const results = await run(
      graph,
      target,
      ...given.sizes.map(({ ids, scoreBias }) => ({
        ...weights,
        ids: tensor('int32', ids),
        scoreBias: tensor(float, scoreBias),
      })),
    )
    results.forEach((result, size) => {
      expectClose(result.loss, [answer.sizes[size].loss], tolerance)
      for (const name of names) expectClose(result[`d ${name}`], answer.sizes[size].gradients[name], tolerance)
      expect(result['d scoreBias'].dims).toEqual(given.sizes[size].scoreBias.shape)
    })
  })

  test('attention on a padded grid of ragged sequences is attention of each by itself', async () => {
    const { given, answer } = ragged
    const { feeds, mask } = paddingFeeds(given.lengths, given.heads, float)
    const graph = new Graph()
    const x = graph.input('x', float, ['rows', 6])
    const q = padRows(x, paddingInputs(graph, given.heads, float), 3) // [batch, heads, longest, 3]
    const scores = add(matmul(q, q, { transB: true }), graph.input('keyMask', float, ['batch', 1, 1, 'longest']))
    const y = unpadRows(matmul(softmax(scores), q), paddingInputs(graph, given.heads, float)) // [rows, 6]
    graph.output('y', y)
    graph.output('dx', gradients(reduceSum(mul(y, graph.input('weights', float, ['rows', 6]))), [x])[0])
    const [result] = await run(graph, target, {
      x: tensor(float, given.x),
      weights: tensor(float, given.weights),
      keyMask: mask,
      ...feeds,
    })
    expectClose(result.y, answer.y, tolerance)
    expectClose(result.dx, answer.dx, tolerance)
  })

  test.each([{ lengths: [4, 1, 3] }, { lengths: [1] }, { lengths: [2, 2] }, { lengths: [1, 6] }])(
    'padding rows and back changes nothing, lengths $lengths',
    async ({ lengths }) => {
      const rows = lengths.reduce((sum, length) => sum + length, 0)
      const values = Array.from({ length: rows * 6 }, (_, i) => i + 1)
      const weights = values.map((value) => -3 * value)
      const graph = new Graph()
      const x = graph.input('x', float, ['rows', 6])
      const index = paddingInputs(graph, 2, float)
      const y = unpadRows(padRows(x, index, 3), index)
      graph.output('y', y)
      graph.output('dx', gradients(reduceSum(mul(y, graph.input('weights', float, ['rows', 6]))), [x])[0])
      const [result] = await run(graph, target, {
        x: tensor(float, { shape: [rows, 6], values }),
        weights: tensor(float, { shape: [rows, 6], values: weights }),
        ...paddingFeeds(lengths, 2, float).feeds,
      })
      expect(Array.from(result.y.data, Number)).toEqual(values)
      expect(Array.from(result.dx.data, Number)).toEqual(weights)
    },
  )
})

// Its statistics are float32 in ONNX for every input type.
describe.each<Target>(['cpu', 'portable'])('layer normalisation on %s', (target) => {
  const { given, answer } = layerNorm
  const build = () => {
    const graph = new Graph()
    const input = (name: Exclude<keyof typeof given, 'epsilon'>) => graph.input(name, 'float32', given[name].shape)
    const x = input('x')
    const gamma = input('gamma')
    const [y, mean, inverseStd] = graph.apply(LayerNormalization, [x, gamma, input('beta')], { epsilon: given.epsilon })
    const weighted = reduceSum(mul(y, input('weights')))
    return { graph, input, x, gamma, mean, inverseStd, weighted }
  }
  const feedsOf = (graph: Graph) =>
    Object.fromEntries(
      graph.inputs.map(({ name }) => [name, tensor('float32', given[name as Exclude<keyof typeof given, 'epsilon'>])]),
    )

  test('the gradient of a gradient', async () => {
    const { graph, input, x, gamma, weighted } = build()
    const [dx] = gradients(weighted, [x])
    const second = gradients(reduceSum(mul(dx, input('gradientWeights'))), [x, gamma])
    graph.output('x again', second[0])
    graph.output('gamma again', second[1])
    const [result] = await run(graph, target, feedsOf(graph))
    expectClose(result['x again'], answer.second.x, tolerances.float32)
    expectClose(result['gamma again'], answer.second.gamma, tolerances.float32)
  })

  test('the gradient of a loss of its statistics', async () => {
    const { graph, input, x, mean, inverseStd, weighted } = build()
    const statistics = add(
      reduceSum(mul(mean, input('meanWeights'))),
      reduceSum(mul(inverseStd, input('inverseStdWeights'))),
    )
    graph.output('statistics', gradients(statistics, [x])[0])
    graph.output('all', gradients(add(weighted, statistics), [x])[0])
    const [result] = await run(graph, target, feedsOf(graph))
    expectClose(result.statistics, answer.statistics, tolerances.float32)
    expectClose(result.all, answer.all, tolerances.float32)
  })
})

/** The same inputs for every call on one graph. */
function paddingInputs(graph: Graph, heads: number, float: Float): PaddingIndex {
  const known = (name: string) => graph.inputs.find((input) => input.name === name)
  return {
    rowOfCell: known('rowOfCell') ?? graph.input('rowOfCell', 'int32', ['batch', heads, 'longest']),
    cellOfRow: known('cellOfRow') ?? graph.input('cellOfRow', 'int32', ['rows', heads]),
    cellMask: known('cellMask') ?? graph.input('cellMask', float, ['batch', 1, 'longest', 1]),
  }
}

/** Index vectors by their definition: token t of sequence b, head h is flat row (start[b] + t) heads + h. */
function paddingFeeds(lengths: number[], heads: number, float: Float) {
  const longest = Math.max(...lengths)
  const rowOfCell: number[] = []
  const cellOfRow: number[] = []
  const cellMask: number[] = []
  let start = 0
  lengths.forEach((length, b) => {
    for (let h = 0; h < heads; h++) {
      for (let t = 0; t < longest; t++) rowOfCell.push(t < length ? (start + t) * heads + h : 0)
    }
    for (let t = 0; t < longest; t++) cellMask.push(t < length ? 1 : 0)
    for (let t = 0; t < length; t++) {
      for (let h = 0; h < heads; h++) cellOfRow.push((b * heads + h) * longest + t)
    }
    start += length
  })
  const batch = lengths.length
  const keys = cellMask.map((real) => (real ? 0 : -1e9))
  return {
    feeds: {
      rowOfCell: tensor('int32', { shape: [batch, heads, longest], values: rowOfCell }),
      cellOfRow: tensor('int32', { shape: [start, heads], values: cellOfRow }),
      cellMask: tensor(float, { shape: [batch, 1, longest, 1], values: cellMask }),
    },
    /** Added to scores: keys that are padding get a probability of 0. */
    mask: tensor(float, { shape: [batch, 1, 1, longest], values: keys }),
  }
}
