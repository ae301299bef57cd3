/**
 * Reverse-mode differentiation on the graph: one walk over the nodes from the loss backwards, which asks each op for its
 * gradient rule and adds up what reaches a value by several paths. It knows no op by name, except the sum.
 */
import { ShapeError } from '../core/errors.ts'
import { formatShape, sameShape } from '../core/shape.ts'
import type { Node, Value } from './graph.ts'
import { isFloat } from './graph.ts'
import { add } from './ops/elementwise.ts'
import { Recomputation } from './recompute.ts'

/**
 * Appends to the graph of `loss` the nodes that compute d(loss)/d(value) for each of `values`.
 * @param loss a float scalar
 * @param options.recompute compute the graph's segments again instead of keeping what is in them; default false
 * @returns one gradient a value, of the value's own shape
 * @throws ShapeError if the loss is no scalar, a value does not influence it, or an op on the way has no gradient
 */
export function gradients(loss: Value, values: readonly Value[], { recompute = false } = {}): Value[] {
  if (loss.shape.length !== 0 || !isFloat(loss.dtype)) {
    throw new ShapeError('NOT_SCALAR', `the loss must be a float scalar, not ${loss.dtype}${formatShape(loss.shape)}`)
  }
  const { graph } = loss
  const forward = [...graph.nodes]
  const recomputation = recompute ? new Recomputation(graph) : undefined
  const needed = dependents(forward, values)
  const adjoints = new Map<Value, Value>([[loss, graph.constant(1, loss.dtype)]])
  for (const node of forward.toReversed()) {
    const outputGradients = node.outputs.map((output) => adjoints.get(output))
    const first = outputGradients.find((gradient) => gradient !== undefined)
    if (!first) continue
    if (!node.inputs.some((input) => needed.has(input))) continue
    const read = recomputation?.copyOf(node, first) ?? node
    graph.scope(`${node.scope ? `${node.scope}.` : ''}grad`, () => {
      propagate(node, read, outputGradients, needed, adjoints)
    })
  }
  return values.map((value) => {
    const gradient = adjoints.get(value)
    if (!gradient) throw new ShapeError('NO_GRADIENT', `the loss does not depend on "${value.name}"`)
    return gradient
  })
}

/** Every value that depends on one of `sources`, the sources included. */
function dependents(nodes: readonly Node[], sources: readonly Value[]): Set<Value> {
  const found = new Set(sources)
  for (const node of nodes) {
    if (node.inputs.some((input) => found.has(input))) {
      for (const output of node.outputs) if (isFloat(output.dtype)) found.add(output)
    }
  }
  return found
}

/** @param read the node whose values the gradient rule reads: `node` itself, or one that computes the same */
function propagate(
  node: Node,
  read: Node,
  outputGradients: (Value | undefined)[],
  needed: ReadonlySet<Value>,
  adjoints: Map<Value, Value>,
): void {
  const rule = node.op.gradient
  if (typeof rule !== 'function') {
    throw new ShapeError('NO_GRADIENT', `${node.op.name} in ${node.scope || 'the graph'} has no gradient: ${rule.none}`)
  }
  const { inputs } = node
  const gradients = rule({
    node: read,
    inputs: read.inputs,
    outputs: read.outputs,
    outputGradients,
    needed: (i) => needed.has(inputs[i]),
  })
  inputs.forEach((input, i) => {
    const gradient = gradients[i]
    if (!gradient || !needed.has(input)) return
    if (!sameShape(gradient.shape, input.shape)) {
      throw new ShapeError(
        'GRADIENT_SHAPE',
        `${node.op.name}: the gradient of input ${i} has shape ${formatShape(gradient.shape)}, the input ${formatShape(input.shape)}`,
      )
    }
    const known = adjoints.get(input)
    adjoints.set(input, known ? add(known, gradient) : gradient)
  })
}
