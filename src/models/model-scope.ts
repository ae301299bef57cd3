import { ShapeError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import type { DType, Graph, Value } from '../graph/graph.ts'
import { maskedScale } from '../graph/ops/dropout.ts'
import type { DropoutSite } from '../runtime/dropout-masks.ts'
import type { ParameterShape } from '../runtime/parameter-layout.ts'
import { type LoraConfig, loraA } from './lora.ts'

/** What all scopes of one model under construction share. */
interface Construction {
  readonly graph: Graph
  readonly dtype: DType
  readonly shapes: ReadonlyMap<string, readonly number[]>
  readonly parameters: Map<string, Value>
  readonly lora?: LoraConfig
  /** Absent when the model is built for prediction. */
  readonly dropout?: DropoutSite[]
}

/**
 * A place in the tree of a model's names. Layers are written nested like the checkpoint that they load:
 * `scope.at('encoder.layer.0').weight('output.dense.weight')`.
 */
export class ModelScope {
  readonly #construction: Construction
  readonly #path: string

  private constructor(construction: Construction, path: string) {
    this.#construction = construction
    this.#path = path
  }

  /** The root scope of a model. @param training whether dropout is applied @param lora how adapters are computed, if it has any */
  static root(
    graph: Graph,
    parameters: readonly ParameterShape[],
    { training = false, dtype = 'float32', lora }: { training?: boolean; dtype?: DType; lora?: LoraConfig } = {},
  ): ModelScope {
    const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]))
    return new ModelScope({ graph, dtype, shapes, parameters: new Map(), lora, dropout: training ? [] : undefined }, '')
  }

  get graph(): Graph {
    return this.#construction.graph
  }

  /** The parameters that were used so far, by full name. */
  get parameters(): ReadonlyMap<string, Value> {
    return this.#construction.parameters
  }

  /** The dropout sites that were built so far. */
  get dropoutSites(): readonly DropoutSite[] {
    return this.#construction.dropout ?? []
  }

  /** Runs `build` in the scope `name`; the nodes it makes carry the path. */
  at<T>(name: string, build: (scope: ModelScope) => T): T {
    const path = this.#path ? `${this.#path}.${name}` : name
    return this.graph.scope(name, () => build(new ModelScope(this.#construction, path)))
  }

  /** How the adapter of the linear layer here is computed, if it has one. */
  get lora(): LoraConfig | undefined {
    const { lora, shapes } = this.#construction
    return shapes.has(`${this.#path}.${loraA}`) ? lora : undefined
  }

  /** The parameter of this name under this scope, as an input of the graph. @throws ShapeError if it was not declared */
  weight(name: string): Value {
    const full = this.#path ? `${this.#path}.${name}` : name
    const { graph, dtype, shapes, parameters } = this.#construction
    const known = parameters.get(full)
    if (known) return known
    const shape = shapes.get(full)
    if (!shape) throw new ShapeError('UNDECLARED_PARAMETER', `the model uses "${full}" but does not declare it`)
    const value = graph.input(full, dtype, shape)
    parameters.set(full, value)
    return value
  }

  /** Dropout with probability p in training; x itself in prediction. */
  dropout(x: Value, p: number): Value {
    const { dropout, graph } = this.#construction
    if (!dropout || p === 0) return x
    const path = `dropout:${this.#path}`
    const before = dropout.filter((site) => site.input === path || site.input.startsWith(`${path}#`)).length
    const input = before === 0 ? path : `${path}#${before + 1}`
    dropout.push({ input, shape: x.shape, probability: p })
    return maskedScale(x, graph.input(input, 'uint8', x.shape as Shape), p)
  }
}
