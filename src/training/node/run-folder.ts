/** Names in a run's folder: what a run keeps there, and what one that was killed leaves. */
import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileError, pathKind } from '../../checkpoints/node/files.ts'
import { ADAPTER_CONFIG_FILE, readJsonFile } from '../../checkpoints/node.ts'
import { ConfigError } from '../../core/errors.ts'
import { CARD_MARK } from '../report/card-mark.ts'

export const STATE_FILE = 'trainer_state.json'
export const OPTIMIZER_FILE = 'optimizer.safetensors'
export const SETTINGS_FILE = 'training_args.json'
export const SEARCH_FILE = 'search.json'
export const METRICS_FILE = 'metrics.json'
export const REPORT_FILE = 'report.html'
export const CARD_FILE = 'README.md'
/** Folder of the loggers' files. */
export const LOGS_FOLDER = 'logs'
/** A line of JSON an entry of the log. */
export const LOG_FILE = 'log.jsonl'
/** What the names of TensorBoard's files begin with. */
export const EVENT_FILE_START = 'events.out.tfevents.'
/** In a run's folder and in its checkpoints: an adapter as Python's peft reads it. */
export const ADAPTER_FOLDER = 'adapter'

const modelFile = String.raw`config\.json|model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?`
const runFile = [STATE_FILE, SETTINGS_FILE, METRICS_FILE, REPORT_FILE, CARD_FILE]
  .map((name) => name.replace('.', '\\.'))
  .join('|')

/** What a new run would replace or mix with. */
const run = new RegExp(
  `^(checkpoint-\\d+|\\.checkpoint-\\d+\\.(incoming|outgoing)|${modelFile}|${STATE_FILE}|${SEARCH_FILE})$`,
)

/** What may be deleted at any time: files that were being written and checkpoints that were being deleted. */
const leftovers = [
  /^\.checkpoint-\d+\.deleted$/,
  new RegExp(`^(\\.?(${modelFile})|${runFile})\\.tmp$`),
  // The tokenizer's files and the test whether a folder can be written carry the number of their process.
  /^(\.write-test-\d+|[a-z_]+\.(json|txt)\.\d+)\.tmp$/,
]

/** What an earlier run left in a folder, or a model that stands there, by name; nothing if there is no such folder. */
export const earlierRun = async (folder: string): Promise<string[]> =>
  (await namesIn(folder)).filter((name) => run.test(name)).sort()

/** Names in a folder; none if there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error) => {
    if (error.code === 'ENOENT') return []
    throw fileError(error, folder)
  })
}

/** Whether to go on with the run or the search that stands in a folder, or to replace it. */
export interface RunStart {
  readonly resume?: boolean
  readonly overwrite?: boolean
}

/** The kinds of run that leave a folder, and which of the settings that tell runs apart only that kind has. */
const ownSettings = { finetune: 'trainData', pretrain: 'corpus' } as const

/** A kind of run. */
export type RunKind = keyof typeof ownSettings

/**
 * Makes sure that a training may begin or go on in a folder, without touching it.
 * @param kind of the training
 * @param replaced further names of files that it replaces or mixes with
 * @throws ConfigError `OVERWRITE`; `OUTPUT_NOT_EMPTY` for a search, which a run would mix with, for an earlier run or a model that is
 * neither to be resumed nor replaced, and for files of something else that a run would replace; `RUN_KIND` for a run of another kind to
 * go on with
 */
export async function requireRunRoom(
  folder: string,
  kind: RunKind,
  { resume = false, overwrite = false }: RunStart,
  replaced: readonly string[] = [],
): Promise<void> {
  if (resume && overwrite) throw new ConfigError('OVERWRITE', 'resume and overwrite contradict each other')
  const names = await namesIn(folder)
  if (names.includes(SEARCH_FILE)) {
    throw new ConfigError(
      'OUTPUT_NOT_EMPTY',
      `${folder} holds a search (${SEARCH_FILE}), which a run would mix with: choose another folder`,
    )
  }
  if (overwrite) return
  if (resume) await requireRunKind(folder, kind)
  else await requireNoRun(folder)
  // A run writes its settings first, so where these are the rest is its own.
  if (names.some((name) => name === SETTINGS_FILE || run.test(name))) return
  const found = names.filter((name) => [METRICS_FILE, REPORT_FILE, ...replaced].includes(name)).sort()
  if (found.length === 0) return
  throw new ConfigError(
    'OUTPUT_NOT_EMPTY',
    `${folder} holds no run, but files that one would replace or mix with (${listed(found)}): allow that with overwrite (--overwrite), ` +
      'or choose another folder',
  )
}

/** A folder whose kind cannot be told passes. @throws ConfigError `RUN_KIND`; CheckpointError for settings that are no JSON */
async function requireRunKind(folder: string, kind: RunKind): Promise<void> {
  const path = join(folder, SETTINGS_FILE)
  if ((await pathKind(path)) !== 'file') return
  const settings = await readJsonFile(path)
  const found = (Object.keys(ownSettings) as RunKind[]).find((name) => Object.hasOwn(settings, ownSettings[name]))
  if (found === undefined || found === kind) return
  throw new ConfigError(
    'RUN_KIND',
    `${folder} holds a run of ${found}, which ${kind} cannot go on with: choose another output folder, or replace the run ` +
      'with overwrite (--overwrite) in place of resume (--resume)',
  )
}

const runAdvice =
  'go on with it with resume (--resume), replace it with overwrite (--overwrite), or choose another folder'

/**
 * @param advice what to do then
 * @throws ConfigError if the folder holds an earlier run or a model
 */
export async function requireNoRun(folder: string, advice = runAdvice): Promise<void> {
  const found = await earlierRun(folder)
  if (found.length === 0) return
  throw new ConfigError('OUTPUT_NOT_EMPTY', `${folder} holds an earlier run or a model (${listed(found)}): ${advice}`)
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
  if (await hasOwnCard(folder)) await rm(join(folder, CARD_FILE))
  const logs = join(folder, LOGS_FOLDER)
  for (const name of await readdir(logs).catch(() => [])) {
    if (name === LOG_FILE || name.startsWith(EVENT_FILE_START)) await rm(join(logs, name), { force: true })
  }
}

/** Whether a folder's README.md is a model card that may be written anew. */
export async function hasOwnCard(folder: string): Promise<boolean> {
  return (await readCard(folder))?.includes(CARD_MARK) ?? false
}

/** A folder's README.md, if there is one; what cannot be read is not ours and has no text. */
export async function readCard(folder: string): Promise<string | undefined> {
  return readFile(join(folder, CARD_FILE), 'utf8').catch(({ code }) => (code === 'ENOENT' ? undefined : ''))
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
