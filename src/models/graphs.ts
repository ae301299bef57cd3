/** Builds the graphs that a model runs: forward, and gradients for training. */
import { ConfigError } from '../core/errors.ts'
import { gradients } from '../graph/autodiff.ts'
import { type DType, Graph, type Value } from '../graph/graph.ts'
import { toOnnx } from '../graph/onnx.ts'
import { add } from '../graph/ops/elementwise.ts'
import { gather, ScatterAdd } from '../graph/ops/gather.ts'
import { verify } from '../graph/verify.ts'
import type { DropoutSite } from '../runtime/dropout-masks.ts'
import type { ScatteredGradient } from '../runtime/model-host.ts'
import { adaptedParameters } from './adapted-parameters.ts'
import type { Architecture, EncoderConfig, Head, ParameterSpec } from './architecture.ts'
import { declareBatchInputs } from './batch-inputs.ts'
import type { LoraConfig } from './lora.ts'
import { changesLoss, checkLossOptions, type LossOptions } from './loss-options.ts'
import { ModelScope } from './model-scope.ts'

/** An architecture, its configuration, a head and adapters: all that decides a model's graphs. */
export interface ModelDefinition {
  readonly architecture: Architecture
  readonly config: EncoderConfig
  /** Absent: the bare encoder with its pooler. */
  readonly head?: Head
  /** Adapters beside frozen weights; default none. */
  readonly lora?: LoraConfig
}

/** A graph with what one needs to run it. */
export interface BuiltGraph {
  readonly graph: Graph
  /** Parameters that are inputs, by full name. */
  readonly parameters: readonly string[]
  readonly dropout: readonly DropoutSite[]
}

/** Every parameter of a model, in checkpoint order, under its full name. @throws ConfigError as `adaptedParameters` */
export function modelParameters({ architecture, config, head, lora }: ModelDefinition): ParameterSpec[] {
  const withPrefix = (spec: ParameterSpec) => ({ ...spec, name: `${architecture.prefix}.${spec.name}` })
  const own = head
    ? head.parameters(architecture, config)
    : (architecture.pooler?.parameters(config).map(withPrefix) ?? [])
  const encoder = architecture.parameters(config).map(withPrefix)
  return [...(lora ? adaptedParameters(encoder, lora) : encoder), ...own]
}

interface BuildOptions {
  /** Apply dropout. */
  training: boolean
  dtype: DType
  /** Compute the last layer for every token, not only for those that the head reads. */
  whole: boolean
}

/** The values that a model offers by name, besides the loss. */
function buildModel(definition: ModelDefinition, { training, dtype, whole }: BuildOptions) {
  const { architecture, config, head, lora } = definition
  const graph = new Graph()
  const scope = ModelScope.root(graph, modelParameters(definition), { training, dtype, lora })
  const batch = declareBatchInputs(graph, dtype)
  const rows = head?.rows?.(batch)
  const before = head?.before?.(scope, architecture, config, batch)
  const encoded = scope.at(architecture.prefix, (s) =>
    architecture.encode(s, config, before?.batch ?? batch, whole ? undefined : rows),
  )
  const hidden = whole && rows ? gather(encoded.last, rows) : encoded.last
  const built = head?.build(scope, architecture, config, hidden, batch, before)
  const outputs = new Map<string, Value>([['lastHiddenState', encoded.last]])
  if (built) outputs.set('logits', built.logits)
  if (built?.pairLogits) outputs.set('pairLogits', built.pairLogits)
  encoded.hiddenStates.forEach((value, i) => {
    outputs.set(`hiddenStates.${i}`, value)
  })
  encoded.attentions.forEach((value, i) => {
    outputs.set(`attentions.${i}`, value)
  })
  return { graph, scope, outputs, loss: built?.loss, takesLossOptions: built?.takesLossOptions }
}

/** The forward graph with the outputs of these names: `logits`, `loss`, `lastHiddenState`, `hiddenStates.I`, `attentions.I`. */
export function forwardGraph(
  definition: ModelDefinition,
  outputs: readonly string[],
  dtype: DType = 'float32',
): BuiltGraph {
  const {
    graph,
    scope,
    outputs: known,
    loss,
  } = buildModel(definition, {
    training: false,
    dtype,
    whole: outputs.some((name) => !['logits', 'pairLogits', 'loss'].includes(name)),
  })
  for (const name of outputs) {
    const value = name === 'loss' ? loss?.() : known.get(name)
    if (!value)
      throw new ConfigError('OUTPUT', `the model has no output "${name}"; it has ${[...known.keys()].join(', ')}`)
    graph.output(name, value)
  }
  verify(graph)
  return { graph, parameters: [...scope.parameters.keys()], dropout: [] }
}

export interface GradientGraphOptions {
  /** Names of the parameters to train; default all. */
  trained?: readonly string[]
  /** Apply dropout; default true. */
  dropout?: boolean
  /** Changes to the loss; default none. */
  loss?: LossOptions
  /** Add the gradients to inputs `sum:NAME`; default false. */
  accumulate?: boolean
  /** Compute each encoder layer again in the backward pass instead of keeping its activations; default false. */
  recompute?: boolean
  dtype?: DType
}

/** The graph of a training step's first half. */
export interface GradientGraph extends BuiltGraph {
  /** Shapes of the outputs other than `grad:NAME`. */
  readonly outputs: Readonly<Record<string, readonly (number | string)[]>>
  /** Parameters whose whole gradient is the output `grad:NAME`. */
  readonly dense: readonly string[]
  /** Parameters of which a batch touches few rows: the output `rows:NAME` is to be added to the rows `indices`. */
  readonly scattered: readonly ScatteredGradient[]
}

/** Builds the loss of a batch and its gradients; outputs `loss`, `logits`, and those that GradientGraph names. */
export function gradientGraph(definition: ModelDefinition, options: GradientGraphOptions = {}): GradientGraph {
  const { dropout = true, accumulate = false, recompute = false, dtype = 'float32' } = options
  const built = buildModel(definition, { training: dropout, dtype, whole: false })
  const { graph, scope, outputs } = built
  if (!built.loss) throw new ConfigError('NO_HEAD', 'this model has no head with a loss to train on')
  const lossOptions = options.loss ?? {}
  checkLossOptions(lossOptions, definition.config.labels)
  if (changesLoss(lossOptions) && !built.takesLossOptions) {
    throw new ConfigError(
      'LOSS_OPTIONS',
      `the loss of ${definition.head?.task} takes no class weights, label smoothing or focal gamma: they are for one class of ` +
        'several a sequence or token',
    )
  }
  const loss = built.loss(lossOptions)
  const trained = options.trained ?? [...scope.parameters.keys()]
  const values = trained.map((name) => {
    const value = scope.parameters.get(name)
    if (!value) throw new ConfigError('UNUSED_PARAMETER', `the loss does not use the parameter "${name}"`)
    return value
  })
  const gradientValues = gradients(loss, values, { recompute })
  graph.output('loss', loss)
  graph.output('logits', outputs.get('logits')!)
  const dense: string[] = []
  const scattered: ScatteredGradient[] = []
  trained.forEach((name, i) => {
    const gradient = gradientValues[i]
    const rows = scatteredRows(gradient)
    if (rows) {
      scattered.push({ parameter: name, output: `rows:${name}`, indices: rows.indices.name })
      graph.output(`rows:${name}`, rows.updates)
    } else {
      dense.push(name)
      const sum = accumulate ? add(graph.input(`sum:${name}`, dtype, values[i].shape), gradient) : gradient
      graph.output(`grad:${name}`, sum)
    }
  })
  verify(graph)
  const others = [...graph.outputs].filter(([name]) => !name.startsWith('grad:'))
  return {
    graph,
    parameters: [...scope.parameters.keys()],
    outputs: Object.fromEntries(others.map(([name, { shape }]) => [name, shape])),
    dense,
    scattered,
    dropout: scope.dropoutSites,
  }
}

/** The rows that a gradient consists of, if it is nothing but rows added to zeros at places that the batch gives. */
function scatteredRows({ producer, graph }: Value): { updates: Value; indices: Value } | undefined {
  if (producer?.op !== ScatterAdd) return undefined
  const [updates, indices] = producer.inputs
  return graph.inputs.includes(indices) ? { updates, indices } : undefined
}

/** Input names of a graph, for feeding only what it declares. */
export function inputNames(graph: Graph): ReadonlySet<string> {
  return new Set(graph.inputs.map((input) => input.name))
}

/** The ONNX bytes of a built graph. */
export const compileGraph = ({ graph }: BuiltGraph): Uint8Array => toOnnx(graph)
