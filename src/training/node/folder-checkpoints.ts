import { copyFile, link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileError, pathKind } from '../../checkpoints/node/files.ts'
import {
  assertWritable,
  loadWeights,
  openAdapter,
  readJsonFile,
  recoverFolder,
  replaceFolder,
  saveAdapter,
  saveTensors,
  writeFileAtomic,
} from '../../checkpoints/node.ts'
import { CheckpointError, ConfigError } from '../../core/errors.ts'
import type { EncoderModel } from '../../models/model.ts'
import type { OptimizerState, TrainingSession } from '../../models/training-session.ts'
import { formatPythonJson, parsePythonJson } from '../python-json.ts'
import type { CheckpointStore } from '../trainer.ts'
import type { TrainerState } from '../trainer-state.ts'
import {
  ADAPTER_FOLDER,
  earlierRun,
  listed,
  OPTIMIZER_FILE,
  removeCheckpoint,
  removeLeftovers,
  removeRun,
  requireNoRun,
  SETTINGS_FILE,
  STATE_FILE,
} from './run-folder.ts'
import { changedSettings, hashedSettings } from './run-identity.ts'

export interface FolderCheckpointsOptions {
  /** Writes the tokenizer's files into a folder that holds a model. */
  saveTokenizer?: (directory: string) => Promise<void>
  /** What decides the course of a run; a run with other settings is not resumed. Default: nothing is compared. */
  settings?: Readonly<Record<string, unknown>>
  /** Replace an earlier run in the folder; default false: a new run refuses to begin there. */
  overwrite?: boolean
}

/**
 * A run's folder: `checkpoint-STEP` folders, each complete or absent, and in the root the model as transformers would save
 * it, which from the first checkpoint on is that of the newest checkpoint and at the end the run's result. Every file
 * appears under its name only when it is whole.
 */
export class FolderCheckpoints implements CheckpointStore {
  readonly directory: string
  readonly #options: FolderCheckpointsOptions

  private constructor(directory: string, options: FolderCheckpointsOptions) {
    this.directory = directory
    this.#options = options
  }

  /** @throws CheckpointError if the folder cannot be written */
  static async open(directory: string, options: FolderCheckpointsOptions): Promise<FolderCheckpoints> {
    await assertWritable(directory)
    return new FolderCheckpoints(directory, options)
  }

  async save(model: EncoderModel, optimizer: OptimizerState | undefined, state: TrainerState): Promise<string> {
    const name = `checkpoint-${state.global_step}`
    const target = join(this.directory, name)
    await replaceFolder(target, async (temporary) => {
      await model.savePretrained(temporary)
      await this.#options.saveTokenizer?.(temporary)
      if (model.definition.lora) await saveAdapter(model, join(temporary, ADAPTER_FOLDER))
      if (optimizer) await saveOptimizer(temporary, model, optimizer)
      await writeFile(join(temporary, SETTINGS_FILE), this.#settingsJson())
      await writeFile(join(temporary, STATE_FILE), stateJson(state))
    })
    await this.#publish(target, state)
    return name
  }

  async latest(): Promise<string | undefined> {
    for (const entry of await readdir(this.directory)) {
      const interrupted = /^\.(checkpoint-\d+)\.(incoming|outgoing)$/.exec(entry)
      if (interrupted) await recoverFolder(join(this.directory, interrupted[1]))
    }
    await removeLeftovers(this.directory)
    return (await this.#list()).at(-1)
  }

  async load(name: string, model: EncoderModel, session?: TrainingSession): Promise<TrainerState> {
    const folder = join(this.directory, name)
    const state = await readState(join(folder, STATE_FILE))
    if (session) await this.#requireSameSettings(folder)
    await loadModelWeights(folder, model)
    if (session && (await pathKind(join(folder, OPTIMIZER_FILE))) === 'absent') {
      throw new CheckpointError(
        'OPTIMIZER_STATE',
        `cannot resume from ${folder}: it has no ${OPTIMIZER_FILE}, as checkpoints saved with saveOnlyModel; it is a model to begin a new run with`,
      )
    }
    if (session) await session.restore(await loadOptimizer(folder, session, state.global_step))
    return state
  }

  async prune(limit: number, keep: string | null): Promise<void> {
    if (limit === 0) return
    const names = await this.#list()
    const spare = names.slice(0, -1).filter((name) => name !== keep) // the newest is what a run resumes from
    for (const name of spare.slice(0, Math.max(0, names.length - limit))) await removeCheckpoint(this.directory, name)
  }

  /** @throws ConfigError if the folder holds an earlier run or a model that may not be replaced */
  async begin(model: EncoderModel, { resume = false }: { resume?: boolean } = {}): Promise<void> {
    await this.#makeRoom(resume)
    // Before all other files, so that a run that is killed here is known as this one.
    await writeFileAtomic(join(this.directory, SETTINGS_FILE), this.#settingsJson())
    await this.#saveModel(model)
  }

  async finish(model: EncoderModel, state: TrainerState): Promise<void> {
    await this.#saveModel(model)
    await writeFileAtomic(join(this.directory, STATE_FILE), stateJson(state))
  }

  /** Makes a checkpoint's model the folder's model. Weights are linked, not copied, and replaced in one step. */
  async #publish(checkpoint: string, state: TrainerState): Promise<void> {
    await this.#options.saveTokenizer?.(this.directory)
    for (const file of await readdir(checkpoint)) {
      if (file !== 'config.json' && !file.startsWith('model')) continue
      const temporary = join(this.directory, `.${file}.tmp`)
      try {
        await rm(temporary, { force: true })
        await link(join(checkpoint, file), temporary).catch(() => copyFile(join(checkpoint, file), temporary))
        await rename(temporary, join(this.directory, file))
      } catch (error) {
        throw fileError(error, join(this.directory, file))
      }
    }
    await writeFileAtomic(join(this.directory, STATE_FILE), stateJson(state))
  }

  async #saveModel(model: EncoderModel): Promise<void> {
    await this.#options.saveTokenizer?.(this.directory)
    await model.savePretrained(this.directory)
  }

  /** Steps of two runs in one folder could not be told apart, so what an earlier one left must go or stay alone. */
  async #makeRoom(resume: boolean): Promise<void> {
    if (this.#options.overwrite) return removeRun(this.directory)
    if (!resume) return requireNoRun(this.directory)
    const found = await earlierRun(this.directory)
    if (found.length === 0) return
    // Without a checkpoint only a run that was killed before its first one has nothing to lose.
    const isBegun = !found.includes(STATE_FILE) && (await pathKind(join(this.directory, SETTINGS_FILE))) === 'file'
    if (isBegun) return this.#requireSameSettings(this.directory)
    throw new ConfigError(
      'NO_CHECKPOINT',
      `${this.directory} has no checkpoint to resume from, and starting over would replace what it holds ` +
        `(${listed(found)}): allow that with overwrite (--overwrite), or choose another folder`,
    )
  }

  #settingsJson(): string {
    return `${JSON.stringify(this.#options.settings ?? {}, null, 2)}\n`
  }

  async #requireSameSettings(folder: string): Promise<void> {
    const saved = await readJsonFile(join(folder, SETTINGS_FILE))
    const now = JSON.parse(this.#settingsJson()) as Record<string, unknown>
    const changed = changedSettings(saved, now, hashedSettings)
    if (changed.length > 0) {
      throw new ConfigError(
        'RESUME_SETTINGS',
        `${folder} belongs to a run with other settings; resume with the same, or use another output folder:\n  ${changed.join('\n  ')}`,
      )
    }
  }

  /** Names of the checkpoints, oldest first. */
  async #list(): Promise<string[]> {
    const names = (await readdir(this.directory)).filter((entry) => /^checkpoint-\d+$/.test(entry))
    return names.sort((a, b) => stepOf(a) - stepOf(b))
  }
}

/** Of an adapted model all but what is frozen: the folder's model has adapters merged into that, and rounding does not go back. */
async function loadModelWeights(folder: string, model: EncoderModel): Promise<void> {
  const { definition } = model
  if (definition.lora) {
    const adapter = await openAdapter(join(folder, ADAPTER_FOLDER), definition)
    await adapter.load(model).finally(() => adapter.close())
    return
  }
  await loadWeights(folder, model.parameters, {
    prefix: `${definition.architecture.prefix}.`,
    write: (parameter, values) => model.setParameter(parameter, values),
  })
}

const stepOf = (name: string): number => Number(name.slice('checkpoint-'.length))

const stateJson = (state: TrainerState): string => `${formatPythonJson(state)}\n`

async function readState(path: string): Promise<TrainerState> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw fileError(cause, path)
  })
  try {
    const state = parsePythonJson(text)
    if (typeof state !== 'object' || state === null || Array.isArray(state)) throw new SyntaxError('expected an object')
    return state as TrainerState
  } catch (cause) {
    throw new CheckpointError('BAD_JSON', `${path}: no valid JSON (${(cause as Error).message}). Correct the file.`, {
      cause,
    })
  }
}

/** The weights beside their averages, which the checkpoint's model has. */
const WEIGHTS = 'weights'

/** Moments as safetensors named `SLOT/PARAMETER`, instead of PyTorch's pickle. */
async function saveOptimizer(folder: string, model: EncoderModel, state: OptimizerState): Promise<void> {
  const shapes = new Map(model.parameters.map(({ name, shape }) => [name, shape]))
  const tensors = Object.entries(state.slots).flatMap(([slot, arrays]) =>
    Object.entries(arrays).map(([name, data]) => {
      const shape = state.shapes?.[slot][name] ?? shapes.get(name)!
      return { name: `${slot}/${name}`, shape, data }
    }),
  )
  for (const [name, data] of Object.entries(state.weights ?? {}))
    tensors.push({ name: `${WEIGHTS}/${name}`, shape: shapes.get(name)!, data })
  await saveTensors(join(folder, OPTIMIZER_FILE), tensors)
}

async function loadOptimizer(folder: string, session: TrainingSession, step: number): Promise<OptimizerState> {
  const names = [...session.optimizer.slots, ...(session.averages ? [WEIGHTS] : [])]
  const specs = names.flatMap((slot) =>
    session.stateShapes(slot).map(({ name, shape }) => ({ name: `${slot}/${name}`, shape })),
  )
  const arrays: OptimizerState['slots'] = Object.fromEntries(names.map((slot) => [slot, {}]))
  try {
    await loadWeights(join(folder, OPTIMIZER_FILE), specs, {
      write: (name, values) => {
        const at = name.indexOf('/')
        arrays[name.slice(0, at)][name.slice(at + 1)] = values
      },
    })
  } catch (error) {
    throw new CheckpointError('OPTIMIZER_STATE', `cannot resume from ${folder}: ${(error as Error).message}`, {
      cause: error,
    })
  }
  const { [WEIGHTS]: weights, ...slots } = arrays
  return { step, slots, ...(session.averages && { weights }) }
}
