/** Adapters in folders as Python's peft writes them, and adapted models made plain. */
import { join } from 'node:path'
import { CheckpointError } from '../../core/errors.ts'
import type { ModelDefinition } from '../../models/graphs.ts'
import { isLoraParameter, type LoraConfig, loraA } from '../../models/lora.ts'
import { EncoderModel, type ModelOptions } from '../../models/model.ts'
import { createEngine } from '../../runtime/node/engine.ts'
import {
  type AdapterSettings,
  nameInModel,
  readAdapterConfig,
  tensorInPeft,
  tiedCopies,
  writeAdapterConfig,
} from '../adapter-config.ts'
import { matchWeights } from '../match-weights.ts'
import { readJsonFile, requireFolder, writeConfig } from './config-file.ts'
import { makeFolder, pathKind } from './files.ts'
import { savePretrained } from './save-pretrained.ts'
import { saveTensors } from './save-weights.ts'
import { openWeights } from './weight-files.ts'

/** Files of an adapter's folder. */
export const ADAPTER_CONFIG_FILE = 'adapter_config.json'
export const ADAPTER_WEIGHTS_FILE = 'adapter_model.safetensors'

/**
 * Writes what an adapted model has besides the frozen weights under it, adapters, head and all that is trained as a whole, as a
 * folder that Python's peft loads with `PeftModel.from_pretrained(base, directory)`.
 *
 * ```ts
 * const model = await AutoModelForSequenceClassification.fromPretrained('bert', { labels, lora: { rank: 8 } })
 * await saveAdapter(model, 'out/adapter')
 * ```
 * @throws ConfigError `NO_ADAPTER` for a model without an adapter; CheckpointError if the folder cannot be written
 */
export async function saveAdapter(model: EncoderModel, directory: string): Promise<void> {
  const { definition } = model
  const config = writeAdapterConfig(definition)
  await makeFolder(directory)
  const shapes = new Map(model.parameters.map(({ name, shape }) => [name, shape]))
  const saved = model.parameters.flatMap(({ name, isFrozen }) => (isFrozen ? [] : [[name, name]]))
  const tensors = [...saved, ...Object.entries(tiedCopies(definition))].map(([name, source]) => ({
    name: tensorInPeft(definition, name),
    shape: shapes.get(source)!,
    data: () => model.parameter(source),
  }))
  await saveTensors(join(directory, ADAPTER_WEIGHTS_FILE), tensors)
  await writeConfig(directory, config, ADAPTER_CONFIG_FILE)
}

/** An adapter that is open for reading. */
export interface AdapterFiles {
  /** As a model must have it that the adapter is for. */
  readonly lora: LoraConfig
  /** Whether it has values of this parameter of the model. */
  has(name: string): boolean
  /**
   * Writes its values into a model; the next is read when the one before is written.
   * @param mayBeMissing whether the model may keep its own value of a parameter of its head; default: of none
   * @returns the names of the parameters that were written
   * @throws CheckpointError listing every missing, unexpected and mis-shaped tensor, before any is written
   */
  load(model: EncoderModel, mayBeMissing?: (name: string) => boolean): Promise<string[]>
  close(): Promise<void>
}

/**
 * Opens the folder of an adapter, of ours or of Python's peft.
 * @param definition the model that it is put on, without an adapter
 * @throws CheckpointError for missing or broken files; ConfigError as `readAdapterConfig`
 */
export async function openAdapter(directory: string, definition: ModelDefinition): Promise<AdapterFiles> {
  await requireFolder(directory)
  const [configPath, weightsPath] = [ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE].map((file) => join(directory, file))
  for (const path of [configPath, weightsPath]) {
    if ((await pathKind(path)) === 'file') continue
    throw new CheckpointError(
      'NO_ADAPTER',
      `${path}: there is no such file. An adapter's folder holds ${ADAPTER_CONFIG_FILE} and ${ADAPTER_WEIGHTS_FILE}; older ones ` +
        "with adapter_model.bin are converted by loading and saving them with Python's peft.",
    )
  }
  const settings = readAdapterConfig(await readJsonFile(configPath), configPath)
  const weights = await openWeights(weightsPath)
  const stored = new Map([...weights.tensors.keys()].map((name) => [nameInModel(definition, name), name]))
  const tensors = new Map([...stored].map(([name, original]) => [name, { ...weights.tensors.get(original)!, name }]))
  return {
    lora: loraOf(settings, definition, stored.keys()),
    has: (name) => stored.has(name),
    async load(model, mayBeMissing = () => false) {
      const specs = model.parameters.filter(({ isFrozen }) => !isFrozen)
      const tied = tiedCopies(definition)
      const { sources } = matchWeights(tensors, specs, weightsPath, {
        ignorable: Object.keys(tied),
        mayBeMissing: (name) => !isLoraParameter(name) && mayBeMissing(name),
        advice: `The adapter was made for ${settings.lora.base ?? 'a model that it does not name'}: load that, with labels as many as it had.`,
      })
      for (const [copy, source] of Object.entries(tied)) {
        if (!stored.has(copy)) continue
        const read = (name: string) => weights.read(stored.get(name)!)
        const expected = stored.has(source) ? await read(source) : await model.parameter(source)
        if (!sameValues(await read(copy), expected)) throw untied(weightsPath, copy, source)
      }
      for (const name of sources.keys()) await model.setParameter(name, await weights.read(stored.get(name)!))
      return [...sources.keys()]
    },
    close: () => weights.close(),
  }
}

const sameValues = (a: Float32Array, b: Float32Array) => a.length === b.length && a.every((value, i) => value === b[i])

const untied = (where: string, copy: string, source: string) =>
  new CheckpointError(
    'UNTIED_EMBEDDINGS',
    `${where}: "${copy}" is not the model's "${source}", as if it was trained apart from it, which is not supported: merge the ` +
      'adapter with peft, or train one without that module in modules_to_save.',
  )

/** What the model must be like, from the settings and from the names of the tensors. */
function loraOf(
  { lora, isSelectedByName }: AdapterSettings,
  { architecture, config }: ModelDefinition,
  tensors: Iterable<string>,
): LoraConfig {
  const adapters = [...tensors].flatMap((name) => (name.endsWith(loraA) ? [name.slice(0, -loraA.length - 1)] : []))
  // Names of peft's that the model has not, or that are its head's, which is saved anyway.
  const isOfEncoder = (module: string) =>
    architecture.parameters(config).some(({ name }) => `.${architecture.prefix}.${name}`.includes(`.${module}.`))
  return {
    ...lora,
    targets: isSelectedByName ? lora.targets : adapters,
    modulesToSave: lora.modulesToSave.filter(isOfEncoder),
  }
}

/**
 * A plain model, without adapters, that computes what the adapted one does: W + scaling B A in place of W. The adapted one is left
 * as it is. `savePretrained` writes the same weights without making a second model.
 * @param options of the new model
 */
export function mergeLora(model: EncoderModel, options: ModelOptions = {}): Promise<EncoderModel> {
  const { lora: _, ...definition } = model.definition
  return EncoderModel.create(definition, createEngine, { ...options, save: savePretrained }, async (plain) => {
    for (const { name } of plain.parameters) await plain.setParameter(name, await model.mergedParameter(name))
    return new Set(plain.parameters.map(({ name }) => name))
  })
}
