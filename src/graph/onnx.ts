/**
 * Writes a graph as an ONNX model. Field numbers are those of onnx.proto3 (IR version 10, opset 21); only the parts of
 * the format that graphs need are written.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Dim } from '../core/shape.ts'
import type {
  Attribute,
  ConstantData,
  DType,
  Emitter,
  Graph,
  Node,
  OnnxAttribute,
  Target,
  TensorType,
} from './graph.ts'
import { constantData } from './graph.ts'
import { liveNodes } from './live.ts'

const irVersion = 10
const opsetVersion = 21
const producer = 'bertsmith'

/** TensorProto.DataType */
const elementTypes: Record<DType, number> = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float64: 11 }

/** AttributeProto.AttributeType */
const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, ints: 7 }

/**
 * The bytes of the ONNX model of a graph. Parameters are inputs like all others; constants are initialisers.
 * @param target which operators the engine that will run it has
 */
export function toOnnx(graph: Graph, target: Target = 'cpu'): Uint8Array {
  const nodes: Uint8Array[] = []
  const initializers = new Map<string, Uint8Array>()
  for (const constant of graph.constants) {
    initializers.set(
      constant.name,
      tensorProto(constant.name, constant.dtype, constant.shape as number[], constant.constant!),
    )
  }
  const emitter = createEmitter(target, nodes, initializers)
  for (const { node, outputs } of emissionOrder(graph)) {
    if (node?.op.emit) node.op.emit(node, emitter)
    else if (node) emitDefault(node, emitter)
    for (const name of outputs) emitter.node('Identity', [graph.outputs.get(name)!.name], [name])
  }

  const graphProto = new BinaryWriter()
  for (const bytes of nodes) graphProto.tag(1, WireType.LengthDelimited).bytes(bytes)
  graphProto.tag(2, WireType.LengthDelimited).string(producer)
  for (const bytes of initializers.values()) graphProto.tag(5, WireType.LengthDelimited).bytes(bytes)
  for (const input of graph.inputs) graphProto.tag(11, WireType.LengthDelimited).bytes(valueInfo(input.name, input))
  for (const [name, value] of graph.outputs) graphProto.tag(12, WireType.LengthDelimited).bytes(valueInfo(name, value))

  const model = new BinaryWriter()
  model.tag(1, WireType.Varint).int64(irVersion)
  model.tag(2, WireType.LengthDelimited).string(producer)
  model.tag(7, WireType.LengthDelimited).bytes(graphProto.finish())
  for (const [domain, version] of [
    ['', opsetVersion],
    ['com.microsoft', 1],
  ] as const) {
    const opset = new BinaryWriter()
    opset.tag(1, WireType.LengthDelimited).string(domain)
    opset.tag(2, WireType.Varint).int64(version)
    model.tag(8, WireType.LengthDelimited).bytes(opset.finish())
  }
  return model.finish()
}

/**
 * Live nodes and the outputs that they compute, in an order in which ONNX Runtime keeps little in memory. It begins with the
 * results that nothing reads, from the last one in the file to the first, and computes each with all that it needs
 * (`GraphViewer`, a depth-first search). So results stand at the end, the first ones last: a layer's gradients are computed
 * before the backward pass goes on to the layer below, and its activations are free from then on.
 */
function emissionOrder(graph: Graph): { node?: Node; outputs: string[] }[] {
  const nodes = liveNodes(graph)
  const read = new Set(nodes.flatMap(({ inputs }) => inputs))
  const names = new Map<Node | undefined, string[]>()
  for (const [name, { producer }] of graph.outputs) names.set(producer, [...(names.get(producer) ?? []), name])
  const isRead = (node: Node) => node.outputs.some((output) => read.has(output))
  const first = nodes.filter(isRead).map((node) => ({ node, outputs: [] }))
  const results = nodes.flatMap((node) => {
    const outputs = names.get(node) ?? []
    if (isRead(node)) return outputs.length > 0 ? [{ outputs }] : []
    return [{ node, outputs }]
  })
  return [...first, ...results.reverse(), { outputs: names.get(undefined) ?? [] }]
}

function createEmitter(target: Target, nodes: Uint8Array[], initializers: Map<string, Uint8Array>): Emitter {
  const constants = new Map<string, string>()
  let count = 0
  const emitter: Emitter = {
    target,
    fresh: (hint) => `${hint}:${count++}`,
    elementType: (dtype) => elementTypes[dtype],
    constant(data, dims) {
      const key = `${data.constructor.name}:${dims.join()}:${data.join()}`
      const known = constants.get(key)
      if (known) return known
      const name = emitter.fresh('constant')
      constants.set(key, name)
      initializers.set(name, tensorProto(name, dtypeOf(data), dims, data))
      return name
    },
    scalar: (value, dtype) => emitter.constant(constantData(dtype, [value]), []),
    zeros(shape, output, dtype) {
      emitter.node('ConstantOfShape', [shape], [output], { value: { tensor: constantData(dtype, [0]) } })
    },
    node(opType, inputs, outputs, attributes = {}, domain = '') {
      const writer = new BinaryWriter()
      for (const input of inputs) writer.tag(1, WireType.LengthDelimited).string(input)
      for (const output of outputs) writer.tag(2, WireType.LengthDelimited).string(output)
      writer.tag(3, WireType.LengthDelimited).string(`${outputs[0]}`)
      writer.tag(4, WireType.LengthDelimited).string(opType)
      for (const [name, value] of Object.entries(attributes)) {
        writer.tag(5, WireType.LengthDelimited).bytes(attributeProto(name, value))
      }
      if (domain) writer.tag(7, WireType.LengthDelimited).string(domain)
      nodes.push(writer.finish())
    },
  }
  return emitter
}

function emitDefault(node: Node, emitter: Emitter): void {
  const attributes: Record<string, OnnxAttribute> = {}
  for (const [name, value] of Object.entries(node.attributes)) attributes[name] = onnxAttribute(value)
  emitter.node(
    node.op.name,
    node.inputs.map((input) => input.name),
    node.outputs.map((output) => output.name),
    attributes,
  )
}

function onnxAttribute(value: Attribute): OnnxAttribute {
  if (typeof value === 'boolean') return value ? 1 : 0
  return value as OnnxAttribute
}

function attributeProto(name: string, value: OnnxAttribute): Uint8Array {
  const writer = new BinaryWriter()
  writer.tag(1, WireType.LengthDelimited).string(name)
  let type: number
  if (typeof value === 'number') {
    type = attributeTypes.int
    writer.tag(3, WireType.Varint).int64(value)
  } else if (typeof value === 'string') {
    type = attributeTypes.string
    writer.tag(4, WireType.LengthDelimited).string(value)
  } else if ('float' in value) {
    type = attributeTypes.float
    writer.tag(2, WireType.Bit32).float(value.float)
  } else if ('tensor' in value) {
    type = attributeTypes.tensor
    writer.tag(5, WireType.LengthDelimited).bytes(tensorProto('', dtypeOf(value.tensor), [1], value.tensor))
  } else {
    type = attributeTypes.ints
    for (const item of value) writer.tag(8, WireType.Varint).int64(item)
  }
  writer.tag(20, WireType.Varint).int32(type)
  return writer.finish()
}

function tensorProto(name: string, dtype: DType, dims: readonly number[], data: ConstantData): Uint8Array {
  const writer = new BinaryWriter()
  for (const dim of dims) writer.tag(1, WireType.Varint).int64(dim)
  writer.tag(2, WireType.Varint).int32(elementTypes[dtype])
  if (name) writer.tag(8, WireType.LengthDelimited).string(name)
  writer.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  return writer.finish()
}

function valueInfo(name: string, type: TensorType): Uint8Array {
  const shape = new BinaryWriter()
  for (const dim of type.shape) shape.tag(1, WireType.LengthDelimited).bytes(dimension(dim))
  const tensorType = new BinaryWriter()
  tensorType.tag(1, WireType.Varint).int32(elementTypes[type.dtype])
  tensorType.tag(2, WireType.LengthDelimited).bytes(shape.finish())
  const typeProto = new BinaryWriter()
  typeProto.tag(1, WireType.LengthDelimited).bytes(tensorType.finish())
  const writer = new BinaryWriter()
  writer.tag(1, WireType.LengthDelimited).string(name)
  writer.tag(2, WireType.LengthDelimited).bytes(typeProto.finish())
  return writer.finish()
}

function dimension(dim: Dim): Uint8Array {
  const writer = new BinaryWriter()
  if (typeof dim === 'number') writer.tag(1, WireType.Varint).int64(dim)
  else writer.tag(2, WireType.LengthDelimited).string(dim)
  return writer.finish()
}

function dtypeOf(data: ConstantData): DType {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Float64Array) return 'float64'
  if (data instanceof Int32Array) return 'int32'
  if (data instanceof BigInt64Array) return 'int64'
  return 'uint8'
}
