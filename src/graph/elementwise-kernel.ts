/**
 * Compiles an element-wise graph to a WebAssembly kernel with 128-bit vectors: one pass over memory for the whole graph,
 * where an engine makes one for each node. Optimisers are such graphs, and memory is all that their speed depends on.
 * The arithmetic is float32 throughout, in the order of the graph: the same bits on every machine.
 */
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { ShapeError } from '../core/errors.ts'
import type { Graph, Value } from './graph.ts'
import { liveNodes } from './live.ts'

/** A compiled graph: `run(bytes, ...scalars)` works on `bytes` bytes of each tensor, which lie `stride` bytes apart. */
export interface ElementwiseKernel {
  /** A WebAssembly module that imports the memory `host.memory` and exports `run`. */
  wasm: Uint8Array
  /** Names of the tensor inputs, in the order in which they lie in memory. */
  tensors: readonly string[]
  /** Names of the scalar inputs, in the order of the arguments. */
  scalars: readonly string[]
  /** For each output, the tensor that it overwrites. */
  outputs: readonly string[]
}

/** Instructions by op: on one float32, and on four. */
const instructions: Record<string, { scalar: number; vector: number }> = {
  Neg: { scalar: 0x8c, vector: 225 },
  Sqrt: { scalar: 0x91, vector: 227 },
  Add: { scalar: 0x92, vector: 228 },
  Sub: { scalar: 0x93, vector: 229 },
  Mul: { scalar: 0x94, vector: 230 },
  Div: { scalar: 0x95, vector: 231 },
}

const i32 = 0x7f
const f32 = 0x7d
const v128 = 0x7b
const vectorPrefix = 0xfd

/**
 * Compiles a graph whose inputs are float32 tensors of one shape [n] and scalars [], and whose outputs are tensors.
 * @param overwrites for each output of the graph, the name of the input tensor that it is stored over
 * @param stride bytes between the tensors in memory
 * @throws ShapeError if an op has no instruction
 */
export function compileElementwise(
  graph: Graph,
  overwrites: Readonly<Record<string, string>>,
  stride: number,
): ElementwiseKernel {
  const tensors = graph.inputs.filter((input) => input.shape.length === 1)
  const scalars = graph.inputs.filter((input) => input.shape.length === 0)
  const nodes = liveNodes(graph)
  const isVector = (value: Value) => value.shape.length === 1

  // Local variables: the parameters (bytes, scalars), the offset, then one for each value of either kind.
  const local = new Map<Value, number>(scalars.map((value, i) => [value, i + 1]))
  const offset = scalars.length + 1
  const computed = nodes.map((node) => node.outputs[0])
  const scalarValues = [...graph.constants, ...computed.filter((value) => !isVector(value))]
  const broadcast = new Map<Value, number>()
  let next = offset + 1
  for (const value of scalarValues) local.set(value, next++)
  const firstVector = next
  for (const value of [...tensors, ...computed.filter(isVector)]) local.set(value, next++)
  for (const node of nodes.filter((each) => isVector(each.outputs[0]))) {
    for (const input of node.inputs) if (!isVector(input) && !broadcast.has(input)) broadcast.set(input, next++)
  }

  const code = new Code()
  const get = (index: number) => code.op(0x20).u32(index)
  const set = (index: number) => code.op(0x21).u32(index)
  const address = (tensor: string) => tensors.findIndex(({ name }) => name === tensor) * stride
  for (const constant of graph.constants) {
    code.op(0x43).float((constant.constant as Float32Array)[0])
    set(local.get(constant)!)
  }
  const emit = (vector: boolean) => {
    for (const node of nodes) {
      if (isVector(node.outputs[0]) !== vector) continue
      const instruction = instructions[node.op.name]
      if (!instruction) throw new ShapeError('ELEMENTWISE', `${node.op.name} has no element-wise instruction`)
      for (const input of node.inputs) get((vector ? broadcast.get(input) : undefined) ?? local.get(input)!)
      if (vector) code.op(vectorPrefix).u32(instruction.vector)
      else code.op(instruction.scalar)
      set(local.get(node.outputs[0])!)
    }
  }
  emit(false)
  for (const [value, index] of broadcast) {
    get(local.get(value)!)
    code.op(vectorPrefix).u32(0x13) // f32x4.splat
    set(index)
  }
  code.op(0x03).op(0x40) // loop
  for (const tensor of tensors) {
    get(offset)
    code.op(vectorPrefix).u32(0x00).u32(4).u32(address(tensor.name)) // v128.load
    set(local.get(tensor)!)
  }
  emit(true)
  for (const [name, value] of graph.outputs) {
    get(offset)
    get(local.get(value)!)
    code.op(vectorPrefix).u32(0x0b).u32(4).u32(address(overwrites[name])) // v128.store
  }
  get(offset)
  code.op(0x41).i32(16).op(0x6a) // i32.const 16, i32.add
  code.op(0x22).u32(offset) // local.tee
  get(0)
  code.op(0x49).op(0x0d).u32(0) // i32.lt_u, br_if the loop
  code.op(0x0b).op(0x0b) // end of loop, end of function

  const locals: [count: number, type: number][] = [
    [1, i32],
    [scalarValues.length, f32],
    [next - firstVector, v128],
  ]
  return {
    wasm: module([i32, ...scalars.map(() => f32)], locals, code.finish()),
    tensors: tensors.map(({ name }) => name),
    scalars: scalars.map(({ name }) => name),
    outputs: [...graph.outputs.keys()].map((name) => overwrites[name]),
  }
}

/** A module with one imported memory and one exported function. */
function module(parameters: number[], locals: [number, number][], body: Uint8Array): Uint8Array {
  const section = (id: number, content: Code) => new Code().op(id).sized(content)
  const types = new Code().u32(1).op(0x60).u32(parameters.length).ops(parameters).u32(0)
  const imports = new Code().u32(1).name('host').name('memory').op(0x02).op(0x00).u32(1)
  const functions = new Code().u32(1).u32(0)
  const exports = new Code().u32(1).name('run').op(0x00).u32(0)
  const declared = new Code().u32(locals.length)
  for (const [count, type] of locals) declared.u32(count).op(type)
  const codes = new Code().u32(1).sized(declared.bytes(body))
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
  return new Code()
    .ops(header)
    .bytes(section(1, types).finish())
    .bytes(section(2, imports).finish())
    .bytes(section(3, functions).finish())
    .bytes(section(7, exports).finish())
    .bytes(section(10, codes).finish())
    .finish()
}

/** Bytes of WebAssembly's binary format; its variable-length integers are those of protobuf. */
class Code {
  readonly #writer = new BinaryWriter()

  op(byte: number): this {
    this.#writer.raw(Uint8Array.of(byte))
    return this
  }
  ops(bytes: readonly number[]): this {
    this.#writer.raw(Uint8Array.from(bytes))
    return this
  }
  bytes(bytes: Uint8Array): this {
    this.#writer.raw(bytes)
    return this
  }
  u32(value: number): this {
    this.#writer.uint32(value)
    return this
  }
  /** A signed integer below 64, which takes one byte. */
  i32(value: number): this {
    return this.op(value)
  }
  float(value: number): this {
    this.#writer.float(value)
    return this
  }
  name(text: string): this {
    this.#writer.string(text)
    return this
  }
  sized(content: Code): this {
    this.#writer.bytes(content.finish())
    return this
  }
  finish(): Uint8Array {
    return this.#writer.finish()
  }
}
