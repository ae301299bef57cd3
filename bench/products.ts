/** The matrix products of a training step, read off its graph. */
import type { Dim } from '../src/core/shape.ts'
import type { Node } from '../src/graph/graph.ts'
import { liveNodes } from '../src/graph/live.ts'
import { gradientGraph, type ModelDefinition } from '../src/models/graphs.ts'

/** Y = A' B', `batch` times, where A' is [m, k], B' is [k, n], and A' is A or its transpose. */
export interface Product {
  batch: number
  m: number
  n: number
  k: number
  transA: boolean
  transB: boolean
}

/** A product at its place in the model. */
export interface PlacedProduct extends Product {
  /** The name that profiles give it. */
  node: string
  /** Where in the model, e.g. `bert.encoder.layer.0.output.dense`. */
  scope: string
}

/** Sizes that the named dimensions of a step's graph are bound to: B, N, T, and M of a language model. */
export interface BatchSizes {
  batch: number
  tokens: number
  longest: number
  masked?: number
}

/** Every product of one forward and backward pass. */
export function matrixProducts(definition: ModelDefinition, sizes: BatchSizes): PlacedProduct[] {
  return liveNodes(gradientGraph(definition).graph)
    .filter(({ op }) => op.name === 'Gemm' || op.name === 'MatMul')
    .map((node) => placed(node, sizes))
}

function placed(node: Node, sizes: BatchSizes): PlacedProduct {
  const size = (dim: Dim): number => {
    const value = typeof dim === 'number' ? dim : (sizes as unknown as Record<string, number>)[dim]
    if (value === undefined)
      throw new Error(`the product ${node.outputs[0].name} has a dimension "${dim}" of unknown size`)
    return value
  }
  const transA = node.attributes.transA === true
  const transB = node.attributes.transB === true
  const a = node.inputs[0].shape.map(size) // [..., m, k]
  const b = node.inputs[1].shape.map(size) // [..., k, n]
  return {
    node: node.outputs[0].name,
    scope: node.scope,
    batch: a.slice(0, -2).reduce((product, dim) => product * dim, 1),
    m: a.at(transA ? -1 : -2)!,
    k: a.at(transA ? -2 : -1)!,
    n: b.at(transB ? -2 : -1)!,
    transA,
    transB,
  }
}

/** Floating-point operations of a product, a multiply-add being two. */
export const operations = ({ batch, m, n, k }: Product): number => 2 * batch * m * n * k

/** `384 x [128, 64] [64, 128]`, with ᵀ behind an operand that is stored the other way round. */
export function productName({ batch, m, n, k, transA, transB }: Product): string {
  const times = batch === 1 ? '' : `${batch} x `
  return `${times}[${m}, ${k}]${transA ? 'ᵀ' : ''} [${k}, ${n}]${transB ? 'ᵀ' : ''}`
}

/** Products of one shape. */
export interface ProductGroup<P extends Product = Product> {
  name: string
  shape: Product
  members: P[]
}

/** Groups products by shape, the most work first. */
export function groupProducts<P extends Product>(products: readonly P[]): ProductGroup<P>[] {
  const groups = new Map<string, ProductGroup<P>>()
  for (const product of products) {
    const name = productName(product)
    const { batch, m, n, k, transA, transB } = product
    const group = groups.get(name) ?? { name, shape: { batch, m, n, k, transA, transB }, members: [] }
    group.members.push(product)
    groups.set(name, group)
  }
  const work = ({ shape, members }: ProductGroup<P>) => operations(shape) * members.length
  return [...groups.values()].sort((a, b) => work(b) - work(a))
}
