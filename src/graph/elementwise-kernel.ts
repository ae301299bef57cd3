/**
 * Compiles an element-wise graph to a WebAssembly kernel with 128-bit vectors: one pass over memory for the whole graph,
 * where an engine makes one for each node. Optimisers are such graphs, and memory is all that their speed depends on.
 * The arithmetic is float32 throughout, in the order of the graph: the same bits on every machine. Sums over all elements
 * may be outputs too; they are added up in float64.
 */
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { ShapeError } from '../core/errors.ts'
import type { Graph, Value } from './graph.ts'
import { liveNodes } from './live.ts'

/**
 * A compiled graph: `run(bytes, ...scalars)` works on `bytes` bytes of each tensor, which lie `stride` bytes apart, and
 * returns the sums: nothing, a number, or an array of several.
 */
export interface ElementwiseKernel {
  /** A WebAssembly module that imports the memory `host.memory` and exports `run`. */
  wasm: Uint8Array
  /** Names of the tensor inputs, in the order in which they lie in memory. */
  tensors: readonly string[]
  /** Names of the scalar inputs, in the order of the arguments. */
  scalars: readonly string[]
  /** For each output that is a tensor, the one that it overwrites. */
  outputs: readonly string[]
  /** Names of the outputs that are sums, in the order in which `run` returns them. */
  sums: readonly string[]
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
const f64 = 0x7c
const v128 = 0x7b
const vectorPrefix = 0xfd

/** The bytes that a shuffle takes to move the third and fourth float32 to the front. */
const highHalf = Array.from({ length: 16 }, (_, i) => (i % 8) + 8)

/**
 * Compiles a graph whose inputs are float32 tensors of one shape [n] and scalars [], and whose outputs are tensors, or sums
 * of all elements of a tensor (`reduceSum`), which nothing else in the graph may use.
 *
 * `run` works on whole vectors of four elements: behind the end of what is given, tensors must hold what adds nothing.
 * @param overwrites for each output that is a tensor, the name of the input tensor that it is stored over
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
  const isSum = ({ producer }: Value) => producer?.op.name === 'ReduceSum'
  const stored = [...graph.outputs].filter(([, value]) => !isSum(value))
  const sums = [...graph.outputs].flatMap(([name, value]) => (isSum(value) ? [{ name, value }] : []))
  const sumValues = new Set(sums.map(({ value }) => value))
  const nodes = liveNodes(graph).filter(({ outputs, inputs }) => {
    if (inputs.some((input) => sumValues.has(input)))
      throw new ShapeError(
        'ELEMENTWISE',
        `${outputs[0].name} uses a sum, which is known only when all elements are done`,
      )
    return !sumValues.has(outputs[0])
  })
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
  const totals = sums.map(({ value }) => ({ terms: value.producer!.inputs[0], local: next++ })) // two float64 each: of even and of odd elements
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
  for (const total of totals) {
    get(total.local)
    get(local.get(total.terms)!)
    code.op(vectorPrefix).u32(0x5f) // f64x2.promote_low_f32x4
    code.op(vectorPrefix).u32(0xf0) // f64x2.add
    get(local.get(total.terms)!)
    get(local.get(total.terms)!)
    code.op(vectorPrefix).u32(0x0d).ops(highHalf) // i8x16.shuffle
    code.op(vectorPrefix).u32(0x5f)
    code.op(vectorPrefix).u32(0xf0)
    set(total.local)
  }
  for (const [name, value] of stored) {
    get(offset)
    get(local.get(value)!)
    code.op(vectorPrefix).u32(0x0b).u32(4).u32(address(overwrites[name])) // v128.store
  }
  get(offset)
  code.op(0x41).i32(16).op(0x6a) // i32.const 16, i32.add
  code.op(0x22).u32(offset) // local.tee
  get(0)
  code.op(0x49).op(0x0d).u32(0) // i32.lt_u, br_if the loop
  code.op(0x0b) // end of loop
  for (const total of totals) {
    for (const lane of [0, 1]) {
      get(total.local)
      code.op(vectorPrefix).u32(0x21).op(lane) // f64x2.extract_lane
    }
    code.op(0xa0) // f64.add
  }
  code.op(0x0b) // end of function

  const locals: [count: number, type: number][] = [
    [1, i32],
    [scalarValues.length, f32],
    [next - firstVector, v128],
  ]
  return {
    wasm: module(
      [i32, ...scalars.map(() => f32)],
      sums.map(() => f64),
      locals,
      code.finish(),
    ),
    tensors: tensors.map(({ name }) => name),
    scalars: scalars.map(({ name }) => name),
    outputs: stored.map(([name]) => overwrites[name]),
    sums: sums.map(({ name }) => name),
  }
}

/** A module with one imported memory and one exported function. */
function module(parameters: number[], results: number[], locals: [number, number][], body: Uint8Array): Uint8Array {
  const section = (id: number, content: Code) => new Code().op(id).sized(content)
  const types = new Code().u32(1).op(0x60).u32(parameters.length).ops(parameters).u32(results.length).ops(results)
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
