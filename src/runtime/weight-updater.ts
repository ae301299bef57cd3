import type { ElementwiseKernel } from '../graph/elementwise-kernel.ts'
import type { Backend, Session } from './backend.ts'
import { instantiateKernel } from './web-assembly.ts'

/** The optimiser's arithmetic. */
export interface UpdateProgram {
  /**
   * The update of a stretch: tensors `weights`, `gradients` and each slot; scalars `gradientScale`, `weightDecay`,
   * `learningRateFactor` and those of the step request.
   */
  kernel: ElementwiseKernel
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
}

/** Elements that the kernel works on at a time: small enough that weights, gradients and moments stay in the cache. */
const stretch = 1 << 13
export const stretchBytes = stretch * 4

/** Elements whose squares are summed in float32, few enough for 1e-6; the sums of stretches are added in float64. */
const normStretch = 1 << 17

/** Applies an optimiser's update to flat arrays, in place. */
export class WeightUpdater {
  readonly #program: UpdateProgram
  readonly #run: (bytes: number, ...scalars: number[]) => void
  /** The kernel's memory: one stretch of each tensor. */
  readonly #tensors: ReadonlyMap<string, Float32Array>
  readonly #sumOfSquares: Session

  private constructor(
    program: UpdateProgram,
    sumOfSquares: Session,
    { memory, run }: Awaited<ReturnType<typeof instantiateKernel>>,
  ) {
    this.#program = program
    this.#sumOfSquares = sumOfSquares
    this.#run = run
    const { tensors } = program.kernel
    this.#tensors = new Map(tensors.map((name, i) => [name, new Float32Array(memory, i * stretchBytes, stretch)]))
  }

  static async create(backend: Backend, program: UpdateProgram): Promise<WeightUpdater> {
    const kernel = await instantiateKernel(program.kernel.wasm, program.kernel.tensors.length * stretchBytes)
    return new WeightUpdater(program, await backend.createSession(program.sumOfSquares), kernel)
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
    const { tensors, outputs, scalars: names } = this.#program.kernel
    for (const { start: first, end: last, weightDecay, learningRateFactor } of groups) {
      const values: Record<string, number> = { ...scalars, weightDecay, learningRateFactor }
      const args = names.map((name) => values[name])
      for (let start = first; start < last; start += stretch) {
        const length = Math.min(stretch, last - start)
        for (const name of tensors) this.#tensors.get(name)!.set(arrays.get(name)!.subarray(start, start + length))
        this.#run(length * 4, ...args) // whole vectors: up to 3 elements behind the end are computed and not stored
        for (const name of outputs) arrays.get(name)!.set(this.#tensors.get(name)!.subarray(0, length), start)
      }
    }
  }

  async release(): Promise<void> {
    await this.#sumOfSquares.release()
  }
}
