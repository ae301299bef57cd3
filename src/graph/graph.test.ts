import { expect, test } from 'vitest'
import { ShapeError } from '../core/errors.ts'
import { onnxRuntimeBackend } from '../runtime/node/onnxruntime.ts'
import { gradients } from './autodiff.ts'
import { Graph } from './graph.ts'
import { liveNodes } from './live.ts'
import { toOnnx } from './onnx.ts'
import { add, exp, mul, scale, tanh } from './ops/elementwise.ts'
import { geluTanh } from './ops/gelu.ts'
import { gemm } from './ops/matmul.ts'
import { reduceSum } from './ops/reduce.ts'
import { printGraph } from './print.ts'
import { verify } from './verify.ts'

const backend = onnxRuntimeBackend({ threads: 1 })

async function run(
  graph: Graph,
  inputs: Record<string, [data: number[], dims: number[]]>,
): Promise<Record<string, number[]>> {
  const session = await backend.createSession(toOnnx(graph))
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, [data, dims]]) => [
      name,
      { dtype: 'float64' as const, data: Float64Array.from(data), dims },
    ]),
  )
  const results = await session.run(feeds, Object.fromEntries([...graph.outputs.keys()].map((name) => [name, null])))
  await session.release()
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float64Array)]))
}

test('a value that is used twice gets the sum of both gradients', async () => {
  const graph = new Graph()
  const x = graph.input('x', 'float64', [2])
  graph.output('dx', gradients(reduceSum(add(mul(x, x), scale(x, 3))), [x])[0]) // d(x^2 + 3 x) = 2 x + 3
  expect((await run(graph, { x: [[2, -5], [2]] })).dx).toEqual([7, -7])
})

test('the gradient of a gradient', async () => {
  const graph = new Graph()
  const x = graph.input('x', 'float64', [1])
  const [first] = gradients(reduceSum(mul(x, mul(x, x))), [x])
  graph.output('second', gradients(reduceSum(first), [x])[0]) // (x^3)'' = 6 x
  expect((await run(graph, { x: [[1.5], [1]] })).second).toEqual([9])
})

test('one graph with named dimensions serves every size', async () => {
  const graph = new Graph()
  const x = graph.input('x', 'float64', ['rows', 2])
  const w = graph.input('w', 'float64', [2, 3])
  graph.output('dw', gradients(reduceSum(gemm(x, w)), [w])[0]) // each row of dw: the column sum of x
  const w6: [number[], number[]] = [
    [1, 2, 3, 4, 5, 6],
    [2, 3],
  ]
  expect(
    (
      await run(graph, {
        x: [
          [1, 2],
          [1, 2],
        ],
        w: w6,
      })
    ).dw,
  ).toEqual([1, 1, 1, 2, 2, 2])
  expect(
    (
      await run(graph, {
        x: [
          [1, 2, 3, 4, 5, 6],
          [3, 2],
        ],
        w: w6,
      })
    ).dw,
  ).toEqual([9, 9, 9, 12, 12, 12])
})

test('a loss must be a scalar that depends on what it is differentiated by', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [2])
  const y = graph.input('y', 'float32', [2])
  expect(() => gradients(x, [x])).toThrow(/scalar.*float32\[2\]/)
  expect(() => gradients(reduceSum(x), [y])).toThrow(/does not depend on "y"/)
})

test('the tanh form of GELU has PyTorch’s values', async () => {
  // torch 2.13: F.gelu(torch.tensor([-2, -0.5, 0, 0.3, 1.7], dtype=torch.float64), approximate='tanh')
  const expected = [-0.04540230591222494, -0.15428599017485606, 0, 0.18537092354275922, 1.624105895551156]
  const graph = new Graph()
  graph.output('y', geluTanh(graph.input('x', 'float64', [5])))
  const { y } = await run(graph, { x: [[-2, -0.5, 0, 0.3, 1.7], [5]] })
  y.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 12)
  })
})

test('an op says where its inputs do not fit', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['tokens', 3])
  const w = graph.input('w', 'float32', [4, 5])
  expect(() => graph.scope('encoder', () => graph.scope('dense', () => gemm(x, w)))).toThrow(
    /Gemm in encoder\.dense: .*3 against 4.*x float32\[tokens, 3\], w float32\[4, 5\]/,
  )
  expect(() => add(x, new Graph().input('z', 'float32', [3]))).toThrow(/belongs to another graph/)
  expect(() => graph.input('x', 'float32', [])).toThrow(ShapeError)
})

test('verification finds a value that is used before it is made, and a wrong type', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [2])
  graph.output('y', exp(tanh(x)))
  verify(graph)
  graph.nodes.reverse()
  expect(() => verify(graph)).toThrow(/before it is defined/)
  graph.nodes.reverse()
  Object.assign(graph.nodes[0].outputs[0], { shape: [3] })
  expect(() => verify(graph)).toThrow(/Tanh.*float32\[3\].*infers float32\[2\]/)
})

test('a graph prints as text', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['tokens', 2])
  graph.scope('layer', () =>
    graph.output('y', scale(gemm(x, graph.input('w', 'float32', [3, 2]), undefined, { transB: true }), 0.5)),
  )
  expect(printGraph(graph)).toBe(
    [
      'input x: float32[tokens, 2]',
      'input w: float32[3, 2]',
      'const const_0: float32[] = 0.5',
      '%0: float32[tokens, 3] = Gemm(x, w) transA=false transB=true alpha=1  # layer',
      '%1: float32[tokens, 3] = Mul(%0, const_0)  # layer',
      'output y = %1',
      '',
    ].join('\n'),
  )
})

test('nodes that no output needs are left out', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [2])
  const kept = exp(x)
  tanh(kept)
  graph.output('y', kept)
  expect(liveNodes(graph).map((node) => node.op.name)).toEqual(['Exp'])
})

test('equal constants are stored once', () => {
  const graph = new Graph()
  expect(graph.constant([1, 2], 'float32')).toBe(graph.constant([1, 2], 'float32'))
  expect(graph.constant(1, 'float32')).not.toBe(graph.constant(1, 'float64'))
})
