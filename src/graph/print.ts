import { formatShape } from '../core/shape.ts'
import type { Graph, Node, TensorType, Value } from './graph.ts'

/** The graph as text, one line a node: `%3: float32[tokens, 12] = Gemm(%1, weight) transB=1  # encoder.layer.0`. */
export function printGraph(graph: Graph): string {
  const numbers = new Map<Value, string>()
  for (const value of [...graph.inputs, ...graph.constants]) numbers.set(value, value.name)
  const type = (t: TensorType) => `${t.dtype}${formatShape(t.shape)}`
  const lines = graph.inputs.map((value) => `input ${value.name}: ${type(value)}`)
  for (const value of graph.constants) {
    const data = Array.from<number | bigint>(value.constant ?? []).slice(0, 8)
    lines.push(`const ${value.name}: ${type(value)} = ${data.join(', ')}`)
  }
  let next = 0
  for (const node of graph.nodes) {
    for (const output of node.outputs) numbers.set(output, `%${next++}`)
    lines.push(printNode(node, numbers, type))
  }
  for (const [name, value] of graph.outputs) lines.push(`output ${name} = ${numbers.get(value)}`)
  return `${lines.join('\n')}\n`
}

function printNode(node: Node, numbers: Map<Value, string>, type: (t: TensorType) => string): string {
  const left = node.outputs.map((output) => `${numbers.get(output)}: ${type(output)}`).join(', ')
  const inputs = node.inputs.map((input) => numbers.get(input)).join(', ')
  const attributes = Object.entries(node.attributes).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`)
  return `${left} = ${node.op.name}(${inputs})${attributes.join('')}${node.scope ? `  # ${node.scope}` : ''}`
}
