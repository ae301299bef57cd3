/** Where the time of a profiled training step went. */
import type { ProfileEvent } from '../src/runtime/backend.ts'
import { groupProducts, operations, type PlacedProduct } from './products.ts'
import { median, sum } from './statistics.ts'

/** The engine's operators that are matrix products. */
const productOps: ReadonlySet<string> = new Set(['Gemm', 'FusedMatMul', 'MatMul', 'FusedGemm'])

export interface ShareRow {
  name: string
  seconds: number
}

/** Products of one shape, in the step and alone. */
export interface BareRow {
  product: string
  count: number
  /** Floating-point operations of one product. */
  operations: number
  /** Seconds of all of them in the step. */
  stepSeconds: number
  /** Seconds that as many would take alone, each in a graph of its own. */
  bareSeconds: number
}

export interface ProfileSummary {
  /** Wall time of a profiled step (median). */
  stepSeconds: number
  /** Time in the graph's nodes, a step. */
  graphSeconds: number
  /** Time in matrix products, a step. */
  productSeconds: number
  /** Floating-point operations of a step's matrix products. */
  productOperations: number
  /** By operator, longest first. */
  ops: ShareRow[]
  /** By part of the model and direction. */
  parts: ShareRow[]
  /** By shape, the most work first. */
  products: BareRow[]
  /** Products of the profile that the graph does not have, or the other way round; empty if the sums can be trusted. */
  unmatched: string[]
}

/** Time of each node in one step: the mean over steps, the first `skip` left out. */
export function meanByNode(
  events: readonly ProfileEvent[],
  skip: number,
): Map<string, { op: string; seconds: number }> {
  const durations = new Map<string, { op: string; us: number[] }>()
  for (const { op, node: name, durationUs } of events) {
    const node = name.replace(/^fused /, '') // how ONNX Runtime names a product with its activation in it
    const known = durations.get(node) ?? { op, us: [] }
    known.us.push(durationUs)
    durations.set(node, known)
  }
  const means = new Map<string, { op: string; seconds: number }>()
  for (const [node, { op, us }] of durations) {
    const counted = us.slice(skip)
    if (counted.length > 0) means.set(node, { op, seconds: sum(counted) / counted.length / 1e6 })
  }
  return means
}

/** Embeddings, attention, feed-forward or head, and the direction, by a node's name. */
export function partOf(node: string): string {
  if (/^factors:\d+$/.test(node)) return 'dropout factors'
  // What PadRows and UnpadRows gather by; in the forward pass that is only a reshape.
  if (/^rows:\d+$/.test(node)) return 'attention, backward'
  const [, output, path] = /^(?:(grad|rows):)?(.*)$/.exec(node)!
  const slash = path.lastIndexOf('/')
  const scope = slash < 0 && !output ? '' : path.slice(0, slash < 0 ? undefined : slash)
  const backward = output !== undefined || /(^|\.)grad(\.|$)/.test(scope)
  const part = /(^|\.)embeddings(\.|$)/.test(scope)
    ? 'embeddings'
    : /\.layer\.\d+\.attention(\.|$)/.test(scope)
      ? 'attention'
      : /\.layer\.\d+(\.|$)/.test(scope)
        ? 'feed-forward'
        : 'head and loss'
  return `${part}, ${backward ? 'backward' : 'forward'}`
}

/**
 * Sums a profile up.
 * @param steps wall seconds of the steps that count
 * @param bare seconds of one product alone, by the name of its shape
 */
export function summarizeProfile(
  events: readonly ProfileEvent[],
  { steps, skip }: { steps: readonly number[]; skip: number },
  products: readonly PlacedProduct[],
  bare: ReadonlyMap<string, number>,
): ProfileSummary {
  const nodes = meanByNode(events, skip)
  const isProduct = ({ op }: { op: string }) => productOps.has(op)
  const all = [...nodes.values()]
  const known = new Set(products.map(({ node }) => node))
  const unmatched = [
    ...[...nodes].flatMap(([node, { op }]) => (productOps.has(op) && !known.has(node) ? [node] : [])),
    ...[...known].filter((node) => !nodes.has(node)),
  ]
  return {
    stepSeconds: median(steps),
    graphSeconds: sum(all.map(({ seconds }) => seconds)),
    productSeconds: sum(all.filter(isProduct).map(({ seconds }) => seconds)),
    productOperations: sum(products.map(operations)),
    ops: grouped([...nodes.values()].map(({ op, seconds }) => ({ name: op, seconds }))),
    parts: grouped([...nodes].map(([node, { seconds }]) => ({ name: partOf(node), seconds }))),
    products: groupProducts(products).map(({ name, shape, members }) => ({
      product: name,
      count: members.length,
      operations: operations(shape),
      stepSeconds: sum(members.map(({ node }) => nodes.get(node)?.seconds ?? 0)),
      bareSeconds: (bare.get(name) ?? Number.NaN) * members.length,
    })),
    unmatched,
  }
}

function grouped(rows: readonly ShareRow[]): ShareRow[] {
  const sums = new Map<string, number>()
  for (const { name, seconds } of rows) sums.set(name, (sums.get(name) ?? 0) + seconds)
  return [...sums].map(([name, seconds]) => ({ name, seconds })).sort((a, b) => b.seconds - a.seconds)
}
