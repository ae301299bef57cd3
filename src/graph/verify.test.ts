import { expect, test } from 'vitest'
import { ShapeError } from '../core/errors.ts'
import { Graph, type Node, type Value } from './graph.ts'
import { exp, mul, tanh } from './ops/elementwise.ts'
import { LayerNormalization } from './ops/layer-norm.ts'
import { verify } from './verify.ts'

/** y = exp(tanh(x)) x, which is well formed. */
function wellFormed() {
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['rows', 2])
  const y = mul(exp(tanh(x)), x)
  graph.output('y', y)
  verify(graph)
  return { graph, x, y }
}

/** Overwrites what types declare read-only, as a faulty transformation could. */
const breakPart = (part: Node | Value, change: object) => Object.assign(part, change)

test('inputs are replaced by values that come later', () => {
  const { graph, y } = wellFormed()
  breakPart(graph.nodes[0], { inputs: [y] })
  expect(() => verify(graph)).toThrow(/Tanh \(Tanh_0\) uses "Mul_2" before it is defined/)
})

test('a node is removed that others need', () => {
  const { graph } = wellFormed()
  graph.nodes.splice(1, 1)
  expect(() => verify(graph)).toThrow(/Mul \(Mul_2\) uses "Exp_1" before it is defined/)
})

test('a node is listed twice', () => {
  const { graph } = wellFormed()
  graph.nodes.push(graph.nodes[0])
  expect(() => verify(graph)).toThrow(/two values are named "Tanh_0"/)
})

test('a value of another graph is used', () => {
  const { graph } = wellFormed()
  breakPart(graph.nodes[0], { inputs: [new Graph().input('x', 'float32', ['rows', 2])] })
  expect(() => verify(graph)).toThrow(/Tanh \(Tanh_0\) uses "x" before it is defined/)
})

test('a value has a wrong element type', () => {
  const { graph } = wellFormed()
  breakPart(graph.nodes[1].outputs[0], { dtype: 'float64' })
  expect(() => verify(graph)).toThrow(/Exp \(Exp_1\) output 0 is float64\[rows, 2\], its op infers float32\[rows, 2\]/)
})

test('a dimension has another name', () => {
  const { graph } = wellFormed()
  breakPart(graph.nodes[2].outputs[0], { shape: ['tokens', 2] })
  expect(() => verify(graph)).toThrow(
    /Mul \(Mul_2\) output 0 is float32\[tokens, 2\], its op infers float32\[rows, 2\]/,
  )
})

test('a node lacks an output', () => {
  const graph = new Graph()
  const [x, gamma, beta] = [[3, 7], [7], [7]].map((shape, i) => graph.input(`input ${i}`, 'float32', shape))
  graph.apply(LayerNormalization, [x, gamma, beta], { epsilon: 1e-5 })
  breakPart(graph.nodes[0], { outputs: graph.nodes[0].outputs.slice(0, 2) })
  expect(() => verify(graph)).toThrow(/LayerNormalization .* has 2 outputs, its op infers 3/)
})

test('inputs that no longer fit the op', () => {
  const { graph } = wellFormed()
  const other = graph.input('other', 'float32', [5])
  breakPart(graph.nodes[2], { inputs: [graph.nodes[2].inputs[0], other] })
  expect(() => verify(graph)).toThrow(ShapeError)
})

test('two values have one name', () => {
  const { graph } = wellFormed()
  breakPart(graph.nodes[1].outputs[0], { name: 'x' })
  expect(() => verify(graph)).toThrow(/two values are named "x"/)
})

test('an output is never computed', () => {
  const { graph } = wellFormed()
  graph.nodes.pop()
  expect(() => verify(graph)).toThrow(/output "y" is never computed/)
})

test('an output has the name of a value, which ONNX does not allow', () => {
  for (const name of ['x', 'Tanh_0']) {
    const { graph, y } = wellFormed()
    graph.output(name, y)
    expect(() => verify(graph)).toThrow(`output "${name}" has the name of a value`)
  }
})
