/**
 * The side of a model that lives where the engine runs (a worker thread): it owns the flat arrays of weights, gradients
 * and optimiser state, and runs compiled graphs on them. Everything it is told and everything it answers can be posted
 * between threads.
 */
import { RuntimeError } from '../core/errors.ts'
import { elementCount } from '../core/shape.ts'
import type { Backend, ProfileEvent, Session, Tensor } from './backend.ts'
import { type DropoutSite, fillDropoutMask } from './dropout-masks.ts'
import { isOutOfMemory } from './out-of-memory.ts'
import type { ParameterLayout, ParameterSlot } from './parameter-layout.ts'
import { averageInto } from './weight-averages.ts'
import { type UpdateGroup, type UpdateProgram, WeightUpdater } from './weight-updater.ts'

/** A compiled graph that computes outputs from weights and a batch. */
export interface ForwardProgram {
  model: Uint8Array
  /** Names of the parameters that are inputs of the graph. */
  parameters: readonly string[]
  profile?: boolean
}

/** The first graph of a training step. */
export interface GradientProgram {
  /** Weights and a batch -> `loss`, outputs, `grad:NAME` for each dense and `rows:NAME` for each scattered parameter. */
  gradients: Uint8Array
  /** The same with inputs `sum:NAME` that the dense gradients are added to; for gradient accumulation. */
  accumulate?: Uint8Array
  /** Names of the parameters that are inputs. */
  parameters: readonly string[]
  /** Outputs other than `grad:NAME`, with named dimensions. */
  outputs: Readonly<Record<string, readonly (number | string)[]>>
  /** Trained parameters whose whole gradient is an output. */
  dense: readonly string[]
  /** Trained parameters of which a batch touches few rows, as of word embeddings. */
  scattered: readonly ScatteredGradient[]
  dropout: readonly DropoutSite[]
  profile?: boolean
}

/** The two graphs of a training step. */
export interface TrainingProgram extends GradientProgram {
  /** Where the gradients of the trained parameters lie. */
  trained: ParameterLayout
  update: UpdateProgram
  /** Keep an array `averages` of the weights' moving averages. */
  averages?: boolean
}

/** A gradient that is zero but for some rows. Adding them here spares the engine a tensor of the parameter's size. */
export interface ScatteredGradient {
  parameter: string
  /** The graph output with one row an index: float32 [..., H] */
  output: string
  /** The batch input with the row numbers: int32 [...] */
  indices: string
}

/** One optimiser step. */
export interface StepRequest {
  /** One entry a micro-batch: the batch's inputs. */
  microBatches: readonly Record<string, Tensor>[]
  /** Seed and step decide the dropout masks. */
  seed: number
  step: number
  /** Scalar inputs of the update graph, such as the learning rate. */
  scalars: Record<string, number>
  groups: readonly UpdateGroup[]
  /** Gradients are scaled down to this Euclidean norm if they exceed it; 0 turns clipping off. */
  maxGradNorm: number
  /** Outputs to return besides the loss. */
  outputs?: readonly string[]
  /** False: masks that drop nothing. Default true. */
  dropout?: boolean
  /** How much of the moving averages of the weights stays; of a program with `averages`. */
  averageDecay?: number
}

export interface StepResult {
  /** Sum over micro-batches of their losses. */
  loss: number
  /** Euclidean norm of all gradients before clipping. */
  gradNorm: number
  /** One entry a micro-batch. */
  outputs: Record<string, Tensor>[]
}

/** The names of the flat arrays besides the optimiser's own. */
type ArrayName = 'weights' | 'gradients' | (string & {})

export class ModelHost {
  readonly #backend: Backend
  readonly #slots: Slots
  readonly #arrays = new Map<ArrayName, Float32Array>()
  readonly #forwards = new Map<string, { session: Session; parameters: readonly string[] }>()
  #training?: {
    program: GradientProgram
    gradients: Session
    accumulate?: Session
    updater: WeightUpdater
    /** Of gradients. */
    slots: Slots
  }
  #maskBytes = new Uint8Array(0)
  /** The rows that the gradients of scattered parameters are not zero in. */
  readonly #touchedRows = new Map<string, Int32Array[]>()

  constructor(backend: Backend, layout: ParameterLayout) {
    this.#backend = backend
    this.#slots = slotsByName(layout)
    this.#arrays.set('weights', new Float32Array(layout.size))
  }

  /** Overwrites part of a flat array, e.g. one parameter of `weights`. */
  async write(array: ArrayName, offset: number, data: Float32Array): Promise<void> {
    this.#array(array).set(data, offset)
  }

  /** A copy of part of a flat array. */
  async read(array: ArrayName, offset: number, length: number): Promise<Float32Array> {
    return this.#array(array).slice(offset, offset + length)
  }

  /** Overwrites a flat array with another one. */
  async copy(from: ArrayName, to: ArrayName): Promise<void> {
    this.#array(to).set(this.#array(from))
  }

  /** Exchanges two flat arrays of the same size. */
  async swap(a: ArrayName, b: ArrayName): Promise<void> {
    const [first, second] = [this.#array(a), this.#array(b)]
    this.#arrays.set(a, second).set(b, first)
  }

  async loadForward(name: string, program: ForwardProgram): Promise<void> {
    const session = await this.#backend.createSession(program.model, { profile: program.profile })
    this.#forwards.set(name, { session, parameters: program.parameters })
  }

  async forward(
    name: string,
    batch: Record<string, Tensor>,
    outputs: readonly string[],
  ): Promise<Record<string, Tensor>> {
    const forward = this.#forwards.get(name)
    if (!forward) throw new RuntimeError('NOT_LOADED', `no forward graph "${name}" was loaded`)
    const feeds = { ...batch, ...this.#views('weights', forward.parameters) }
    return forward.session.run(feeds, Object.fromEntries(outputs.map((output) => [output, null])))
  }

  async loadTraining(program: TrainingProgram): Promise<void> {
    const sessions = await this.#gradientSessions(program)
    const updater = await WeightUpdater.create(this.#backend, program.update)
    await this.#releaseTraining()
    // What an earlier training left is zeroed: moments, and gradients of what is no longer trained.
    const { slots, slotSizes } = program.update
    const kept = ['gradients', ...slots, ...(program.averages ? ['averages'] : [])]
    for (const name of this.#arrays.keys()) {
      if (name !== 'weights' && !kept.includes(name)) this.#arrays.delete(name)
    }
    for (const name of kept) {
      const array = this.#arrays.get(name)
      const size = name === 'averages' ? this.#array('weights').length : (slotSizes?.[name] ?? program.trained.size)
      if (array?.length === size) array.fill(0)
      else this.#arrays.set(name, new Float32Array(size))
    }
    this.#touchedRows.clear()
    this.#training = { program, ...sessions, updater, slots: slotsByName(program.trained) }
  }

  /** Replaces the first graph by one for other parameters among the trained ones; the optimiser's state stays. */
  async loadGradients(program: GradientProgram): Promise<void> {
    const { updater, slots, ...earlier } = this.#requireTraining()
    this.#training = { program, ...(await this.#gradientSessions(program)), updater, slots }
    await earlier.gradients.release()
    await earlier.accumulate?.release()
    this.#array('gradients').fill(0)
    this.#touchedRows.clear()
  }

  /** Gradients of all micro-batches, clipping, update. */
  async step(request: StepRequest): Promise<StepResult> {
    const training = this.#requireTraining()
    const result = await this.gradients(request)
    const { gradNorm } = result
    const { maxGradNorm } = request
    // As torch.nn.utils.clip_grad_norm_: the small number keeps the quotient finite.
    const gradientScale = maxGradNorm > 0 ? Math.min(1, maxGradNorm / (gradNorm + 1e-6)) : 1
    if (Number.isFinite(gradNorm)) {
      training.updater.update(this.#arrays, request.groups, { ...request.scalars, gradientScale })
    }
    if (request.averageDecay !== undefined) this.#average(request.step, request.averageDecay)
    return result
  }

  /** Only the gradients, left in the flat array `gradients`. */
  async gradients(request: StepRequest): Promise<StepResult> {
    const { loss, outputs } = await this.#accumulateGradients(request).catch(async (error) => {
      if (isOutOfMemory(error)) await this.#freeMemory()
      throw error
    })
    const gradNorm = await this.#requireTraining().updater.norm(this.#array('gradients'))
    return { loss, gradNorm, outputs }
  }

  /** What a profiled training step spent its time in, and ends profiling. */
  async profile(): Promise<ProfileEvent[]> {
    const events = (await this.#training?.gradients.profile()) ?? []
    for (const { session } of this.#forwards.values()) events.push(...(await session.profile()))
    return events
  }

  async release(): Promise<void> {
    for (const { session } of this.#forwards.values()) await session.release()
    this.#forwards.clear()
    await this.#releaseTraining()
    this.#arrays.clear()
  }

  async #gradientSessions({ gradients, accumulate, profile }: GradientProgram) {
    const options = { profile, inPlace: true }
    return {
      gradients: await this.#backend.createSession(gradients, options),
      accumulate: accumulate && (await this.#backend.createSession(accumulate, options)),
    }
  }

  /** Gives back what the engine keeps for later runs: it holds on to all that a run took until its session ends. */
  async #freeMemory(): Promise<void> {
    const training = this.#requireTraining()
    await training.gradients.release()
    await training.accumulate?.release()
    this.#maskBytes = new Uint8Array(0)
    Object.assign(training, await this.#gradientSessions(training.program))
  }

  async #releaseTraining(): Promise<void> {
    const training = this.#training
    this.#training = undefined
    await training?.gradients.release()
    await training?.accumulate?.release()
    await training?.updater.release()
  }

  async #accumulateGradients(request: StepRequest): Promise<Pick<StepResult, 'loss' | 'outputs'>> {
    const { program, gradients, accumulate } = this.#requireTraining()
    if (request.microBatches.length > 1 && !accumulate) {
      throw new RuntimeError('NO_ACCUMULATION', 'the model was compiled for one micro-batch a step')
    }
    const weights = this.#views('weights', program.parameters)
    const gradientViews = this.#views('gradients', program.dense)
    const scatteredViews = this.#views(
      'gradients',
      program.scattered.map(({ parameter }) => parameter),
    )
    const result: Pick<StepResult, 'loss' | 'outputs'> = { loss: 0, outputs: [] }
    for (const [index, batch] of request.microBatches.entries()) {
      const masks = this.#dropoutMasks(program.dropout, batch, request.dropout ?? true, [
        ...[request.seed, 'dropout', request.step, index],
      ])
      const feeds = { ...batch, ...weights, ...masks }
      const outputs: Record<string, Tensor> = {}
      for (const name of request.outputs ?? []) outputs[name] = this.#output(program, name, batch)
      const fetches: Record<string, Tensor> = { loss: this.#output(program, 'loss', batch), ...outputs }
      for (const { output } of program.scattered) fetches[output] = this.#output(program, output, batch)
      for (const [name, view] of Object.entries(gradientViews)) fetches[`grad:${name}`] = view
      if (index > 0) for (const [name, view] of Object.entries(gradientViews)) feeds[`sum:${name}`] = view
      await (index === 0 ? gradients : accumulate!).run(feeds, fetches)
      result.loss += Number(fetches.loss.data[0])
      for (const { parameter, output, indices } of program.scattered) {
        const table = scatteredViews[parameter]
        if (index === 0) this.#clearTouchedRows(parameter, table)
        addRows(table, fetches[output].data as Float32Array, batch[indices].data as Int32Array)
        this.#touchedRows.get(parameter)!.push(batch[indices].data as Int32Array)
      }
      result.outputs.push(outputs)
    }
    return result
  }

  /** The averages begin as the weights after the first step, as those of torch.optim.swa_utils.AveragedModel. */
  #average(step: number, decay: number): void {
    const [averages, weights] = [this.#array('averages'), this.#array('weights')]
    if (step === 1) averages.set(weights)
    else averageInto(averages, weights, decay)
  }

  /** Zeroes what the last step added to a table of gradients; the rest is zero already. */
  #clearTouchedRows(parameter: string, { data, dims }: Tensor): void {
    for (const rows of this.#touchedRows.get(parameter) ?? []) {
      for (const row of rows) data.fill(0 as never, row * dims[1], (row + 1) * dims[1])
    }
    this.#touchedRows.set(parameter, [])
  }

  /** Room for an output of a batch. */
  #output(program: GradientProgram, name: string, batch: Record<string, Tensor>): Tensor {
    const shape = program.outputs[name]
    if (!shape) throw new RuntimeError('NO_OUTPUT', `the training graph has no output "${name}"`)
    const sizes = batchSizes(batch)
    const dims = shape.map((dim) => (typeof dim === 'number' ? dim : sizes[dim]))
    return { dtype: 'float32', data: new Float32Array(elementCount(dims)), dims }
  }

  /** Masks for all sites, cut from one buffer that grows with the largest batch. */
  #dropoutMasks(
    sites: readonly DropoutSite[],
    batch: Record<string, Tensor>,
    isDropping: boolean,
    path: (string | number)[],
  ): Record<string, Tensor> {
    if (sites.length === 0) return {}
    const sizes = batchSizes(batch)
    const shapes = sites.map(({ shape }) => shape.map((dim) => (typeof dim === 'number' ? dim : sizes[dim])))
    const counts = shapes.map(elementCount)
    const total = counts.reduce((sum, count) => sum + count, 0)
    if (this.#maskBytes.length < total) this.#maskBytes = new Uint8Array(Math.ceil(total * 1.1))
    const masks: Record<string, Tensor> = {}
    let offset = 0
    sites.forEach((site, i) => {
      const data = this.#maskBytes.subarray(offset, offset + counts[i])
      offset += counts[i]
      if (isDropping) fillDropoutMask(data, site.probability, ...path, site.input)
      else data.fill(1)
      masks[site.input] = { dtype: 'uint8', data, dims: shapes[i] }
    })
    return masks
  }

  #views(array: 'weights' | 'gradients', names: readonly string[]): Record<string, Tensor> {
    const data = this.#array(array)
    const slots = array === 'weights' ? this.#slots : this.#requireTraining().slots
    return Object.fromEntries(
      names.map((name) => {
        const slot = slots.get(name)
        if (!slot) throw new RuntimeError('NO_PARAMETER', `the model has no parameter "${name}"`)
        const view = data.subarray(slot.offset, slot.offset + slot.size)
        return [name, { dtype: 'float32', data: view, dims: slot.shape } satisfies Tensor]
      }),
    )
  }

  #array(name: ArrayName): Float32Array {
    const array = this.#arrays.get(name)
    if (!array) throw new RuntimeError('NO_ARRAY', `the model has no array "${name}": it was not compiled for training`)
    return array
  }

  #requireTraining() {
    if (!this.#training) throw new RuntimeError('NOT_COMPILED', 'the model was not compiled for training')
    return this.#training
  }
}

type Slots = ReadonlyMap<string, ParameterSlot>

const slotsByName = ({ slots }: ParameterLayout): Slots => new Map(slots.map((slot) => [slot.name, slot]))

/** table[rows[i]] += values[i]. table: [R, H], values: [N, H], rows: [N] */
function addRows(table: Tensor, values: Float32Array, rows: Int32Array): void {
  const width = table.dims[1]
  const data = table.data as Float32Array
  for (let i = 0, from = 0; i < rows.length; i++) {
    for (let to = rows[i] * width, end = to + width; to < end; to++, from++) data[to] += values[from]
  }
}

/** The sizes of the named dimensions that dropout masks may have, read off a batch: see `BatchInputs`. */
function batchSizes(batch: Record<string, Tensor>): Record<string, number> {
  const [batchSize, , longest] = batch.cellMask.dims
  const masked = (batch.maskedRows ?? batch.maskedPlaces)?.dims[0] ?? 0
  return { batch: batchSize, tokens: batch.ids.dims[0], longest, masked, rows: masked + batchSize }
}
