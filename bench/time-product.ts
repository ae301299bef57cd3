import { Graph } from '../src/graph/graph.ts'
import { toOnnx } from '../src/graph/onnx.ts'
import { gemm, matmul } from '../src/graph/ops/matmul.ts'
import type { Backend, Tensor } from '../src/runtime/backend.ts'
import type { Product } from './products.ts'
import type { ProductAnswer, ProductRequest } from './protocol.ts'

/**
 * Times one product alone in a graph, on the engine that trains. Operands are inputs, as weights are in training, so the
 * engine cannot rearrange them beforehand. @param kernel also ask the engine's profiler, which costs some wall time
 */
export async function timeProduct(
  backend: Backend,
  { product, repeats, budgetSeconds }: ProductRequest,
  kernel: boolean,
): Promise<ProductAnswer> {
  const operands = operandDims(product)
  const dims = product.batch === 1 ? [product.m, product.n] : [product.batch, product.m, product.n]
  const graph = new Graph()
  const [a, b] = operands.map((shape, i) => graph.input('ab'[i], 'float32', shape))
  const options = { transA: product.transA, transB: product.transB }
  graph.output('y', product.batch === 1 ? gemm(a, b, undefined, options) : matmul(a, b, options))
  const session = await backend.createSession(toOnnx(graph), { profile: kernel })
  const feeds = { a: tensor(operands[0]), b: tensor(operands[1]) }
  const fetches = { y: tensor(dims) }
  const seconds = await repeat(repeats, budgetSeconds, () => session.run(feeds, fetches))
  const answer: ProductAnswer = { seconds }
  if (kernel) {
    const events = (await session.profile()).filter(
      ({ op }) => op === 'Gemm' || op === 'FusedMatMul' || op === 'MatMul',
    )
    answer.kernelSeconds = events.slice(-seconds.length).map(({ durationUs }) => durationUs / 1e6)
  }
  await session.release()
  return answer
}

/** How A and B are stored: [m, k] and [k, n], or the other way round, with the batch in front. */
export function operandDims({ batch, m, n, k, transA, transB }: Product): [number[], number[]] {
  const leading = batch === 1 ? [] : [batch]
  return [
    [...leading, ...(transA ? [k, m] : [m, k])],
    [...leading, ...(transB ? [n, k] : [k, n])],
  ]
}

/** Wall seconds of each call after the first, which warms up unless it used the budget up itself. */
export async function repeat(repeats: number, budgetSeconds: number, call: () => unknown): Promise<number[]> {
  const seconds: number[] = []
  let spent = 0
  while (seconds.length <= repeats && (seconds.length === 0 || spent < budgetSeconds)) {
    const start = performance.now()
    await call()
    seconds.push((performance.now() - start) / 1000)
    spent += seconds.at(-1)!
  }
  return seconds.length > 1 ? seconds.slice(1) : seconds
}

/** Values between -1 and 1 that are not all alike. */
export function someValues(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => ((i * 7919) % 2003) / 1001.5 - 1)
}

function tensor(dims: number[]): Tensor {
  return { dtype: 'float32', data: someValues(dims.reduce((product, dim) => product * dim, 1)), dims }
}
