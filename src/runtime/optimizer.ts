import { compileElementwise, type ElementwiseKernel } from '../graph/elementwise-kernel.ts'
import { Graph, type Value } from '../graph/graph.ts'
import { toOnnx } from '../graph/onnx.ts'
import { mul } from '../graph/ops/elementwise.ts'
import { reduceSum } from '../graph/ops/reduce.ts'
import { verify } from '../graph/verify.ts'
import { type FactoredSettings, factoredShape } from './factored-update.ts'
import { layoutParameters, type ParameterLayout } from './parameter-layout.ts'
import { stretchBytes, trustRatioSums, type UpdateProgram } from './weight-updater.ts'

/** What all optimisers have: their settings, state arrays, and scalars that change from step to step. */
export interface OptimizerBase {
  /** Written into trainer_state and checkpoints, e.g. `adamw`. */
  readonly name: string
  /** Step size; a schedule multiplies it. */
  readonly learningRate: number
  /** Decoupled or coupled decay, as the optimiser defines it, for the parameters that decay. */
  readonly weightDecay: number
  /** Names of the state arrays, all 0 at first. */
  readonly slots: readonly string[]
  /** Values of the scalars at a step. @param step counts from 1 */
  scalars(step: number): Record<string, number>
}

/** An optimiser whose update is element-wise, written as a graph; its state arrays have the size of the weights. */
export interface ElementwiseOptimizer extends OptimizerBase {
  /**
   * Builds the update of one stretch.
   * @param inputs `weights`, `gradients` (already scaled for clipping) and each slot: float32 [n]; `learningRate`,
   * `weightDecay` and each scalar: float32 []
   * @returns the new slots, and without `layerwise` the new `weights`
   */
  update(inputs: Record<string, Value>): Record<string, Value>
  /** For optimisers that look at each parameter as a whole: how the weights follow from the new slots. */
  readonly layerwise?: LayerwiseUpdate
}

/** An optimiser that keeps means of a matrix's rows and columns: its slots are `factoredSlots`, its scalars those of FactoredStep. */
export interface FactoredOptimizer extends OptimizerBase {
  readonly factored: FactoredSettings
}

export type Optimizer = ElementwiseOptimizer | FactoredOptimizer

/** An update of weights whose size depends on norms of the whole parameter, such as LAMB's. */
export interface LayerwiseUpdate {
  /**
   * The two tensors whose norms over the parameter make `trustRatio` = |numerator| / |denominator|; it is 1 where either is
   * 0, and for biases and normalisation weights.
   * @param inputs as of `update`, with the new slots
   */
  trustRatio(inputs: Record<string, Value>): { numerator: Value; denominator: Value }
  /** The new weights. @param inputs as of `update`, with the new slots and `trustRatio`: float32 [] */
  weights(inputs: Record<string, Value>): Value
}

/** Where the state of parameters lies in the array of each slot. @param trained where their gradients lie */
export function slotLayouts(optimizer: Optimizer, trained: ParameterLayout): Map<string, ParameterLayout> {
  if (!('factored' in optimizer)) return new Map(optimizer.slots.map((slot) => [slot, trained]))
  const layoutOf = (slot: string) =>
    layoutParameters(
      trained.slots.flatMap((parameter) => {
        const shape = factoredShape(slot, parameter.shape)
        return shape ? [{ name: parameter.name, shape }] : []
      }),
    )
  return new Map(optimizer.slots.map((slot) => [slot, layoutOf(slot)]))
}

/**
 * The optimiser's update, as the weight updater runs it.
 * @param layouts of the slots; default: all as the weights
 */
export function updateProgram(optimizer: Optimizer, layouts?: ReadonlyMap<string, ParameterLayout>): UpdateProgram {
  const slotSizes = Object.fromEntries([...(layouts ?? [])].map(([slot, { size }]) => [slot, size]))
  const common = { sumOfSquares: sumOfSquaresModel(), slots: optimizer.slots, slotSizes }
  if ('factored' in optimizer) return { ...common, factored: optimizer.factored }
  const { layerwise } = optimizer
  const kernel = compilePass(optimizer, ['gradients', 'gradientScale'], (given) => {
    const inputs = { ...given, gradients: mul(given.gradients, given.gradientScale) }
    const updated = optimizer.update(inputs)
    if (!layerwise) return { updated }
    const { numerator, denominator } = layerwise.trustRatio({ ...inputs, ...updated })
    const { numerator: above, denominator: below } = trustRatioSums
    return { updated, squared: { [above]: numerator, [below]: denominator } }
  })
  return {
    ...common,
    kernel,
    layerwise:
      layerwise &&
      compilePass(optimizer, ['trustRatio'], (inputs) => ({ updated: { weights: layerwise.weights(inputs) } })),
  }
}

/**
 * One pass over weights, slots and what `further` names; `gradients` is a tensor.
 * @param build gives the new tensors by the name of the one that they replace, and the tensors whose squares are summed
 */
function compilePass(
  optimizer: ElementwiseOptimizer,
  further: readonly string[],
  build: (inputs: Record<string, Value>) => { updated: Record<string, Value>; squared?: Record<string, Value> },
): ElementwiseKernel {
  const graph = new Graph()
  const inputs: Record<string, Value> = {}
  const isTensor = (name: string) => name === 'gradients'
  for (const name of ['weights', ...further.filter(isTensor), ...optimizer.slots])
    inputs[name] = graph.input(name, 'float32', ['n'])
  const scalars = [
    ...further.filter((name) => !isTensor(name)),
    'learningRate',
    'learningRateFactor',
    'weightDecay',
    ...Object.keys(optimizer.scalars(1)),
  ]
  for (const name of scalars) inputs[name] = graph.input(name, 'float32', [])
  const learningRate = mul(inputs.learningRate, inputs.learningRateFactor)
  const { updated, squared = {} } = build({ ...inputs, learningRate })
  for (const [name, value] of Object.entries(updated)) graph.output(`new:${name}`, value)
  for (const [name, value] of Object.entries(squared)) graph.output(name, reduceSum(mul(value, value)))
  verify(graph)
  const overwrites = Object.fromEntries(Object.keys(updated).map((name) => [`new:${name}`, name]))
  return compileElementwise(graph, overwrites, stretchBytes)
}

function sumOfSquaresModel(): Uint8Array {
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['n'])
  graph.output('y', reduceSum(mul(x, x)))
  return toOnnx(graph)
}
