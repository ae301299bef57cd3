/** Activation recomputation (Chen et al. 2016, "Training deep nets with sublinear memory cost", arXiv 1604.06174). */
import type { Graph, Node, Value } from './graph.ts'
import { after } from './ops/after.ts'

/**
 * Nodes for a backward pass that computes parts of the forward pass again. Of each segment of the graph (see `Graph.segment`)
 * only what it reads is kept; the rest is computed a second time when its backward pass begins.
 */
export class Recomputation {
  readonly #graph: Graph
  readonly #segments = new Map<Node, readonly Node[]>()
  readonly #copies = new Map<Node, Node>()

  constructor(graph: Graph) {
    this.#graph = graph
    for (const segment of graph.segments) for (const node of segment) this.#segments.set(node, segment)
  }

  /**
   * The node that a gradient rule is to read in place of this one.
   * @param gradient of an output of the node: a segment's second pass waits for the first of them
   */
  copyOf(node: Node, gradient: Value): Node {
    const segment = this.#segments.get(node)
    if (!segment) return node
    if (!this.#copies.has(node)) this.#copy(segment, gradient)
    return this.#copies.get(node)!
  }

  #copy(segment: readonly Node[], gradient: Value): void {
    const values = new Map<Value, Value>()
    const read = (value: Value) => {
      const known = values.get(value)
      if (known) return known
      // What has the same shape in every batch, such as weights, is there anyway, and what follows from it alone is small.
      const dependsOnBatch = value.shape.some((dim) => typeof dim === 'string')
      const read = dependsOnBatch ? after(value, gradient) : value
      values.set(value, read)
      return read
    }
    for (const node of segment) {
      this.#graph.scope(`${node.scope ? `${node.scope}.` : ''}again`, () => {
        const outputs = this.#graph.apply(node.op, node.inputs.map(read), node.attributes)
        this.#copies.set(node, outputs[0].producer!)
        for (const [i, output] of outputs.entries()) values.set(node.outputs[i], output)
      })
    }
  }
}
