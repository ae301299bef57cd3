import type { ElementwiseKernel } from '../graph/elementwise-kernel.ts'
import type { Backend, Session } from './backend.ts'
import { instantiateKernel, type KernelRun } from './web-assembly.ts'

/** The optimiser's arithmetic. */
export interface UpdateProgram {
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
  /** ONNX graph: `x` float32 [n] -> `y`, the scalar sum of squares. */
  sumOfSquares: Uint8Array
  /** Names of the optimiser's state arrays, e.g. the moments. */
  slots: readonly string[]
}

/** A stretch of the flat arrays with settings of its own. */
export interface UpdateGroup {
  start: number
  end: number
  weightDecay: number
  /** Factor of the learning rate; default 1. */
  learningRateFactor: number
  /** Of an update in two passes, for which a group is one parameter: whether its trust ratio is other than 1. */
  layerwise?: boolean
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
  readonly #update: Pass
  readonly #layerwise: Pass | undefined
  readonly #sumOfSquares: Session

  private constructor(update: Pass, layerwise: Pass | undefined, sumOfSquares: Session) {
    this.#update = update
    this.#layerwise = layerwise
    this.#sumOfSquares = sumOfSquares
  }

  static async create(backend: Backend, program: UpdateProgram): Promise<WeightUpdater> {
    const update = await createPass(program.kernel)
    const layerwise = program.layerwise && (await createPass(program.layerwise))
    return new WeightUpdater(update, layerwise, await backend.createSession(program.sumOfSquares))
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
      const values: Record<string, number> = { ...scalars, weightDecay, learningRateFactor }
      const sums = runPass(this.#update, arrays, group, values)
      if (!this.#layerwise) continue
      const trustRatio = group.layerwise ? quotientOfNorms(sums) : 1
      runPass(this.#layerwise, arrays, group, { ...values, trustRatio })
    }
  }

  async release(): Promise<void> {
    await this.#sumOfSquares.release()
  }
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
  { start: first, end: last }: UpdateGroup,
  scalars: Readonly<Record<string, number>>,
): Record<string, number> {
  const args = kernel.scalars.map((name) => scalars[name])
  const totals = kernel.sums.map(() => 0)
  for (let start = first; start < last; start += stretch) {
    const length = Math.min(stretch, last - start)
    for (const [name, tensor] of tensors) {
      tensor.set(arrays.get(name)!.subarray(start, start + length))
      // Whole vectors: up to 3 elements behind the end are computed and not stored. Zeros add nothing to the sums.
      if (length < stretch) tensor.fill(0, length, length + 3)
    }
    const result = run(length * 4, ...args) ?? []
    const sums = typeof result === 'number' ? [result] : result
    for (let i = 0; i < totals.length; i++) totals[i] += sums[i]
    for (const name of kernel.outputs) arrays.get(name)!.set(tensors.get(name)!.subarray(0, length), start)
  }
  return Object.fromEntries(kernel.sums.map((name, i) => [name, totals[i]]))
}

/** Square root of the quotient of the sums; 1 where either is 0. */
function quotientOfNorms(sums: Readonly<Record<string, number>>): number {
  const numerator = sums[trustRatioSums.numerator]
  const denominator = sums[trustRatioSums.denominator]
  return numerator > 0 && denominator > 0 ? Math.sqrt(numerator / denominator) : 1
}
