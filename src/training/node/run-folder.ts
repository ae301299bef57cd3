/** Names in a run's folder: what a run keeps there, and what one that was killed leaves. */
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileError } from '../../checkpoints/node/files.ts'
import { ADAPTER_CONFIG_FILE } from '../../checkpoints/node.ts'
import { ConfigError } from '../../core/errors.ts'

export const STATE_FILE = 'trainer_state.json'
export const OPTIMIZER_FILE = 'optimizer.safetensors'
export const SETTINGS_FILE = 'training_args.json'
export const METRICS_FILE = 'metrics.json'
export const REPORT_FILE = 'report.html'
/** In a run's folder and in its checkpoints: an adapter as Python's peft reads it. */
export const ADAPTER_FOLDER = 'adapter'

const modelFile = String.raw`config\.json|model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?`
const runFile = [STATE_FILE, SETTINGS_FILE, METRICS_FILE, REPORT_FILE].map((name) => name.replace('.', '\\.')).join('|')

/** What a new run would replace or mix with. */
const run = new RegExp(`^(checkpoint-\\d+|\\.checkpoint-\\d+\\.(incoming|outgoing)|${modelFile}|${STATE_FILE})$`)

/** What may be deleted at any time: files that were being written and checkpoints that were being deleted. */
const leftovers = [
  /^\.checkpoint-\d+\.deleted$/,
  new RegExp(`^(\\.?(${modelFile})|${runFile})\\.tmp$`),
  // The tokenizer's files and the test whether a folder can be written carry the number of their process.
  /^(\.write-test-\d+|[a-z_]+\.(json|txt)\.\d+)\.tmp$/,
]

/** What an earlier run left in a folder, or a model that stands there, by name; nothing if there is no such folder. */
export async function earlierRun(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error) => {
    if (error.code === 'ENOENT') return []
    throw fileError(error, folder)
  })
  return names.filter((name) => run.test(name)).sort()
}

/** @throws ConfigError if the folder holds an earlier run or a model */
export async function requireNoRun(folder: string): Promise<void> {
  const found = await earlierRun(folder)
  if (found.length === 0) return
  throw new ConfigError(
    'OUTPUT_NOT_EMPTY',
    `${folder} holds an earlier run or a model (${listed(found)}): go on with it with resume (--resume), replace it with ` +
      'overwrite (--overwrite), or choose another folder',
  )
}

/** `a, b, c, d, …`: the names for a message. */
export const listed = (names: readonly string[]): string =>
  [...names.slice(0, 4), ...(names.length > 4 ? ['…'] : [])].join(', ')

/** Removes an earlier run, but for the model and the settings: those a new run replaces, so that the folder can be loaded. */
export async function removeRun(folder: string): Promise<void> {
  await removeLeftovers(folder)
  for (const name of await earlierRun(folder)) {
    if (/^checkpoint-/.test(name)) await removeCheckpoint(folder, name)
    if (/^\.checkpoint-/.test(name)) await rm(join(folder, name), { recursive: true })
  }
  for (const name of [STATE_FILE, METRICS_FILE, REPORT_FILE]) await rm(join(folder, name), { force: true })
  // Others may keep a folder of this name for something else.
  const adapter = join(folder, ADAPTER_FOLDER)
  if ((await readdir(adapter).catch((): string[] => [])).includes(ADAPTER_CONFIG_FILE))
    await rm(adapter, { recursive: true })
}

/** Deletes a checkpoint under another name: half deleted it must not look like one. */
export async function removeCheckpoint(folder: string, name: string): Promise<void> {
  const hidden = join(folder, `.${name}.deleted`)
  await rm(hidden, { recursive: true, force: true }) // of a run that was killed here
  await rename(join(folder, name), hidden)
  await rm(hidden, { recursive: true, force: true })
}

/** Removes what a killed run was writing or deleting in a folder. Files under other names, `.tmp` or not, stay. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (leftovers.some((pattern) => pattern.test(name))) await rm(join(folder, name), { recursive: true, force: true })
  }
}
