/**
 * The graph: a list of nodes in the order they were built, each applying one op of the op table to values. Models, losses,
 * gradients and optimisers are all built as graphs of this kind, and run by an engine that reads ONNX.
 */
import { ShapeError } from '../core/errors.ts'
import { type Dim, formatShape, type Shape } from '../core/shape.ts'

export type DType = 'float32' | 'float64' | 'int32' | 'int64' | 'uint8' | 'bool'

/** The static type of a tensor: element type and shape, whose dimensions may be names bound at run time. */
export interface TensorType {
  readonly dtype: DType
  readonly shape: Shape
}

/** A tensor in a graph: an input, a constant, or an output of a node. */
export interface Value extends TensorType {
  readonly graph: Graph
  /** Unique in its graph. */
  readonly name: string
  /** The node that computes it; absent for inputs and constants. */
  readonly producer?: Node
  /** The data of a constant. */
  readonly constant?: ConstantData
}

export type ConstantData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array

/** What an op is parametrised with besides its tensors. */
export type Attribute = number | string | boolean | readonly number[] | readonly Dim[]
export type Attributes = Readonly<Record<string, Attribute>>

/** One application of an op. */
export interface Node {
  readonly op: Op
  readonly inputs: readonly Value[]
  readonly attributes: Attributes
  readonly outputs: readonly Value[]
  /** Where in the model the node was built, e.g. `encoder.layer.0.attention`; profiles are grouped by it. */
  readonly scope: string
}

/** What a gradient rule is given: the node and the gradients of the loss with respect to its outputs. */
export interface GradientContext {
  readonly node: Node
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  /** One an output; undefined where the loss does not depend on that output. */
  readonly outputGradients: readonly (Value | undefined)[]
  /** Whether the gradient of input i is asked for; rules may skip the others. */
  needed(input: number): boolean
}

/** The gradients with respect to the inputs; undefined where there is none or it was not needed. */
export type GradientRule = (context: GradientContext) => (Value | undefined)[]

/**
 * What an emitted graph may use: `cpu` has ONNX Runtime's fused CPU operators, `portable` only operators that every
 * provider has.
 */
export type Target = 'cpu' | 'portable'

/** Writes a node in ONNX terms. */
export interface Emitter {
  readonly target: Target
  /** Adds an ONNX node. `outputs` are names. */
  node(
    opType: string,
    inputs: string[],
    outputs: string[],
    attributes?: Record<string, OnnxAttribute>,
    domain?: string,
  ): void
  /** A one-dimensional (or scalar) constant; returns its name. */
  constant(data: ConstantData, dims: number[]): string
  /** A constant scalar; returns its name. */
  scalar(value: number, dtype: DType): string
  /** Adds a node that fills a tensor, of the shape that the int64 vector `shape` holds, with zeros. */
  zeros(shape: string, output: string, dtype: DType): void
  /** ONNX's number of an element type, for Cast. */
  elementType(dtype: DType): number
  /** A fresh name for an intermediate. */
  fresh(hint: string): string
}
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | { float: number }
  /** One element. */
  | { tensor: ConstantData }

/** A tensor that a sample feeds to an op under test. */
export interface SampleTensor {
  shape: number[]
  /** Uniform values in this range; default [-1, 1]. For integer types: whole numbers in [low, high]. */
  range?: [number, number]
  dtype?: DType
  /** Explicit values instead of random ones. */
  values?: number[]
  /** Data that is never differentiated, such as a mask. */
  fixed?: boolean
}

/** A case that the conformance loop runs an op on: engine against PyTorch, and gradients against central differences. */
export interface OpSample {
  inputs: SampleTensor[]
  attributes?: Attributes
}

/** The definition of an op. One file an op; `ops/index.ts` is the table. */
export interface Op {
  /** Unique name; the ONNX operator it stands for, where there is one. */
  readonly name: string
  /** Types of the outputs. @throws ShapeError if the inputs do not fit */
  infer(inputs: readonly TensorType[], attributes: Attributes): TensorType[]
  /** The gradient rule, or why there is none. */
  readonly gradient: GradientRule | { readonly none: string }
  /** How the op is written in ONNX; by default one operator of the op's name with its attributes as they are. */
  emit?(node: Node, emitter: Emitter): void
  /** Cases for the conformance loop. */
  readonly samples: readonly OpSample[]
}

/** A graph under construction: inputs, constants, nodes in topological order, and named outputs. */
export class Graph {
  readonly inputs: Value[] = []
  readonly constants: Value[] = []
  readonly nodes: Node[] = []
  readonly outputs = new Map<string, Value>()
  /** The nodes that each call of `segment` has made. */
  readonly segments: (readonly Node[])[] = []
  readonly #constantsByKey = new Map<string, Value>()
  #scopes: string[] = []
  #count = 0

  /** Declares an input. @throws ShapeError if the name is taken */
  input(name: string, dtype: DType, shape: Shape): Value {
    if (this.inputs.some((value) => value.name === name)) {
      throw new ShapeError('DUPLICATE_INPUT', `the graph already has an input named "${name}"`)
    }
    const value: Value = { graph: this, name, dtype, shape: [...shape] }
    this.inputs.push(value)
    return value
  }

  /** A constant; equal scalars and vectors are stored once. */
  constant(
    values: number | readonly number[],
    dtype: DType,
    shape: number[] = typeof values === 'number' ? [] : [values.length],
  ): Value {
    const list = typeof values === 'number' ? [values] : values
    const digits = list.map((value) => (Object.is(value, -0) ? '-0' : value)) // -0 prints as 0
    const key = `${dtype}:${shape.join(',')}:${digits.join(',')}`
    const known = this.#constantsByKey.get(key)
    if (known) return known
    const value: Value = {
      graph: this,
      name: `const_${this.constants.length}`,
      dtype,
      shape,
      constant: constantData(dtype, list),
    }
    this.constants.push(value)
    this.#constantsByKey.set(key, value)
    return value
  }

  /** Applies an op and returns its outputs. */
  apply(op: Op, inputs: readonly Value[], attributes: Attributes = {}): readonly Value[] {
    for (const input of inputs) {
      if (input.graph !== this)
        throw new ShapeError('FOREIGN_VALUE', `${op.name}: "${input.name}" belongs to another graph`)
    }
    const scope = this.#scopes.join('.')
    let types: TensorType[]
    try {
      types = op.infer(inputs, attributes)
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error
      const came = inputs.map((input) => `${input.name} ${input.dtype}${formatShape(input.shape)}`).join(', ')
      throw new ShapeError(error.code, `${op.name}${scope ? ` in ${scope}` : ''}: ${error.message} (inputs: ${came})`)
    }
    const index = this.#count++
    const outputs: Value[] = []
    const node: Node = { op, inputs: [...inputs], attributes, outputs, scope }
    types.forEach((type, i) => {
      const name = `${scope ? `${scope}/` : ''}${op.name}_${index}${i === 0 ? '' : `_${i}`}`
      outputs.push({ graph: this, name, dtype: type.dtype, shape: type.shape, producer: node })
    })
    this.nodes.push(node)
    return outputs
  }

  /** Runs `build` with `name` appended to the scope of the nodes that it makes. */
  scope<T>(name: string, build: () => T): T {
    this.#scopes.push(name)
    try {
      return build()
    } finally {
      this.#scopes.pop()
    }
  }

  /** Runs `build` and notes the nodes that it makes as a segment, which a backward pass may compute again. */
  segment<T>(build: () => T): T {
    const first = this.nodes.length
    const result = build()
    this.segments.push(this.nodes.slice(first))
    return result
  }

  /** Names a value as an output of the graph. */
  output(name: string, value: Value): void {
    if (this.outputs.has(name))
      throw new ShapeError('DUPLICATE_OUTPUT', `the graph already has an output named "${name}"`)
    this.outputs.set(name, value)
  }
}

/** Applies an op with a single output, in the graph of its first input. */
export function apply(op: Op, inputs: readonly Value[], attributes: Attributes = {}): Value {
  return inputs[0].graph.apply(op, inputs, attributes)[0]
}

/** Typed storage for numbers of a dtype. */
export function constantData(dtype: DType, values: readonly number[]): ConstantData {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(values)
    case 'float64':
      return Float64Array.from(values)
    case 'int32':
      return Int32Array.from(values)
    case 'int64':
      return BigInt64Array.from(values, (value) => BigInt(value))
    default:
      return Uint8Array.from(values)
  }
}

export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64'
}
