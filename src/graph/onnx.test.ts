import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { describe, expect, test } from 'vitest'
import { opCases } from '../../test/op-samples.ts'
import { onnxRuntimeBackend } from '../runtime/node/onnxruntime.ts'
import { gradients } from './autodiff.ts'
import { Graph, isFloat, type Target } from './graph.ts'
import { toOnnx } from './onnx.ts'
import { add, mul, scale } from './ops/elementwise.ts'
import { gemm } from './ops/matmul.ts'
import { reduceSum } from './ops/reduce.ts'

const backend = onnxRuntimeBackend({ threads: 1 })

type Fields = Map<number, (Uint8Array | number)[]>

/** The fields of a protobuf message by number, undecoded. */
function fields(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes)
  const found: Fields = new Map()
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    let value: Uint8Array | number
    if (type === WireType.LengthDelimited) value = reader.bytes()
    else if (type === WireType.Bit32) value = reader.float()
    else value = Number(reader.int64())
    found.set(number, [...(found.get(number) ?? []), value])
  }
  return found
}

const messages = (message: Fields, number: number) =>
  (message.get(number) ?? []).map((bytes) => fields(bytes as Uint8Array))
const strings = (message: Fields, number: number) =>
  (message.get(number) ?? []).map((bytes) => new TextDecoder().decode(bytes as Uint8Array))

/** The parts of a model that are looked at here; numbers are those of onnx.proto3. */
function parse(model: Uint8Array) {
  const [graph] = messages(fields(model), 7)
  return {
    nodes: messages(graph, 1).map((node) => ({
      inputs: strings(node, 1),
      outputs: strings(node, 2),
      name: strings(node, 3)[0],
      op: strings(node, 4)[0],
    })),
    initializers: messages(graph, 5).map((tensor) => ({
      name: strings(tensor, 8)[0],
      content: JSON.stringify([tensor.get(1), tensor.get(2), [...(tensor.get(9)![0] as Uint8Array)]]),
    })),
    inputs: messages(graph, 11).map(valueInfo),
    outputs: messages(graph, 12).map(valueInfo),
  }
}

function valueInfo(value: Fields) {
  const [tensorType] = messages(messages(value, 2)[0], 1)
  const dims = messages(messages(tensorType, 2)[0], 1)
  return {
    name: strings(value, 1)[0],
    dtype: tensorType.get(1)![0],
    shape: dims.map((dim) => dim.get(1)?.[0] ?? strings(dim, 2)[0]),
  }
}

/** Every sample of every op with the gradient of its first input, in one graph. */
function everyOp(): Graph {
  const graph = new Graph()
  for (const { key, op, attributes, inputs } of opCases()) {
    const values = inputs.map(({ dtype, shape }, i) => graph.input(`${key} ${i}`, dtype, shape))
    const outputs = graph.scope(key, () => graph.apply(op, values, attributes))
    outputs.forEach((output, i) => {
      graph.output(`${key} output ${i}`, output)
    })
    const sources = values.filter((_, i) => i === 0 && isFloat(inputs[i].dtype))
    if (typeof op.gradient !== 'function' || sources.length === 0) continue
    const loss = reduceSum(outputs[0])
    graph.output(`${key} gradient`, gradients(loss, sources)[0])
  }
  return graph
}

describe.each<Target>(['cpu', 'portable'])('for %s', (target) => {
  test('every name is given once and before it is used', () => {
    const { nodes, initializers, inputs, outputs } = parse(toOnnx(everyOp(), target))
    const defined = new Set<string>()
    const define = (name: string) => {
      expect(defined.has(name), name).toBe(false)
      defined.add(name)
    }
    for (const { name } of [...inputs, ...initializers]) define(name)
    for (const node of nodes) {
      for (const input of node.inputs) expect(defined.has(input), `${node.op} uses ${input}`).toBe(true)
      for (const output of node.outputs) define(output)
    }
    for (const { name } of outputs) expect(defined.has(name), name).toBe(true)
    const names = nodes.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  test('no op is written as ScatterND, which loses updates when it runs on several threads', () => {
    const { nodes } = parse(toOnnx(everyOp(), target))
    expect(nodes.map(({ op }) => op)).toContain('ScatterElements')
    expect(nodes.map(({ op }) => op)).not.toContain('ScatterND')
  })

  test('equal constants are stored once', () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', [2, 3])
    const sums = [1, 1, 0].map((axis) => reduceSum(scale(x, 0.5), [axis], true))
    graph.output('y', add(add(sums[0], scale(sums[1], 0.5)), sums[2]))
    const { initializers } = parse(toOnnx(graph, target))
    expect(initializers.length).toBe(3) // 0.5, axes [1], axes [0]
    expect(new Set(initializers.map(({ content }) => content)).size).toBe(3)
  })
})

test('constants of equal digits and another type, shape or sign are kept apart', async () => {
  const graph = new Graph()
  const constants = [
    graph.constant(0, 'float32'),
    graph.constant(-0, 'float32'),
    graph.constant([0], 'float32'),
    graph.constant([0], 'float64'),
    graph.constant([0], 'int64'),
  ]
  expect(new Set(constants).size).toBe(constants.length)
  constants.forEach((constant, i) => {
    graph.output(`output ${i}`, constant)
  })
  const session = await backend.createSession(toOnnx(graph))
  const fetches = Object.fromEntries(constants.map((_, i) => [`output ${i}`, null]))
  const results = Object.values(await session.run({}, fetches))
  await session.release()
  expect(results.map(({ dtype, dims }) => `${dtype}[${dims}]`)).toEqual([
    'float32[]',
    'float32[]',
    'float32[1]',
    'float64[1]',
    'int64[1]',
  ])
  expect(results.slice(0, 2).map(({ data }) => Object.is(data[0], -0))).toEqual([false, true])
})

test('named dimensions are written as names and take any size, numbers only their own', async () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['batch', 3])
  const y = graph.input('y', 'float32', ['batch', 3])
  const w = graph.input('w', 'float32', [2, 3])
  graph.output('z', gemm(mul(x, y), w, undefined, { transB: true }))
  const model = toOnnx(graph)
  const { inputs, outputs } = parse(model)
  expect(inputs).toEqual([
    { name: 'x', dtype: 1, shape: ['batch', 3] },
    { name: 'y', dtype: 1, shape: ['batch', 3] },
    { name: 'w', dtype: 1, shape: [2, 3] },
  ])
  expect(outputs).toEqual([{ name: 'z', dtype: 1, shape: ['batch', 2] }])

  const session = await backend.createSession(model)
  const ones = (...dims: number[]) => ({
    dtype: 'float32' as const,
    data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)).fill(1),
    dims,
  })
  for (const size of [1, 4, 0]) {
    const { z } = await session.run({ x: ones(size, 3), y: ones(size, 3), w: ones(2, 3) }, { z: null })
    expect(z.dims).toEqual([size, 2])
    expect([...(z.data as Float32Array)]).toEqual(Array.from({ length: 2 * size }, () => 3))
  }
  await expect(session.run({ x: ones(2, 4), y: ones(2, 4), w: ones(2, 3) }, { z: null })).rejects.toThrow(
    /x.*Got: 4 Expected: 3/s,
  )
  await session.release()
})
