import { describe, expect, test } from 'vitest'
import { instantiateKernel } from '../runtime/web-assembly.ts'
import { compileElementwise } from './elementwise-kernel.ts'
import { Graph, type Value } from './graph.ts'
import { add, div, exp, mul, neg, scale, sqrt, sub } from './ops/elementwise.ts'
import { reduceSum } from './ops/reduce.ts'

const f = Math.fround

test('every instruction has the bits of float32 arithmetic, on vectors, scalars and constants', async () => {
  const stride = 64
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['n'])
  const y = graph.input('y', 'float32', ['n'])
  const s = graph.input('s', 'float32', [])
  const root = sqrt(neg(sub(s, mul(s, s)))) // a scalar sub-expression: sqrt(s^2 - s)
  graph.output('new:x', add(div(x, sqrt(y)), root))
  graph.output('new:y', sub(mul(neg(y), s), scale(x, 0.1)))
  const kernel = compileElementwise(graph, { 'new:x': 'x', 'new:y': 'y' }, stride)
  expect(kernel).toMatchObject({ tensors: ['x', 'y'], scalars: ['s'], outputs: ['x', 'y'] })

  const { memory, run } = await instantiateKernel(kernel.wasm, 2 * stride)
  const xs = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i + 1) * 3)
  const ys = Float32Array.from({ length: 16 }, (_, i) => 0.37 + i * 1.7)
  const views = [new Float32Array(memory, 0, 16), new Float32Array(memory, stride, 16)]
  views[0].set(xs)
  views[1].set(ys)
  const scalar = f(1.9)
  run(7 * 4, scalar) // 7 elements: two whole vectors
  const rootValue = f(Math.sqrt(f(-f(scalar - f(scalar * scalar)))))
  for (let i = 0; i < 16; i++) {
    const computed = i < 8
    expect(views[0][i]).toBe(computed ? f(f(xs[i] / f(Math.sqrt(ys[i]))) + rootValue) : xs[i])
    expect(views[1][i]).toBe(computed ? f(f(-ys[i] * scalar) - f(xs[i] * f(0.1))) : ys[i])
  }
})

test('an op without an instruction is refused by name', () => {
  const graph = new Graph()
  graph.output('new:x', exp(graph.input('x', 'float32', ['n'])))
  expect(() => compileElementwise(graph, { 'new:x': 'x' }, 64)).toThrow(/Exp has no element-wise instruction/)
})

/** Runs a graph of inputs `x`, `y` (tensors) and `s` (a scalar) that replaces x. */
async function runOn(build: (x: Value, y: Value, s: Value) => Value, xs: number[], ys: number[], scalar: number) {
  const stride = 16 * Math.ceil(xs.length / 4)
  const graph = new Graph()
  const [x, y] = ['x', 'y'].map((name) => graph.input(name, 'float32', ['n']))
  graph.output('new:x', build(x, y, graph.input('s', 'float32', [])))
  const { wasm } = compileElementwise(graph, { 'new:x': 'x' }, stride)
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { validate(bytes: Uint8Array): boolean } }
  expect(WebAssembly.validate(wasm)).toBe(true)
  const { memory, run } = await instantiateKernel(wasm, 2 * stride)
  const views = [xs, ys].map((values, i) => new Float32Array(memory, i * stride, values.length))
  views[0].set(xs)
  views[1].set(ys)
  run(xs.length * 4, scalar)
  expect(views[1]).toEqual(Float32Array.from(ys)) // only read
  return views[0]
}

describe('each instruction', () => {
  // Zeros of both signs, the smallest and largest numbers, what overflows, infinities and NaN, against each other.
  const special = [0, -0, 1, -1, 0.1, -3.7, 1e-45, -1e-40, 1.17549435e-38, 3.4e38, -3.4e38, 1e20, 16777217].map(f)
  special.push(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN)
  const xs = special.flatMap((value) => special.map(() => value))
  const ys = special.flatMap(() => special)
  const binary: [string, (a: Value, b: Value) => Value, (a: number, b: number) => number][] = [
    ['add', add, (a, b) => f(a + b)],
    ['sub', sub, (a, b) => f(a - b)],
    ['mul', mul, (a, b) => f(a * b)],
    ['div', div, (a, b) => f(a / b)],
  ]
  const unary: [string, (x: Value) => Value, (x: number) => number][] = [
    ['neg', neg, (x) => -x],
    ['sqrt', sqrt, (x) => f(Math.sqrt(x))],
  ]
  /** With the sign of zeros; NaN equals NaN, whose bits are not decided. */
  const expectSame = (found: Float32Array, expected: number[]) => {
    expect(found.findIndex((value, i) => !Object.is(value, expected[i]))).toBe(-1)
  }

  test.each(binary)('%s', async (_name, op, expected) => {
    expectSame(
      await runOn((x, y) => op(x, y), xs, ys, 0),
      xs.map((value, i) => expected(value, ys[i])),
    )
    for (const scalar of special) {
      // A scalar on either side; and of two scalars, one of them a constant, added to the tensor.
      expectSame(
        await runOn((x, _y, s) => op(x, s), special, special, scalar),
        special.map((x) => expected(x, scalar)),
      )
      expectSame(
        await runOn((x, _y, s) => op(s, x), special, special, scalar),
        special.map((x) => expected(scalar, x)),
      )
      expectSame(
        await runOn((x, _y, s) => add(x, op(s, x.graph.constant(0.3, 'float32'))), special, special, scalar),
        special.map((x) => f(x + expected(scalar, f(0.3)))),
      )
    }
  })

  test.each(unary)('%s', async (_name, op, expected) => {
    expectSame(await runOn((_x, y) => op(y), xs, ys, 0), ys.map(expected))
    for (const scalar of special) {
      expectSame(
        await runOn((x, _y, s) => mul(x, op(s)), special, special, scalar),
        special.map((x) => f(x * expected(scalar))),
      )
    }
  })
})

test('a graph of hundreds of values, with numbers of more than one byte in the module', async () => {
  const xs = Array.from({ length: 12 }, (_, i) => f(i / 7))
  const ys = xs.map((x) => f(1 - x))
  const build = (x: Value, y: Value, s: Value) => {
    let [value, factor] = [x, s]
    for (let i = 0; i < 200; i++) {
      factor = scale(factor, 0.99)
      value = add(mul(value, factor), y)
    }
    return value
  }
  const expected = xs.map((x, i) => {
    let [value, factor] = [x, f(0.9)]
    for (let step = 0; step < 200; step++) {
      factor = f(factor * f(0.99))
      value = f(f(value * factor) + ys[i])
    }
    return value
  })
  expect([...(await runOn(build, xs, ys, f(0.9)))]).toEqual(expected)
})

test('an output may be an input as it is, and values that no output needs are left out', async () => {
  const unused = (x: Value, y: Value) => {
    exp(x) // has no instruction
    return y
  }
  expect([...(await runOn(unused, [1, 2, 3, 4], [5, 6, 7, 8], 0))]).toEqual([5, 6, 7, 8])
})

describe('sums over all elements', () => {
  const graphOf = (outputs: (x: Value) => Record<string, Value>) => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', ['n'])
    for (const [name, value] of Object.entries(outputs(x))) graph.output(name, value)
    return graph
  }
  const runSums = async (outputs: (x: Value) => Record<string, Value>, values: Float32Array) => {
    const { wasm, sums } = compileElementwise(graphOf(outputs), { 'new:x': 'x' }, values.length * 4)
    const { memory, run } = await instantiateKernel(wasm, values.length * 4)
    new Float32Array(memory).set(values)
    return { sums, result: run(values.length * 4), after: new Float32Array(memory, 0, values.length) }
  }
  // In float32 the small ones would vanish beside the large one.
  const values = Float32Array.from({ length: 4096 }, (_, i) => (i === 6 ? 3000 : f(Math.sin(i) / 7)))

  test('are added up in float64, and tensors are stored beside them', async () => {
    const outputs = (x: Value) => ({ squares: reduceSum(mul(x, x)), 'new:x': scale(x, 2), plain: reduceSum(x) })
    const { sums, result, after } = await runSums(outputs, values)
    expect(sums).toEqual(['squares', 'plain'])
    const exact = [values.reduce((sum, x) => sum + f(x * x), 0), values.reduce((sum, x) => sum + x, 0)]
    ;(result as number[]).forEach((sum, i) => {
      expect(Math.abs(sum / exact[i] - 1)).toBeLessThan(values.length * 2 ** -53) // one rounding an element
    })
    expect(after).toEqual(values.map((x) => x * 2))
  })

  test('one alone is a number', async () => {
    const { result } = await runSums((x) => ({ plain: reduceSum(x) }), Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8.5))
    expect(result).toBe(36.5)
  })

  test('cannot be used by other values', () => {
    const graph = graphOf((x) => ({ total: reduceSum(x), 'new:x': mul(x, reduceSum(x)) }))
    expect(() => compileElementwise(graph, { 'new:x': 'x' }, 64)).toThrow(/ReduceSum has no element-wise instruction/)
    const shared = graphOf((x) => {
      const total = reduceSum(x)
      return { total, 'new:x': mul(x, total) }
    })
    expect(() => compileElementwise(shared, { 'new:x': 'x' }, 64)).toThrow(/uses a sum/)
  })
})
