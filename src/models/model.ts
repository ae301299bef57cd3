import { ConfigError } from '../core/errors.ts'
import { elementCount } from '../core/shape.ts'
import type { FloatTensor, ProfileEvent, Tensor } from '../runtime/backend.ts'
import type { CreateEngine, Engine, EngineOptions } from '../runtime/engine.ts'
import { layoutParameters, type ParameterLayout, type ParameterSlot } from '../runtime/parameter-layout.ts'
import type { ParameterSpec } from './architecture.ts'
import { batchTensors, type LossScales, lossScales, type ModelBatch } from './batch-inputs.ts'
import { checkBatch } from './check-batch.ts'
import { compileGraph, forwardGraph, inputNames, type ModelDefinition, modelParameters } from './graphs.ts'
import { initialValues } from './initialize.ts'
import { loraA, loraB, mergeWeights } from './lora.ts'
import { type CompileOptions, decays, type TrainableModel, TrainingSession } from './training-session.ts'

export interface ModelOptions extends EngineOptions {
  /** Decides the initial weights; default 42. */
  seed?: number
  /** What `savePretrained` does; a platform with files passes it. */
  save?: (model: EncoderModel, directory: string) => Promise<void>
}

export interface ForwardOptions {
  /** Also return every layer's hidden vectors. */
  outputHiddenStates?: boolean
  /** Also return every layer's attention probabilities. */
  outputAttentions?: boolean
  /** Also return the loss; needs labels. */
  loss?: boolean
}

/** N tokens (all sequences one behind the other, no padding), B sequences, T longest, H hidden, A heads. */
export interface ModelOutput {
  /**
   * Sequence classification: [B, C], or [E, C] of texts in windows; of tokens: [M, C]; question answering: [N, 2], for the start and the end of the answer;
   * multiple choice: [E, K]; next sentence: [B, 2]; masked LM: [M, V]; absent without a head.
   */
  logits?: FloatTensor
  /** Of whether the second segment follows the first: [B, 2]; only of heads that tell. */
  pairLogits?: FloatTensor
  /** Mean loss over the batch's items. */
  loss?: number
  /** [N, H] */
  lastHiddenState?: FloatTensor
  /** Embeddings, then each layer's output: each [N, H]. */
  hiddenStates?: FloatTensor[]
  /** Each layer: [B, A, T, T]; rows and columns beyond a sequence's length mean nothing. */
  attentions?: FloatTensor[]
}

/** A model: a definition and its weights, which live in an engine until `close`. */
export class EncoderModel implements TrainableModel {
  readonly definition: ModelDefinition
  readonly parameters: readonly ParameterSpec[]
  readonly layout: ParameterLayout
  readonly engine: Engine
  /** The training session that was compiled last; earlier ones are over. */
  session?: TrainingSession
  readonly #slots: ReadonlyMap<string, ParameterSlot>
  readonly #save: ModelOptions['save']
  readonly #forwards = new Map<string, Promise<ReadonlySet<string>>>()

  private constructor(definition: ModelDefinition, createEngine: CreateEngine, { save, ...options }: ModelOptions) {
    this.#save = save
    this.definition = definition
    this.parameters = modelParameters(definition)
    // Parameters that decay come first, so that each optimiser group is one stretch of memory.
    const ordered = [...this.parameters].sort((a, b) => Number(decays(b.name)) - Number(decays(a.name)))
    this.layout = layoutParameters(ordered)
    this.#slots = new Map(this.layout.slots.map((slot) => [slot.name, slot]))
    this.engine = createEngine(this.layout, options)
  }

  /** A model with the weights that `fill` writes, or fresh ones from the seed where it writes none. */
  static async create(
    definition: ModelDefinition,
    createEngine: CreateEngine,
    { seed = 42, ...options }: ModelOptions = {},
    fill?: (model: EncoderModel) => Promise<ReadonlySet<string>>,
  ): Promise<EncoderModel> {
    const model = new EncoderModel(definition, createEngine, options)
    try {
      const filled = (await fill?.(model)) ?? new Set()
      for (const spec of model.parameters) {
        if (!filled.has(spec.name))
          await model.setParameter(spec.name, initialValues(spec, definition.config.initializerRange, seed))
      }
    } catch (error) {
      await model.close()
      throw error
    }
    return model
  }

  get config() {
    return this.definition.config
  }

  /** Class name in Hugging Face's files, e.g. `BertForSequenceClassification`. */
  get className(): string {
    const { architecture, head } = this.definition
    return `${architecture.classPrefix}${head?.classSuffix ?? 'Model'}`
  }

  get parameterCount(): number {
    return this.layout.slots.reduce((sum, { size }) => sum + size, 0)
  }

  /** Of `parameterCount`, those that are not frozen. */
  get trainableParameterCount(): number {
    return this.parameters.reduce((sum, { isFrozen, shape }) => sum + (isFrozen ? 0 : elementCount(shape)), 0)
  }

  /** A copy of one parameter, row-major. */
  async parameter(name: string): Promise<Float32Array> {
    const { offset, size } = this.#slot(name)
    return this.engine.read('weights', offset, size)
  }

  /** A copy of one parameter as it is in the plain model that computes the same without adapters. */
  async mergedParameter(name: string): Promise<Float32Array> {
    const weight = await this.parameter(name)
    const { lora } = this.definition
    const module = name.replace(/\.weight$/, '')
    const [a, b] = [`${module}.${loraA}`, `${module}.${loraB}`]
    if (!lora || module === name || !this.#slots.has(a)) return weight
    return mergeWeights(weight, await this.parameter(a), await this.parameter(b), lora)
  }

  /** @throws ConfigError if the size differs */
  async setParameter(name: string, values: Float32Array): Promise<void> {
    const { offset, size } = this.#slot(name)
    if (values.length !== size) {
      throw new ConfigError('PARAMETER_SIZE', `"${name}" has ${size} elements, ${values.length} were given`)
    }
    await this.engine.write('weights', offset, values)
  }

  /** Runs the model on a batch, without dropout. */
  async forward(batch: ModelBatch, options: ForwardOptions = {}): Promise<ModelOutput> {
    const { numHiddenLayers: layers } = this.config
    const { head } = this.definition
    const outputs = head ? ['logits', ...(head.hasPairLogits ? ['pairLogits'] : [])] : ['lastHiddenState']
    if (options.loss) outputs.push('loss')
    if (options.outputHiddenStates) for (let i = 0; i <= layers; i++) outputs.push(`hiddenStates.${i}`)
    if (options.outputAttentions) for (let i = 0; i < layers; i++) outputs.push(`attentions.${i}`)
    const key = outputs.join()
    const declared = await this.#forward(key, outputs)
    const tensors = this.tensors(batch, declared, lossScales([batch]))
    const result = (await this.engine.forward(key, tensors, outputs)) as Record<string, FloatTensor>
    const list = (name: string) => Object.keys(result).flatMap((key) => (key.startsWith(name) ? [result[key]] : []))
    return {
      logits: result.logits,
      pairLogits: result.pairLogits,
      loss: result.loss?.data[0],
      lastHiddenState: result.lastHiddenState,
      hiddenStates: options.outputHiddenStates ? list('hiddenStates.') : undefined,
      attentions: options.outputAttentions ? list('attentions.') : undefined,
    }
  }

  /** Writes config.json and model.safetensors as transformers does. @throws CheckpointError if the folder cannot be written */
  async savePretrained(directory: string): Promise<void> {
    if (!this.#save) throw new ConfigError('NO_FILES', 'this model was made without access to files')
    await this.#save(this, directory)
  }

  /** Builds and loads the graphs of a training step. */
  compile(options: CompileOptions): Promise<TrainingSession<EncoderModel>> {
    return TrainingSession.create<EncoderModel>(this, options)
  }

  /** Ends the engine. The model cannot be used afterwards. */
  close(): Promise<void> {
    return this.engine.close()
  }

  /** Time by node since the session was compiled with `profile`. */
  profile(): Promise<ProfileEvent[]> {
    return this.engine.profile()
  }

  /** A batch as the engine's inputs. @throws DataError if an id, a label or a length is out of range */
  tensors(batch: ModelBatch, declared: ReadonlySet<string>, scales: LossScales): Record<string, Tensor> {
    checkBatch(batch, this.definition)
    return batchTensors(batch, declared, scales)
  }

  /** Loads a forward graph once. */
  #forward(key: string, outputs: readonly string[]): Promise<ReadonlySet<string>> {
    const load = async () => {
      const built = forwardGraph(this.definition, outputs)
      await this.engine.loadForward(key, { model: compileGraph(built), parameters: built.parameters })
      return inputNames(built.graph)
    }
    const loading = this.#forwards.get(key) ?? load()
    this.#forwards.set(key, loading)
    // What failed once may work when it is asked for again.
    loading.catch(() => this.#forwards.delete(key))
    return loading
  }

  #slot(name: string): ParameterSlot {
    const slot = this.#slots.get(name)
    if (!slot) throw new ConfigError('NO_PARAMETER', `the model has no parameter "${name}"`)
    return slot
  }
}
