import type { Graph, Node, Value } from './graph.ts'

/** The nodes that the graph's outputs depend on, in order. Engines run all that they are given, so the others are left out. */
export function liveNodes(graph: Graph): Node[] {
  const wanted = new Set<Value>(graph.outputs.values())
  const live: Node[] = []
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue
    live.push(node)
    for (const input of node.inputs) wanted.add(input)
  }
  return live.reverse()
}
