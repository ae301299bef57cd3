import { ConfigError, DataError, RuntimeError } from '../core/errors.ts'
import type { ProfileEvent, Tensor } from '../runtime/backend.ts'
import type { Engine } from '../runtime/engine.ts'
import { factoredPlace } from '../runtime/factored-update.ts'
import type { StepRequest } from '../runtime/model-host.ts'
import { type Optimizer, slotLayouts, updateProgram } from '../runtime/optimizer.ts'
import { layoutParameters, type ParameterLayout, type ParameterShape } from '../runtime/parameter-layout.ts'
import type { UpdateGroup } from '../runtime/weight-updater.ts'
import type { ParameterSpec } from './architecture.ts'
import { type LossScales, lossScales, type ModelBatch } from './batch-inputs.ts'
import { compileGraph, gradientGraph, inputNames, type ModelDefinition } from './graphs.ts'
import type { LossOptions } from './loss-options.ts'

/** What a training session needs of a model. */
export interface TrainableModel {
  readonly definition: ModelDefinition
  readonly parameters: readonly ParameterSpec[]
  readonly layout: ParameterLayout
  readonly engine: Engine
  /** The session that the engine holds now. */
  session?: TrainingSession
  tensors(batch: ModelBatch, declared: ReadonlySet<string>, scales: LossScales): Record<string, Tensor>
}

export interface CompileOptions {
  optimizer: Optimizer
  /** Apply dropout; default true. */
  dropout?: boolean
  /** Class weights, label smoothing, focal loss; default none. */
  loss?: LossOptions
  /**
   * Compute each encoder layer a second time in the backward pass instead of keeping its activations: less memory, about a third
   * more time; default false.
   */
  recompute?: boolean
  /** Allow several micro-batches a step; default false, which saves an engine session. */
  accumulate?: boolean
  /** Which parameters to train, of those that the model does not keep frozen; default all. */
  trained?: (name: string) => boolean
  /** By how much a parameter's step size differs from the others'; default 1 for all. */
  learningRateFactor?: (name: string) => number
  /** Gradients are scaled down to this norm; 0 turns it off; default 1. */
  maxGradNorm?: number
  /** Decides the dropout masks; default 42. */
  seed?: number
  /** Also keep the weights' exponential moving averages, of which so much stays each step; from 0 to below 1. Default: do not. */
  averageDecay?: number
  /** Collect what `training.profile()` reports. */
  profile?: boolean
}

/** Whether weight decay applies: to no bias and no normalisation weight, as Hugging Face's Trainer has it. */
export const decays = (name: string): boolean => !/bias|norm/i.test(name)

export interface StepOptions {
  /** Step size of this step; default the optimiser's. */
  learningRate?: number
  /** Also return the logits, one tensor a micro-batch. */
  logits?: boolean
}

export interface TrainingStep {
  /** Mean loss over the items of all micro-batches, as the session's loss options have it. */
  loss: number
  /** Euclidean norm of the gradient before clipping; if it is not finite, the weights were left as they are. */
  gradNorm: number
  logits?: Tensor[]
}

/** Optimiser state as flat arrays, and the number of steps taken: what a resumed run needs besides the weights. */
export interface OptimizerState {
  step: number
  /** By slot name, then by parameter name. */
  slots: Record<string, Record<string, Float32Array>>
  /** The trained weights themselves by parameter name, of a session that keeps averages: a checkpoint's model has those. */
  weights?: Record<string, Float32Array>
  /** The shapes of the arrays, by the same names, of an optimiser whose state has other shapes than the parameters. */
  shapes?: Record<string, Record<string, readonly number[]>>
}

/** The gradients on a batch by parameter name. */
export interface GradientResult {
  loss: number
  gradNorm: number
  gradients: Record<string, Float32Array>
}

export interface GradientOptions {
  /** False: masks that drop nothing, instead of those of the next step. Default true. */
  dropout?: boolean
  /** Return only so many values of each parameter; default all. */
  limit?: number
}

/** A model compiled for training: each `step` computes gradients, clips them and updates the weights. */
export class TrainingSession<M extends TrainableModel = TrainableModel> {
  readonly model: M
  readonly optimizer: Optimizer
  /** Names of the parameters that are trained. */
  readonly trained: readonly string[]
  #declared: ReadonlySet<string>
  /** Of `gradients` and the optimiser's slots. */
  readonly #layouts: ReadonlyMap<string, ParameterLayout>
  #groups: readonly SteppedGroup[]
  readonly #options: CompileOptions & Required<Pick<CompileOptions, 'maxGradNorm' | 'seed' | 'loss'>>
  #step = 0

  private constructor(
    model: M,
    options: CompileOptions,
    declared: ReadonlySet<string>,
    trained: readonly string[],
    layouts: ReadonlyMap<string, ParameterLayout>,
  ) {
    this.model = model
    this.optimizer = options.optimizer
    this.trained = trained
    this.#declared = declared
    this.#layouts = layouts
    const { maxGradNorm = 1, seed = 42, loss = {} } = options
    this.#options = { ...options, maxGradNorm, seed, loss }
    this.#groups = updateGroups(model, options, layouts)
  }

  /** Use `model.compile`. */
  static async create<M extends TrainableModel>(model: M, options: CompileOptions): Promise<TrainingSession<M>> {
    const names = model.parameters.flatMap(({ name, isFrozen }) => (isFrozen ? [] : [name]))
    const trained = options.trained ? names.filter(options.trained) : names
    if (trained.length === 0) throw nothingToTrain()
    const { declared, ...gradients } = gradientProgram(model, trained, options)
    const isTrained = new Set(trained)
    const trainedLayout = layoutParameters(model.layout.slots.filter(({ name }) => isTrained.has(name)))
    const slots = slotLayouts(options.optimizer, trainedLayout)
    const weightSlots = model.layout.slots.filter(({ name }) => isTrained.has(name))
    const layouts = new Map([
      ...slots,
      ['gradients', trainedLayout],
      ['weights', { ...model.layout, slots: weightSlots }],
    ])
    const session = new TrainingSession(model, options, declared, trained, layouts)
    const update = updateProgram(options.optimizer, slots)
    const program = { ...gradients, trained: trainedLayout, update, averages: options.averageDecay !== undefined }
    // The engine answers in the order of the calls, so whatever an earlier session asked from here on would meet this one's state.
    const earlier = model.session
    const own = session as unknown as TrainingSession
    model.session = own
    try {
      await model.engine.loadTraining(program)
    } catch (error) {
      if (model.session === own) model.session = earlier // which the engine still holds
      throw error
    }
    return session
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#step
  }

  /**
   * One optimiser step on a batch, or on several micro-batches that count as one.
   * @throws RuntimeError if the model was compiled again or closed; DataError for a batch that does not fit the model
   */
  async step(batch: ModelBatch | readonly ModelBatch[], options: StepOptions = {}): Promise<TrainingStep> {
    const request = this.#request(batch, this.#step + 1, options)
    this.#step += 1 // from here on the step counts, so that calls may be made without waiting for each other
    const { loss, gradNorm, outputs } = await this.model.engine.step(request).catch((error) => {
      if (this.#step === request.step) this.#step -= 1 // nothing was updated, so that it may be tried again
      throw error
    })
    return { loss, gradNorm, logits: options.logits ? outputs.map((output) => output.logits) : undefined }
  }

  /**
   * Trains only some of the parameters that were compiled from the next step on; the others and their state stay as they are.
   * `training.trained` and `training.state()` go on to name all.
   * @throws ConfigError if none is left; RuntimeError if the model was compiled again or closed
   */
  async restrict(restriction: Restriction): Promise<void> {
    const active = this.trained.filter(restriction.isActive)
    if (active.length === 0) throw nothingToTrain()
    const { declared, ...gradients } = gradientProgram(this.model, active, this.#options)
    this.#requireCurrent()
    await this.model.engine.loadGradients(gradients)
    this.#declared = declared
    this.#groups = updateGroups(this.model, this.#options, this.#layouts, restriction)
  }

  /** The gradients on a batch by parameter name, without changing the weights. @throws as `step` */
  async gradients(
    batch: ModelBatch | readonly ModelBatch[],
    { dropout = true, limit }: GradientOptions = {},
  ): Promise<GradientResult> {
    const request = { ...this.#request(batch, this.#step + 1, {}), dropout }
    const { loss, gradNorm } = await this.model.engine.gradients(request)
    return { loss, gradNorm, gradients: await this.#readArray('gradients', limit) }
  }

  /** Runs `use` while the model has the averages of its weights; without `averageDecay`, or before the first step, as it is. */
  async withAverages<T>(use: () => Promise<T>): Promise<T> {
    await this.adoptAverages()
    try {
      const result = await use()
      await this.adoptAverages()
      return result
    } catch (error) {
      await this.adoptAverages().catch(() => undefined) // the engine may be what failed
      throw error
    }
  }

  /** Exchanges the weights and their averages, if there are any: at the end of a training the model is the average. */
  async adoptAverages(): Promise<void> {
    if (this.#options.averageDecay === undefined || this.#step === 0) return
    this.#requireCurrent()
    await this.model.engine.swap('weights', 'averages')
  }

  /** A copy of the optimiser's state. @throws RuntimeError if the model was compiled again or closed */
  async state(): Promise<OptimizerState> {
    const slots: OptimizerState['slots'] = {}
    for (const slot of this.optimizer.slots) slots[slot] = await this.#readArray(slot)
    const weights = this.#options.averageDecay === undefined ? {} : { weights: await this.#readArray('weights') }
    if (!('factored' in this.optimizer)) return { step: this.#step, slots, ...weights }
    const shapesIn = (slot: string) =>
      Object.fromEntries(this.stateShapes(slot).map(({ name, shape }) => [name, shape]))
    const shapes = Object.fromEntries(this.optimizer.slots.map((slot) => [slot, shapesIn(slot)]))
    return { step: this.#step, slots, shapes, ...weights }
  }

  /** Names and shapes of a slot's arrays: the trained parameters, unless the optimiser keeps less of them. */
  stateShapes(slot: string): ParameterShape[] {
    return this.#layouts.get(slot)!.slots.map(({ name, shape }) => ({ name, shape }))
  }

  /**
   * Continues from a state.
   * @throws ConfigError if it belongs to another optimiser or model; RuntimeError if the model was compiled again or closed
   */
  async restore(state: OptimizerState): Promise<void> {
    for (const slot of this.optimizer.slots) {
      const arrays = state.slots[slot]
      if (!arrays) throw new ConfigError('OPTIMIZER_STATE', `the state has no "${slot}": it is another optimiser's`)
      for (const { name, offset, size } of this.#layouts.get(slot)!.slots) {
        const values = arrays[name]
        if (values?.length !== size)
          throw new ConfigError('OPTIMIZER_STATE', `the state of "${name}" is missing or has another size`)
        this.#requireCurrent()
        await this.model.engine.write(slot, offset, values)
      }
    }
    await this.#restoreWeights(state)
    this.#step = state.step
  }

  /** The model has just been given the averages, and the state has the weights. */
  async #restoreWeights({ weights, step }: OptimizerState): Promise<void> {
    if (this.#options.averageDecay === undefined || step === 0) return
    this.#requireCurrent()
    await this.model.engine.copy('weights', 'averages')
    for (const { name, offset, size } of this.#layouts.get('weights')!.slots) {
      const values = weights?.[name]
      if (values?.length !== size)
        throw new ConfigError('OPTIMIZER_STATE', `the weights of "${name}" are missing beside their averages`)
      this.#requireCurrent()
      await this.model.engine.write('weights', offset, values)
    }
  }

  /** Whether the session keeps averages of the weights. */
  get averages(): boolean {
    return this.#options.averageDecay !== undefined
  }

  /** Where the time of the steps went; needs `profile` when compiling. */
  async profile(): Promise<ProfileEvent[]> {
    this.#requireCurrent()
    return this.model.engine.profile()
  }

  #request(batch: ModelBatch | readonly ModelBatch[], step: number, options: StepOptions): StepRequest {
    this.#requireCurrent()
    const batches = Array.isArray(batch) ? (batch as readonly ModelBatch[]) : [batch as ModelBatch]
    if (batches.length === 0) throw new DataError('NO_BATCH', 'a step needs at least one batch, none were given')
    const learningRate = options.learningRate ?? this.optimizer.learningRate
    if (!(learningRate >= 0 && learningRate < Number.POSITIVE_INFINITY)) {
      throw new ConfigError('LEARNING_RATE', `the learning rate must be a number of at least 0, not ${learningRate}`)
    }
    const { seed, maxGradNorm, loss, averageDecay } = this.#options
    const scales = lossScales(batches, loss.classWeights)
    return {
      microBatches: batches.map((each) => this.model.tensors(each, this.#declared, scales)),
      seed,
      step,
      maxGradNorm,
      scalars: { ...this.optimizer.scalars(step), learningRate },
      groups: this.#groups.map(({ stepsBefore, ...group }) =>
        stepsBefore === 0 ? group : { ...group, scalars: this.optimizer.scalars(step - stepsBefore) },
      ),
      outputs: options.logits ? ['logits'] : [],
      averageDecay,
    }
  }

  /** To be called right before the engine is asked: it knows only the session that was compiled last. */
  #requireCurrent(): void {
    if ((this.model.session as unknown) === this) return
    throw new RuntimeError(
      'STALE_SESSION',
      'the model was compiled again since, so that this training session is over: use the new one',
    )
  }

  async #readArray(array: string, limit = Number.POSITIVE_INFINITY): Promise<Record<string, Float32Array>> {
    const values: Record<string, Float32Array> = {}
    for (const { name, offset, size } of this.#layouts.get(array)!.slots) {
      this.#requireCurrent()
      values[name] = await this.model.engine.read(array, offset, Math.min(size, limit))
    }
    return values
  }
}

/** Which of a session's parameters are trained. */
export interface Restriction {
  isActive(name: string): boolean
  /** Steps of the session before a parameter's first, which its bias corrections count from; default 0. */
  stepsBefore?(name: string): number
}

/** An update group, and the steps before its first. */
type SteppedGroup = UpdateGroup & { stepsBefore: number }

const nothingToTrain = () => new ConfigError('NOTHING_TO_TRAIN', 'no parameter is left to train')

/** The first half of a step, and the names of its inputs. */
function gradientProgram({ definition }: TrainableModel, trained: readonly string[], options: CompileOptions) {
  const { dropout: applied = true, loss, recompute } = options
  const graphOptions = { trained, dropout: applied, loss, recompute }
  const plain = gradientGraph(definition, graphOptions)
  const accumulate = options.accumulate && gradientGraph(definition, { ...graphOptions, accumulate: true })
  const { parameters, dense, outputs, scattered, dropout } = plain
  return {
    declared: inputNames(plain.graph),
    gradients: compileGraph(plain),
    accumulate: accumulate ? compileGraph(accumulate) : undefined,
    parameters,
    dense,
    outputs,
    scattered,
    dropout,
    profile: options.profile,
  }
}

/** Stretches of neighbouring trained parameters that share their settings; each parameter alone if it is looked at as a whole. */
function updateGroups(
  model: TrainableModel,
  { optimizer, learningRateFactor = () => 1 }: CompileOptions,
  layouts: ReadonlyMap<string, ParameterLayout>,
  { isActive, stepsBefore = () => 0 }: Restriction = { isActive: () => true },
): SteppedGroup[] {
  const groups: SteppedGroup[] = []
  const weights = new Map(model.layout.slots.map((slot) => [slot.name, slot]))
  for (const { name, shape, size, offset: trainedStart } of layouts.get('gradients')!.slots) {
    if (!isActive(name)) continue
    const { offset } = weights.get(name)!
    const group = {
      start: offset,
      end: offset + size,
      trainedStart,
      weightDecay: decays(name) ? optimizer.weightDecay : 0,
      learningRateFactor: learningRateFactor(name),
      stepsBefore: stepsBefore(name),
    }
    if ('factored' in optimizer) {
      const offsetIn = (slot: string) => layouts.get(slot)!.slots.find((each) => each.name === name)!.offset
      groups.push({ ...group, factored: factoredPlace(shape, offsetIn) })
      continue
    }
    if (optimizer.layerwise) {
      groups.push({ ...group, layerwise: decays(name) })
      continue
    }
    const last = groups.at(-1)
    // The gap that alignment leaves holds zeros, which an update leaves zero.
    const adjoins = last && offset - last.end < 16
    const alike = (['weightDecay', 'learningRateFactor', 'stepsBefore'] as const).every(
      (key) => last?.[key] === group[key],
    )
    if (adjoins && alike) last.end = group.end
    else groups.push(group)
  }
  return groups
}
