import type { ElementwiseKernel } from '../graph/elementwise-kernel.ts'
import type { Backend, Session } from './backend.ts'
import { type FactoredPlace, type FactoredSettings, factoredUpdate } from './factored-update.ts'
import { instantiateKernel, type KernelRun } from './web-assembly.ts'

/** The optimiser's arithmetic. */
export type UpdateProgram = (ElementwiseProgram | FactoredProgram) & {
  /** ONNX graph: `x` float32 [n] -> `y`, the scalar sum of squares. */
  sumOfSquares: Uint8Array
  /** Names of the optimiser's state arrays, e.g. the moments. */
  slots: readonly string[]
  /** Elements of those that have not the size of the weights. */
  slotSizes?: Readonly<Record<string, number>>
}

interface ElementwiseProgram {
  /**
   * The update of a stretch: tensors `weights`, `gradients` and each slot; scalars `gradientScale`, `weightDecay`,
   * `learningRateFactor` and those of the step request.
   */
  kernel: ElementwiseKernel
  /**
   * A second pass over each group, with the new slots and the scalar `trustRatio`: the quotient of the norms of the whole
   * group that the first pass's sums are the squares of. Absent if the first pass updates the weights.
   */
  layerwise?: ElementwiseKernel
}

interface FactoredProgram {
  factored: FactoredSettings
}

/** A stretch of the flat arrays with settings of its own. */
export interface UpdateGroup {
  /** Of the weights. */
  start: number
  end: number
  /** Where the stretch starts in the gradients and in state of the weights' size; default as in the weights. */
  trainedStart?: number
  weightDecay: number
  /** Factor of the learning rate; default 1. */
  learningRateFactor: number
  /** Of the step's scalars those that the group has values of its own for. */
  scalars?: Readonly<Record<string, number>>
  /** Of an update in two passes, for which a group is one parameter: whether its trust ratio is other than 1. */
  layerwise?: boolean
  /** Of a factored update, for which a group is one parameter. */
  factored?: FactoredPlace
}

/** The first pass's sums of squares that the trust ratio is made of. */
export const trustRatioSums = { numerator: 'numerator', denominator: 'denominator' } as const

/** Elements that the kernel works on at a time: small enough that weights, gradients and moments stay in the cache. */
const stretch = 1 << 13
export const stretchBytes = stretch * 4

/** Elements whose squares are summed in float32, few enough for 1e-6; the sums of stretches are added in float64. */
const normStretch = 1 << 17

/** A kernel and its memory: one stretch of each tensor. */
interface Pass {
  kernel: ElementwiseKernel
  run: KernelRun
  tensors: ReadonlyMap<string, Float32Array>
}

/** Applies an optimiser's update to flat arrays, in place. */
export class WeightUpdater {
  readonly #sumOfSquares: Session
  readonly #updateGroup: UpdateOfGroup

  private constructor(sumOfSquares: Session, updateGroup: UpdateOfGroup) {
    this.#sumOfSquares = sumOfSquares
    this.#updateGroup = updateGroup
  }

  static async create(backend: Backend, program: UpdateProgram): Promise<WeightUpdater> {
    const updateGroup = 'factored' in program ? factoredGroups(program.factored) : await elementwiseGroups(program)
    return new WeightUpdater(await backend.createSession(program.sumOfSquares), updateGroup)
  }

  /** Euclidean norm. */
  async norm(array: Float32Array): Promise<number> {
    let total = 0
    for (let start = 0; start < array.length; start += normStretch) {
      const data = array.subarray(start, Math.min(start + normStretch, array.length))
      const { y } = await this.#sumOfSquares.run({ x: { dtype: 'float32', data, dims: [data.length] } }, { y: null })
      total += Number(y.data[0])
    }
    return Math.sqrt(total)
  }

  /** Updates weights and slots of each group. */
  update(
    arrays: ReadonlyMap<string, Float32Array>,
    groups: readonly UpdateGroup[],
    scalars: Record<string, number>,
  ): void {
    for (const group of groups) {
      const { weightDecay, learningRateFactor } = group
      this.#updateGroup(arrays, group, { ...scalars, ...group.scalars, weightDecay, learningRateFactor })
    }
  }

  async release(): Promise<void> {
    await this.#sumOfSquares.release()
  }
}

type UpdateOfGroup = (
  arrays: ReadonlyMap<string, Float32Array>,
  group: UpdateGroup,
  scalars: Readonly<Record<string, number>>,
) => void

async function elementwiseGroups(program: ElementwiseProgram): Promise<UpdateOfGroup> {
  const first = await createPass(program.kernel)
  const second = program.layerwise && (await createPass(program.layerwise))
  return (arrays, group, scalars) => {
    const sums = runPass(first, arrays, group, scalars)
    if (!second) return
    const trustRatio = group.layerwise ? quotientOfNorms(sums) : 1
    runPass(second, arrays, group, { ...scalars, trustRatio })
  }
}

const factoredGroups =
  (settings: FactoredSettings): UpdateOfGroup =>
  (arrays, { start, end, trainedStart = start, factored }, scalars) => {
    const { learningRateFactor, weightDecay, gradientScale, newShare, largestStep } = scalars
    const own = {
      weights: arrays.get('weights')!.subarray(start, end),
      gradients: arrays.get('gradients')!.subarray(trainedStart, trainedStart + end - start),
      slot: (name: string) => arrays.get(name)!,
    }
    const learningRate = scalars.learningRate * learningRateFactor
    factoredUpdate(own, factored!, { learningRate, weightDecay, gradientScale, newShare, largestStep }, settings)
  }

async function createPass(kernel: ElementwiseKernel): Promise<Pass> {
  const { memory, run } = await instantiateKernel(kernel.wasm, kernel.tensors.length * stretchBytes)
  const tensors = new Map(kernel.tensors.map((name, i) => [name, new Float32Array(memory, i * stretchBytes, stretch)]))
  return { kernel, run, tensors }
}

/** Runs a kernel over a group, stretch by stretch; returns its sums over the whole group, in float64. */
function runPass(
  { kernel, run, tensors }: Pass,
  arrays: ReadonlyMap<string, Float32Array>,
  { start: first, end: last, trainedStart = first }: UpdateGroup,
  scalars: Readonly<Record<string, number>>,
): Record<string, number> {
  const args = kernel.scalars.map((name) => scalars[name])
  const startIn = (array: string) => (array === 'weights' ? 0 : trainedStart - first)
  const totals = kernel.sums.map(() => 0)
  for (let start = first; start < last; start += stretch) {
    const length = Math.min(stretch, last - start)
    for (const [name, tensor] of tensors) {
      const from = start + startIn(name)
      tensor.set(arrays.get(name)!.subarray(from, from + length))
      // Whole vectors: up to 3 elements behind the end are computed and not stored. Zeros add nothing to the sums.
      if (length < stretch) tensor.fill(0, length, length + 3)
    }
    const result = run(length * 4, ...args) ?? []
    const sums = typeof result === 'number' ? [result] : result
    for (let i = 0; i < totals.length; i++) totals[i] += sums[i]
    for (const name of kernel.outputs)
      arrays.get(name)!.set(tensors.get(name)!.subarray(0, length), start + startIn(name))
  }
  return Object.fromEntries(kernel.sums.map((name, i) => [name, totals[i]]))
}

/** Square root of the quotient of the sums; 1 where either is 0. */
function quotientOfNorms(sums: Readonly<Record<string, number>>): number {
  const numerator = sums[trustRatioSums.numerator]
  const denominator = sums[trustRatioSums.denominator]
  return numerator > 0 && denominator > 0 ? Math.sqrt(numerator / denominator) : 1
}
