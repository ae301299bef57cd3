/** Matrix products: batched (MatMul) and with a bias for linear layers (Gemm). */
import { ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, sameShape } from '../../core/shape.ts'
import { type Attributes, apply, type Op, type TensorType, type Value } from '../graph.ts'
import { reduceSum } from './reduce.ts'

export interface MatMulOptions {
  transA?: boolean
  transB?: boolean
  /** Factor of the product; default 1. */
  alpha?: number
}

function options(attributes: Attributes): Required<MatMulOptions> {
  const { transA = false, transB = false, alpha = 1 } = attributes as MatMulOptions
  return { transA, transB, alpha }
}

/** The [m, n] of A' B' after optional transposition of the last two axes. */
function productShape(a: TensorType, b: TensorType, { transA, transB }: Required<MatMulOptions>): [Dim, Dim] {
  const [m, k] = transA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!]
  const [k2, n] = transB ? [b.shape.at(-1)!, b.shape.at(-2)!] : [b.shape.at(-2)!, b.shape.at(-1)!]
  if (k !== k2) {
    throw new ShapeError(
      'MATMUL',
      `inner sizes differ: ${k} against ${k2} (${formatShape(a.shape)}, ${formatShape(b.shape)})`,
    )
  }
  return [m, n]
}

/** Y = alpha A' B' over the last two axes, where A' is A or its transpose; leading axes must be equal. */
export const MatMul: Op = {
  name: 'MatMul',
  infer: ([a, b], attributes) => {
    if (
      a.shape.length < 2 ||
      a.shape.length !== b.shape.length ||
      !sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
    ) {
      throw new ShapeError('MATMUL', `${formatShape(a.shape)} and ${formatShape(b.shape)} do not multiply`)
    }
    return [{ dtype: a.dtype, shape: [...a.shape.slice(0, -2), ...productShape(a, b, options(attributes))] }]
  },
  // dA' = alpha dY B'^T and dB' = alpha A'^T dY; a transposed operand gets the transposed expression.
  gradient: ({ node, inputs: [a, b], outputGradients: [dy], needed }) => {
    const { transA, transB, alpha } = options(node.attributes)
    const da = () =>
      transA
        ? matmul(b, dy!, { transA: transB, transB: true, alpha })
        : matmul(dy!, b, { transA: false, transB: !transB, alpha })
    const db = () =>
      transB
        ? matmul(dy!, a, { transA: true, transB: transA, alpha })
        : matmul(a, dy!, { transA: !transA, transB: false, alpha })
    return [needed(0) ? da() : undefined, needed(1) ? db() : undefined]
  },
  emit: (node, emitter) => {
    const { transA, transB, alpha } = options(node.attributes)
    const [a, b] = node.inputs
    const output = node.outputs[0].name
    if (emitter.target === 'cpu' && a.dtype === 'float32') {
      const attributes = { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha: { float: alpha } }
      emitter.node('FusedMatMul', [a.name, b.name], [output], attributes, 'com.microsoft')
      return
    }
    const rank = a.shape.length
    const swap = Array.from({ length: rank }, (_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i))
    const transposed = (value: Value, wanted: boolean) => {
      if (!wanted) return value.name
      const name = emitter.fresh('transposed')
      emitter.node('Transpose', [value.name], [name], { perm: swap })
      return name
    }
    const product = alpha === 1 ? output : emitter.fresh('product')
    emitter.node('MatMul', [transposed(a, transA), transposed(b, transB)], [product])
    if (alpha !== 1) emitter.node('Mul', [product, emitter.scalar(alpha, a.dtype)], [output])
  },
  samples: [
    { inputs: [{ shape: [2, 3, 5] }, { shape: [2, 5, 4] }] },
    { inputs: [{ shape: [2, 7, 3, 5] }, { shape: [2, 7, 4, 5] }], attributes: { transB: true, alpha: 0.3 } },
    { inputs: [{ shape: [2, 5, 3] }, { shape: [2, 5, 4] }], attributes: { transA: true } },
    { inputs: [{ shape: [5, 3] }, { shape: [4, 5] }], attributes: { transA: true, transB: true } },
  ],
}

/** Y = alpha A' B' + C for matrices; C is a row [n], a matrix [m, n], or absent. */
export const Gemm: Op = {
  name: 'Gemm',
  infer: ([a, b, c], attributes) => {
    if (a.shape.length !== 2 || b.shape.length !== 2) {
      throw new ShapeError('GEMM', `needs matrices, not ${formatShape(a.shape)} and ${formatShape(b.shape)}`)
    }
    const [m, n] = productShape(a, b, options(attributes))
    if (c && !sameShape(c.shape, [n]) && !sameShape(c.shape, [m, n])) {
      throw new ShapeError(
        'GEMM',
        `the addend must be ${formatShape([n])} or ${formatShape([m, n])}, not ${formatShape(c.shape)}`,
      )
    }
    return [{ dtype: a.dtype, shape: [m, n] }]
  },
  gradient: ({ node, inputs: [a, b, c], outputGradients: [dy], needed }) => {
    const { transA, transB, alpha } = options(node.attributes)
    const da = () =>
      transA
        ? gemm(b, dy!, undefined, { transA: transB, transB: true, alpha })
        : gemm(dy!, b, undefined, { transB: !transB, alpha })
    const db = () =>
      transB
        ? gemm(dy!, a, undefined, { transA: true, transB: transA, alpha })
        : gemm(a, dy!, undefined, { transA: !transA, alpha })
    // dC = dY, summed over the rows that a broadcast C was added to.
    const dc = () => (c.shape.length === 1 ? reduceSum(dy!, [0]) : dy!)
    return [needed(0) ? da() : undefined, needed(1) ? db() : undefined, c && needed(2) ? dc() : undefined]
  },
  emit: (node, emitter) => {
    const { transA, transB, alpha } = options(node.attributes)
    emitter.node(
      'Gemm',
      node.inputs.map((input) => input.name),
      [node.outputs[0].name],
      { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha: { float: alpha } },
    )
  },
  samples: [
    { inputs: [{ shape: [3, 5] }, { shape: [4, 5] }, { shape: [4] }], attributes: { transB: true } },
    { inputs: [{ shape: [3, 5] }, { shape: [5, 4] }, { shape: [3, 4] }], attributes: { alpha: 0.7 } },
    { inputs: [{ shape: [5, 3] }, { shape: [5, 4] }], attributes: { transA: true } },
    { inputs: [{ shape: [5, 3] }, { shape: [4, 5] }], attributes: { transA: true, transB: true } },
  ],
}

export function matmul(a: Value, b: Value, { transA = false, transB = false, alpha = 1 }: MatMulOptions = {}): Value {
  return apply(MatMul, [a, b], { transA, transB, alpha })
}

export function gemm(
  a: Value,
  b: Value,
  c?: Value,
  { transA = false, transB = false, alpha = 1 }: MatMulOptions = {},
): Value {
  return apply(Gemm, c ? [a, b, c] : [a, b], { transA, transB, alpha })
}

/** y = x W^T + b. x: [rows, in], weight: [out, in], bias: [out] -> [rows, out] */
export function linear(x: Value, weight: Value, bias?: Value): Value {
  return gemm(x, weight, bias, { transB: true })
}
