import { expect, test } from 'vitest'
import { instantiateKernel } from '../runtime/web-assembly.ts'
import { compileElementwise } from './elementwise-kernel.ts'
import { Graph } from './graph.ts'
import { add, div, exp, mul, neg, scale, sqrt, sub } from './ops/elementwise.ts'

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
