import { compileElementwise } from '../graph/elementwise-kernel.ts'
import { Graph, type Value } from '../graph/graph.ts'
import { toOnnx } from '../graph/onnx.ts'
import { mul } from '../graph/ops/elementwise.ts'
import { reduceSum } from '../graph/ops/reduce.ts'
import { verify } from '../graph/verify.ts'
import { stretchBytes, type UpdateProgram } from './weight-updater.ts'

/** An optimiser: state arrays, scalars that change from step to step, and an element-wise update written as a graph. */
export interface Optimizer {
  /** Written into trainer_state and checkpoints, e.g. `adamw`. */
  readonly name: string
  /** Step size; a schedule multiplies it. */
  readonly learningRate: number
  /** Decoupled or coupled decay, as the optimiser defines it, for the parameters that decay. */
  readonly weightDecay: number
  /** Names of the state arrays, each of the size of the weights and 0 at first. */
  readonly slots: readonly string[]
  /** Values of the scalars at a step. @param step counts from 1 */
  scalars(step: number): Record<string, number>
  /**
   * Builds the update of one stretch.
   * @param inputs `weights`, `gradients` (already scaled for clipping) and each slot: float32 [n]; `learningRate`,
   * `weightDecay` and each scalar: float32 []
   * @returns the new `weights` and slots
   */
  update(inputs: Record<string, Value>): Record<string, Value>
}

/** The optimiser's update, as the weight updater runs it. */
export function updateProgram(optimizer: Optimizer): UpdateProgram {
  const graph = new Graph()
  const inputs: Record<string, Value> = {}
  for (const name of ['weights', 'gradients', ...optimizer.slots]) inputs[name] = graph.input(name, 'float32', ['n'])
  const scalars = [
    'gradientScale',
    'learningRate',
    'learningRateFactor',
    'weightDecay',
    ...Object.keys(optimizer.scalars(1)),
  ]
  for (const name of scalars) inputs[name] = graph.input(name, 'float32', [])
  const updated = optimizer.update({
    ...inputs,
    gradients: mul(inputs.gradients, inputs.gradientScale),
    learningRate: mul(inputs.learningRate, inputs.learningRateFactor),
  })
  for (const [name, value] of Object.entries(updated)) graph.output(`new:${name}`, value)
  verify(graph)
  const overwrites = Object.fromEntries(Object.keys(updated).map((name) => [`new:${name}`, name]))
  return {
    kernel: compileElementwise(graph, overwrites, stretchBytes),
    sumOfSquares: sumOfSquaresModel(),
    slots: optimizer.slots,
  }
}

function sumOfSquaresModel(): Uint8Array {
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['n'])
  graph.output('y', reduceSum(mul(x, x)))
  return toOnnx(graph)
}
