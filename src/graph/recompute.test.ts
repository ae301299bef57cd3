import { expect, test } from 'vitest'
import { onnxRuntimeBackend } from '../runtime/node/onnxruntime.ts'
import { gradients } from './autodiff.ts'
import { Graph, type Value } from './graph.ts'
import { liveNodes } from './live.ts'
import { toOnnx } from './onnx.ts'
import { mul, tanh } from './ops/elementwise.ts'
import { matmul } from './ops/matmul.ts'
import { reduceSum } from './ops/reduce.ts'
import { verify } from './verify.ts'

const size = 64

/** A chain of segments, each tanh(tanh(x W) W), and the gradient of its sum with respect to the first x and every W. */
function chain(segments: number, recompute: boolean) {
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['rows', size])
  const weights = Array.from({ length: segments }, (_, i) => graph.input(`w${i}`, 'float32', [size, size]))
  let y = x
  for (const w of weights) y = graph.segment(() => tanh(matmul(tanh(matmul(y, w)), w)))
  const loss = reduceSum(mul(y, y))
  for (const [i, gradient] of gradients(loss, [x, ...weights], { recompute }).entries()) {
    graph.output(`gradient ${i}`, gradient)
  }
  graph.output('loss', loss)
  verify(graph)
  return graph
}

const numbers = (count: number, factor: number) => Float32Array.from({ length: count }, (_, i) => factor * Math.sin(i))

async function run(graph: Graph, rows: number) {
  const session = await onnxRuntimeBackend({ threads: 1 }).createSession(toOnnx(graph))
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name }) => {
      const dims = [name === 'x' ? rows : size, size]
      return [name, { dtype: 'float32' as const, dims, data: numbers(dims[0] * size, 0.3) }]
    }),
  )
  const outputs = await session.run(feeds, Object.fromEntries([...graph.outputs.keys()].map((name) => [name, null])))
  await session.release()
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]))
}

const isBackward = ({ scope }: { scope: string }) => scope === 'grad' || scope === 'again'

test('gives the same gradients, bit for bit', async () => {
  for (const rows of [1, 5]) expect(await run(chain(3, true), rows)).toEqual(await run(chain(3, false), rows))
})

/** Names of the values in segments that the backward pass reads. */
function keptBy(graph: Graph): string[] {
  const nodes = liveNodes(graph)
  const read = new Set(nodes.filter(isBackward).flatMap(({ inputs }) => inputs))
  const inSegments = new Set(graph.segments.flat())
  return nodes.filter((node) => inSegments.has(node) && read.has(node.outputs[0])).map(({ outputs }) => outputs[0].name)
}

test('keeps what segments read, and nothing of what is in them', () => {
  const graph = chain(3, true)
  // The loss reads the last segment's output; each of the others is read by the one behind it.
  expect(keptBy(graph)).toEqual(graph.segments.map((segment) => segment.at(-1)!.outputs[0].name))
  expect(keptBy(chain(3, false))).toHaveLength(6)
})

test('waits for the gradient that reaches a segment', () => {
  const graph = chain(2, true)
  const order = new Map(liveNodes(graph).map((node, i) => [node, i]))
  const depends = (node: { inputs: readonly Value[] }, on: unknown): boolean =>
    node.inputs.some(({ producer }) => producer !== undefined && (producer === on || depends(producer, on)))
  const copies = [...order.keys()].filter(({ op, scope }) => scope === 'again' && op.name === 'MatMul')
  expect(copies).toHaveLength(4)
  const ofFirst = copies.slice(2)
  // The first segment comes again only when the backward pass of the second is over.
  const lastOfSecond = [...order.keys()].filter(({ op, scope }) => scope === 'grad' && op.name === 'MatMul')
  for (const copy of ofFirst) expect(lastOfSecond.some((node) => depends(copy, node))).toBe(true)
})

test('of a graph without segments changes nothing', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [size])
  gradients(reduceSum(tanh(x)), [x], { recompute: true })
  expect(graph.nodes.some(({ scope }) => scope === 'again')).toBe(false)
})
