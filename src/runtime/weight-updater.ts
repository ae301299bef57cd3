import type { Backend, ProfileEvent, Session, Tensor } from './backend.ts'

/** The optimiser's arithmetic, as graphs over one stretch of the flat arrays. */
export interface UpdateProgram {
  /**
   * ONNX graph with inputs and outputs `weights`, and one of each slot, all float32 [n], the input `gradients` [n], and
   * float32 scalars: `gradientScale`, `weightDecay`, `learningRateFactor` and those of the step request.
   */
  model: Uint8Array
  /** ONNX graph: `x` float32 [n] -> `y`, the scalar sum of squares. */
  sumOfSquares: Uint8Array
  /** Names of the optimiser's state arrays, e.g. the moments. */
  slots: readonly string[]
  /** Names of the scalar inputs. */
  scalars: readonly string[]
}

/** A stretch of the flat arrays with settings of its own. */
export interface UpdateGroup {
  start: number
  end: number
  weightDecay: number
  /** Factor of the learning rate; default 1. */
  learningRateFactor: number
}

/**
 * Elements that one run of the update graph works on. The step is element-wise, so it can go stretch by stretch; a
 * stretch of this length stays in the processor's cache for all of the graph's passes over it.
 */
const stretch = 1 << 17

/** Applies an optimiser's update graph to flat arrays, in place. */
export class WeightUpdater {
  readonly #update: Session
  readonly #sumOfSquares: Session
  readonly #program: UpdateProgram

  private constructor(program: UpdateProgram, update: Session, sumOfSquares: Session) {
    this.#program = program
    this.#update = update
    this.#sumOfSquares = sumOfSquares
  }

  static async create(backend: Backend, program: UpdateProgram): Promise<WeightUpdater> {
    const update = await backend.createSession(program.model)
    const sumOfSquares = await backend.createSession(program.sumOfSquares)
    return new WeightUpdater(program, update, sumOfSquares)
  }

  /** Euclidean norm. */
  async norm(array: Float32Array): Promise<number> {
    let total = 0
    for (let start = 0; start < array.length; start += stretch * 8) {
      const data = array.subarray(start, Math.min(start + stretch * 8, array.length))
      const { y } = await this.#sumOfSquares.run({ x: { dtype: 'float32', data, dims: [data.length] } }, { y: null })
      total += Number(y.data[0])
    }
    return Math.sqrt(total)
  }

  async update(
    arrays: ReadonlyMap<string, Float32Array>,
    groups: readonly UpdateGroup[],
    scalars: Record<string, number>,
  ): Promise<void> {
    const names = ['weights', 'gradients', ...this.#program.slots]
    for (const group of groups) {
      const values: Record<string, number> = {
        ...scalars,
        weightDecay: group.weightDecay,
        learningRateFactor: group.learningRateFactor,
      }
      const scalarFeeds: Record<string, Tensor> = {}
      for (const name of this.#program.scalars) {
        scalarFeeds[name] = { dtype: 'float32', data: Float32Array.of(values[name]), dims: [] }
      }
      for (let start = group.start; start < group.end; start += stretch) {
        const end = Math.min(start + stretch, group.end)
        const feeds: Record<string, Tensor> = { ...scalarFeeds }
        for (const name of names) {
          feeds[name] = { dtype: 'float32', data: arrays.get(name)!.subarray(start, end), dims: [end - start] }
        }
        // Outputs lie on their own inputs: element-wise graphs may read and write the same place.
        const fetches: Record<string, Tensor> = {}
        for (const name of names) if (name !== 'gradients') fetches[`new:${name}`] = feeds[name]
        await this.#update.run(feeds, fetches)
      }
    }
  }

  async profile(): Promise<ProfileEvent[]> {
    return []
  }

  async release(): Promise<void> {
    await this.#update.release()
    await this.#sumOfSquares.release()
  }
}
