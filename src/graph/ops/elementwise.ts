/** Element-wise arithmetic with broadcasting, and element-wise functions of one tensor. */
import { ShapeError } from '../../core/errors.ts'
import { broadcastShapes } from '../../core/shape.ts'
import { apply, type GradientRule, type Op, type OpSample, type TensorType, type Value } from '../graph.ts'
import { sumTo } from './reduce.ts'

const binarySamples: OpSample[] = [
  { inputs: [{ shape: [3, 5] }, { shape: [3, 5], range: [0.5, 2] }] },
  { inputs: [{ shape: [2, 3, 5] }, { shape: [3, 1], range: [0.5, 2] }] },
  { inputs: [{ shape: [5] }, { shape: [3, 5], range: [0.5, 2] }] },
]

function inferBroadcast([a, b]: readonly TensorType[]): TensorType[] {
  if (a.dtype !== b.dtype) throw new ShapeError('DTYPE', `${a.dtype} and ${b.dtype} do not mix`)
  return [{ dtype: a.dtype, shape: broadcastShapes(a.shape, b.shape) }]
}

function binary(name: string, partials: (a: Value, b: Value, y: Value, dy: Value) => [() => Value, () => Value]): Op {
  return {
    name,
    infer: inferBroadcast,
    gradient: ({ inputs: [a, b], outputs: [y], outputGradients: [dy], needed }) => {
      const [da, db] = partials(a, b, y, dy!)
      return [needed(0) ? sumTo(da(), a.shape) : undefined, needed(1) ? sumTo(db(), b.shape) : undefined]
    },
    samples: binarySamples,
  }
}

/** y = a + b; dy/da = dy/db = 1. */
export const Add = binary('Add', (_a, _b, _y, dy) => [() => dy, () => dy])
/** y = a - b; dy/da = 1, dy/db = -1. */
export const Sub = binary('Sub', (_a, _b, _y, dy) => [() => dy, () => neg(dy)])
/** y = a b; dy/da = b, dy/db = a. */
export const Mul = binary('Mul', (a, b, _y, dy) => [() => mul(dy, b), () => mul(dy, a)])
/** y = a / b; dy/da = 1 / b, dy/db = -a / b^2 = -y / b. */
export const Div = binary('Div', (_a, b, y, dy) => [() => div(dy, b), () => neg(div(mul(dy, y), b))])

function unary(name: string, gradient: GradientRule, range: [number, number] = [-2, 2]): Op {
  return {
    name,
    infer: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
    gradient,
    samples: [{ inputs: [{ shape: [3, 5], range }] }],
  }
}

/** y = -x; dy/dx = -1. */
export const Neg = unary('Neg', ({ outputGradients: [dy] }) => [neg(dy!)])
/** y = e^x; dy/dx = y. */
export const Exp = unary('Exp', ({ outputs: [y], outputGradients: [dy] }) => [mul(dy!, y)])
/** y = ln x; dy/dx = 1 / x. */
export const Log = unary('Log', ({ inputs: [x], outputGradients: [dy] }) => [div(dy!, x)], [0.2, 3])
/** y = sqrt x; dy/dx = 1 / (2 y). */
export const Sqrt = unary('Sqrt', ({ outputs: [y], outputGradients: [dy] }) => [div(scale(dy!, 0.5), y)], [0.2, 3])
/** y = tanh x; dy/dx = 1 - y^2. */
export const Tanh = unary('Tanh', ({ outputs: [y], outputGradients: [dy] }) => [sub(dy!, mul(dy!, mul(y, y)))])
/** y = 1 / (1 + e^-x); dy/dx = y (1 - y). */
export const Sigmoid = unary('Sigmoid', ({ outputs: [y], outputGradients: [dy] }) => {
  const slope = sub(y, mul(y, y))
  return [mul(dy!, slope)]
})
/** y = erf x; dy/dx = 2 / sqrt(pi) e^(-x^2). */
export const Erf = unary('Erf', ({ inputs: [x], outputGradients: [dy] }) => [
  mul(dy!, scale(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))),
])
/** y = max(x, 0); dy/dx = 1 where y > 0, else 0. */
export const Relu = unary('Relu', ({ outputs: [y], outputGradients: [dy] }) => [mul(dy!, sign(y))])
/** y = -1, 0 or 1. */
export const Sign: Op = {
  ...unary('Sign', () => []),
  gradient: { none: 'its derivative is 0 wherever there is one' },
}

export const add = (a: Value, b: Value): Value => apply(Add, [a, b])
export const sub = (a: Value, b: Value): Value => apply(Sub, [a, b])
export const mul = (a: Value, b: Value): Value => apply(Mul, [a, b])
export const div = (a: Value, b: Value): Value => apply(Div, [a, b])
export const neg = (x: Value): Value => apply(Neg, [x])
export const exp = (x: Value): Value => apply(Exp, [x])
export const log = (x: Value): Value => apply(Log, [x])
export const sqrt = (x: Value): Value => apply(Sqrt, [x])
export const tanh = (x: Value): Value => apply(Tanh, [x])
export const sigmoid = (x: Value): Value => apply(Sigmoid, [x])
export const erf = (x: Value): Value => apply(Erf, [x])
export const relu = (x: Value): Value => apply(Relu, [x])
export const sign = (x: Value): Value => apply(Sign, [x])
/** x times a number. */
export const scale = (x: Value, factor: number): Value => mul(x, x.graph.constant(factor, x.dtype))
/** x plus a number. */
export const shift = (x: Value, offset: number): Value => add(x, x.graph.constant(offset, x.dtype))
