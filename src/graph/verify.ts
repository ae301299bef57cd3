import { ShapeError } from '../core/errors.ts'
import { formatShape, sameShape } from '../core/shape.ts'
import type { Graph, Value } from './graph.ts'

/**
 * Checks that a graph is well formed: every value is defined before it is used, names are unique, and each node's
 * output types are what its op infers. Run after every transformation.
 * @throws ShapeError naming the node
 */
export function verify(graph: Graph): void {
  const defined = new Set<Value>([...graph.inputs, ...graph.constants])
  const names = new Set<string>()
  const claim = (value: Value) => {
    if (names.has(value.name)) throw new ShapeError('VERIFY', `two values are named "${value.name}"`)
    names.add(value.name)
  }
  for (const value of defined) claim(value)
  for (const node of graph.nodes) {
    const label = `${node.op.name} (${node.outputs[0]?.name})`
    for (const input of node.inputs) {
      if (!defined.has(input)) throw new ShapeError('VERIFY', `${label} uses "${input.name}" before it is defined`)
    }
    const types = node.op.infer(node.inputs, node.attributes)
    if (types.length !== node.outputs.length) {
      throw new ShapeError('VERIFY', `${label} has ${node.outputs.length} outputs, its op infers ${types.length}`)
    }
    types.forEach((type, i) => {
      const output = node.outputs[i]
      if (type.dtype !== output.dtype || !sameShape(type.shape, output.shape)) {
        throw new ShapeError(
          'VERIFY',
          `${label} output ${i} is ${output.dtype}${formatShape(output.shape)}, its op infers ${type.dtype}${formatShape(type.shape)}`,
        )
      }
      claim(output)
      defined.add(output)
    })
  }
  for (const [name, value] of graph.outputs) {
    // An output is a tensor of its own in ONNX, so it shares the names of the values.
    if (names.has(name)) throw new ShapeError('VERIFY', `output "${name}" has the name of a value; rename one of them`)
    if (!defined.has(value)) throw new ShapeError('VERIFY', `output "${name}" is never computed`)
  }
}
