/** adapter_config.json, the settings of an adapter as Python's peft keeps them (huggingface/peft `tuners/lora/config.py`). */
import { ConfigError } from '../core/errors.ts'
import { type JsonReader, jsonReader } from '../core/json-reader.ts'
import { type ModelDefinition, modelParameters } from '../models/graphs.ts'
import { type LoraConfig, loraConfig } from '../models/lora.ts'

/** What an adapter's settings say. */
export interface AdapterSettings {
  /** `modulesToSave` has the head's modules among them, and names that the model may not have. */
  lora: LoraConfig
  /** Whether `targets` alone decides which layers have an adapter; if not, the names of the tensors tell. */
  isSelectedByName: boolean
}

/** Kinds of tasks as peft has them; null for all others. */
const taskTypes: Readonly<Record<string, string>> = {
  'sequence-classification': 'SEQ_CLS',
  'token-classification': 'TOKEN_CLS',
  'question-answering': 'QUESTION_ANS',
}

/** What selects layers besides `target_modules`. */
const selections = ['exclude_modules', 'layers_to_transform', 'layers_pattern']

/** What matters to peft alone, or to training alone. */
const irrelevant = new Set([
  'auto_mapping',
  'eva_config',
  'fan_in_fan_out',
  'inference_mode',
  'megatron_core',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
  'task_type',
])

/** Starts of A and B; others change the weights under the adapter too. */
const plainStarts: readonly unknown[] = [true, false, 'gaussian', 'orthogonal', 'eva']

/**
 * Reads the settings of an adapter.
 * @param where path of the file, for messages
 * @throws ConfigError for an adapter of another kind than LoRA, and for every setting that is on and not known here
 */
export function readAdapterConfig(json: Record<string, unknown>, where: string): AdapterSettings {
  const reader = jsonReader(json, where)
  const kind = reader.string('peft_type')
  if (kind !== 'LORA') throw new ConfigError('ADAPTER', `${where}: an adapter of type ${kind}, expected LORA`)
  const start = json.init_lora_weights ?? true
  if (!plainStarts.includes(start)) {
    throw new ConfigError(
      'ADAPTER',
      `${where}: init_lora_weights is ${JSON.stringify(start)}, which changed the model under the adapter: convert the adapter ` +
        'with path_initial_model_for_weight_conversion when peft saves it',
    )
  }
  const isNames = Array.isArray(json.target_modules)
  const rank = reader.integer('r', { min: 1 })
  const alpha = reader.number('lora_alpha')
  const targets = isNames ? reader.strings('target_modules') : [reader.string('target_modules')]
  const modulesToSave = reader.strings('modules_to_save', { default: null }) ?? []
  const dropout = reader.number('lora_dropout', { default: 0 })
  const rsLora = reader.boolean('use_rslora', { default: false })
  const base = reader.string('base_model_name_or_path', { default: null }) || null // peft writes '' if it does not know
  const lora = loraConfig({ rank, alpha, targets, dropout, rsLora, modulesToSave, base }, where)
  if (reader.string('bias', { default: 'none' }) !== 'none') throw unsupported(reader, json, ['bias'])
  const handled = new Set([...irrelevant, ...selections, 'init_lora_weights'])
  const others = reader.unknownKeys().filter((key) => !handled.has(key) && isOn(json[key]))
  if (others.length > 0) throw unsupported(reader, json, others)
  return { lora, isSelectedByName: isNames && !selections.some((key) => isOn(json[key])) }
}

/** Whether a setting of peft is more than its "not at all". */
function isOn(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

function unsupported({ where }: JsonReader, json: Record<string, unknown>, keys: readonly string[]): ConfigError {
  const list = keys.map((key) => `${key} ${JSON.stringify(json[key])}`).join(', ')
  return new ConfigError(
    'ADAPTER',
    `${where}: not supported: ${list}. Merge the adapter with peft's merge_and_unload and load the model that results.`,
  )
}

/**
 * The settings of an adapted model as peft reads them.
 * @throws ConfigError `NO_ADAPTER` for a model without an adapter
 */
export function writeAdapterConfig(definition: ModelDefinition): Record<string, unknown> {
  const { lora, head } = definition
  if (!lora)
    throw new ConfigError('NO_ADAPTER', 'the model has no adapter: load it with lora, or save it with savePretrained')
  // Whole names may begin with the encoder's prefix, which a bare encoder does not have in peft.
  const inPeft = (module: string) => nameInPeft(definition, module)
  const saved = [...new Set([...headModules(definition), ...lora.modulesToSave.map(inPeft)])]
  return {
    base_model_name_or_path: lora.base,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: lora.alpha,
    lora_dropout: lora.dropout,
    modules_to_save: saved.length > 0 ? saved : null,
    peft_type: 'LORA',
    r: lora.rank,
    target_modules: lora.targets.map(inPeft),
    task_type: head ? (taskTypes[head.task] ?? null) : 'FEATURE_EXTRACTION',
    use_rslora: lora.rsLora,
  }
}

/** The modules above the encoder's layers, which are trained and saved as a whole: the first part of their names. */
function headModules(definition: ModelDefinition): string[] {
  const { architecture, config } = definition
  const prefix = `${architecture.prefix}.`
  const encoder = new Set(architecture.parameters(config).map(({ name }) => prefix + name))
  const { lora: _, ...plain } = definition
  const names = modelParameters(plain).flatMap(({ name }) => (encoder.has(name) ? [] : [name]))
  return [...new Set(names.map((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name).split('.')[0]))]
}

/**
 * Copies of tied parameters that peft expects in its file, since it saves modules as a whole: name of the copy -> of the parameter.
 */
export function tiedCopies(definition: ModelDefinition): Readonly<Record<string, string>> {
  const { architecture, head } = definition
  const modules = headModules(definition)
  const tied = head?.labelsAreTokens ? Object.entries(architecture.languageModelHead.tied) : []
  return Object.fromEntries(tied.filter(([copy]) => modules.includes(copy.split('.')[0])))
}

/** In front of the model's names in peft's files. */
const peftPrefix = 'base_model.model.'

/** A parameter's name in peft's files. */
export const tensorInPeft = (definition: ModelDefinition, name: string): string =>
  peftPrefix + nameInPeft(definition, name)

/** A name in the model that peft has: there, a bare encoder has no prefix of its own. */
function nameInPeft({ architecture, head }: ModelDefinition, name: string): string {
  const prefix = `${architecture.prefix}.`
  return !head && name.startsWith(prefix) ? name.slice(prefix.length) : name
}

/** The name that a tensor of peft's files has in the model. */
export function nameInModel({ architecture, head }: ModelDefinition, stored: string): string {
  const name = stored.startsWith(peftPrefix) ? stored.slice(peftPrefix.length) : stored
  const prefix = `${architecture.prefix}.`
  return head || name.startsWith(prefix) ? name : prefix + name
}
