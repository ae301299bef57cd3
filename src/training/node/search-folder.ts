/** What a search leaves in its folder. */
import { readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileError, pathKind } from '../../checkpoints/node/files.ts'
import { readJsonFile, writeFileAtomic } from '../../checkpoints/node.ts'
import { CheckpointError, ConfigError } from '../../core/errors.ts'
import type { MetricInterval } from '../bootstrap.ts'
import { parsePythonJson } from '../python-json.ts'
import { renderSearch } from '../report/render-search.ts'
import type { ReportedMetric } from '../run-record.ts'
import type { SearchDescription, SearchRecord, SearchTrial } from '../search/search-record.ts'
import type { TrainerState } from '../trainer-state.ts'
import {
  earlierRun,
  listed,
  METRICS_FILE,
  REPORT_FILE,
  type RunStart,
  removeCheckpoint,
  removeLeftovers,
  removeRun,
  requireNoRun,
  SEARCH_FILE,
  SETTINGS_FILE,
  STATE_FILE,
} from './run-folder.ts'
import { changedSettings } from './run-identity.ts'
import type { TrialOutcome } from './search-options.ts'

const TRIALS_FOLDER = 'trials'
/** In a trial's folder: the settings of a trial that is a process of its own. */
export const TRIAL_FILE = 'finetune.json'

/** Where a trial is, from the search's folder: `trials/007`. */
export const trialFolder = (output: string, number: number): string =>
  join(output, TRIALS_FOLDER, String(number).padStart(3, '0'))

/**
 * Makes sure that a search may begin or go on in a folder, without touching it.
 * @throws ConfigError `OUTPUT_NOT_EMPTY` if a search, a run, a model or folders of trials stand there, and are neither to be resumed
 * nor replaced, or were not written by bertsmith and so cannot be; `OVERWRITE`
 */
export async function requireRoom(output: string, { resume = false, overwrite = false }: RunStart): Promise<void> {
  if (resume && overwrite) throw new ConfigError('OVERWRITE', 'resume and overwrite contradict each other')
  const replace = 'replace it with overwrite (--overwrite), or choose another folder'
  const leave = 'since nothing shows that bertsmith wrote it, choose another folder'
  const holds = (what: string, advice: string) =>
    new ConfigError('OUTPUT_NOT_EMPTY', `${output} holds ${what}: ${advice}`)
  if (!overwrite && (await pathKind(join(output, SEARCH_FILE))) !== 'absent') {
    if (!resume) throw holds('an earlier search', `go on with it with resume (--resume), ${replace}`)
    return
  }
  const nothing = resume ? 'there is no search to go on with; ' : ''
  const isOwn = await hasOwnRun(output)
  if (!overwrite || !isOwn) await requireNoRun(output, `${nothing}${isOwn ? replace : leave}`)
  const { all, foreign } = await listTrials(output)
  // A trial of this name would mix with it.
  if (foreign.length > 0) throw holds(`${TRIALS_FOLDER}/ of no search (${listed(foreign)})`, `${nothing}${leave}`)
  if (!overwrite && all.length > 0)
    throw holds(`${TRIALS_FOLDER}/ of no search (${listed(all)})`, `${nothing}${replace}`)
}

/** Whether the model, the run or the search in a folder is one that bertsmith wrote, and may be replaced. */
async function hasOwnRun(output: string): Promise<boolean> {
  const kinds = await Promise.all([SEARCH_FILE, STATE_FILE, SETTINGS_FILE].map((name) => pathKind(join(output, name))))
  return kinds.includes('file')
}

/** Names in `trials/`: those of trials, of folders that are named as trials and are none, and all. */
async function listTrials(output: string): Promise<{ own: string[]; foreign: string[]; all: string[] }> {
  // A search.json that cannot be read may be replaced as well.
  const { results } = await readJsonFile(join(output, SEARCH_FILE)).catch(() => ({ results: [] }))
  const begun = Array.isArray(results) ? results.map((each) => basename(trialFolder(output, each?.number))) : []
  const all = await namesIn(join(output, TRIALS_FOLDER))
  const own: string[] = []
  const foreign: string[] = []
  for (const name of all.filter((each) => /^\d{3,}$/.test(each))) {
    const inside = await namesIn(join(output, TRIALS_FOLDER, name))
    const isOwn = [TRIAL_FILE, SETTINGS_FILE, STATE_FILE].some((file) => inside.includes(file))
    const isTrial = isOwn || inside.length === 0 || begun.includes(name)
    ;(isTrial ? own : foreign).push(name)
  }
  return { own, foreign, all }
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])

/** Removes a search, and a run or a model that bertsmith wrote; what else stands in the folder stays. */
async function removeSearch(output: string): Promise<void> {
  const { own } = await listTrials(output)
  if (await hasOwnRun(output)) {
    await removeRun(output)
    // A search puts no model in place of the one that it replaces.
    for (const name of [...(await earlierRun(output)), SETTINGS_FILE])
      await rm(join(output, name), { recursive: true, force: true })
  }
  await removeTrials(output, own)
}

/** Removes folders of trials by name, and `trials/` if nothing else is in it. */
async function removeTrials(output: string, names: readonly string[]): Promise<void> {
  const trials = join(output, TRIALS_FOLDER)
  for (const name of names) await rm(join(trials, name), { recursive: true, force: true })
  await rmdir(trials).catch(() => {})
}

/** Removes what a search left that was refused before it tried anything: search.json and the trials of these numbers. */
export async function removeRefused(output: string, trials: readonly number[]): Promise<void> {
  await removeTrials(
    output,
    trials.map((number) => basename(trialFolder(output, number))),
  )
  await rm(join(output, SEARCH_FILE), { force: true })
}

/**
 * The search that stands in a folder, if it is to be gone on with. An earlier one that is to be replaced is removed, and so is a run
 * of bertsmith's.
 * @param plan the search as it is asked for now, without results
 * @throws ConfigError as `requireRoom`; `RESUME_SETTINGS` or `TRIALS`
 */
export async function resumeSearch(output: string, plan: SearchRecord, start: RunStart): Promise<SearchRecord> {
  await requireRoom(output, start)
  const path = join(output, SEARCH_FILE)
  if (start.overwrite) {
    await removeSearch(output)
    return plan
  }
  if ((await pathKind(path)) === 'absent') return plan
  const saved = await readSearch(path)
  const changed = changedSettings(identity(saved), identity(plan))
  if (changed.length > 0) {
    throw new ConfigError(
      'RESUME_SETTINGS',
      `${output} holds a search with other settings; resume with the same, or use another output folder:\n  ${changed.join('\n  ')}`,
    )
  }
  if (plan.trials < saved.results.length) {
    const begun = saved.results.length
    throw new ConfigError(
      'TRIALS',
      `${output} has begun ${begun} trials: resume with at least as many, not ${plan.trials}`,
    )
  }
  return { ...saved, trials: plan.trials, results: saved.results.map(withNumbers) }
}

/** @throws CheckpointError `NO_SEARCH` for a file that is no search's */
async function readSearch(path: string): Promise<SearchRecord> {
  const saved = await readJsonFile(path)
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
  const wrong =
    ['space', 'settings'].find((name) => !isObject(saved[name])) ??
    (Array.isArray(saved.results) && saved.results.every(isTrial) ? undefined : 'results')
  if (wrong === undefined) return saved as unknown as SearchRecord
  throw new CheckpointError(
    'NO_SEARCH',
    `${path} is no search's: it lacks what "${wrong}" of a search holds, so there is nothing to go on with. Restore the file, or ` +
      'choose another folder.',
  )
}

const isTrial = (value: unknown): boolean => {
  const { number, values, evaluations } = (value ?? {}) as Partial<SearchTrial>
  return Number.isInteger(number) && Array.isArray(values) && Array.isArray(evaluations)
}

/** What a resumed search must share, settings as if they stood beside the rest. */
function identity({ results, best, seconds, trials, settings, space, ...rest }: SearchRecord) {
  const dimensions = Object.entries(space).map(([name, dimension]) => [`space.${name}`, dimension])
  return { ...rest, ...Object.fromEntries(dimensions), ...settings }
}

/** JSON has null for what is no number. */
const withNumbers = (trial: SearchTrial): SearchTrial => ({
  ...trial,
  values: trial.values.map((value) => value ?? Number.NaN),
  evaluations: trial.evaluations.map((each) => ({ ...each, value: each.value ?? Number.NaN })),
})

/** Writes search.json. @throws CheckpointError if the folder cannot be written */
export async function saveSearch(output: string, record: SearchRecord): Promise<void> {
  await writeFileAtomic(join(output, SEARCH_FILE), `${JSON.stringify(record, null, 2)}\n`)
}

/** Writes report.html. @throws as `saveSearch` */
export async function reportSearch(
  output: string,
  record: SearchRecord,
  description: SearchDescription,
): Promise<void> {
  await writeFileAtomic(join(output, REPORT_FILE), renderSearch(record, description))
}

/** Deletes the checkpoints of trials that lost; those of the best and of failed ones stay. */
export async function removeLostCheckpoints(output: string, { results, best }: SearchRecord): Promise<void> {
  for (const { number, status } of results) {
    if (number === best || !(status === 'done' || status === 'stopped')) continue
    const folder = trialFolder(output, number)
    if ((await pathKind(folder)) === 'absent') continue
    await removeLeftovers(folder)
    const names = (await readdir(folder)).filter((name) => /^checkpoint-\d+$/.test(name))
    for (const name of names) await removeCheckpoint(folder, name)
  }
}

/**
 * What a fine-tuning in a folder has come to, from what it wrote.
 * @throws CheckpointError if it wrote no state or no metrics
 */
export async function readTrial(folder: string, objective: string, paused: boolean): Promise<TrialOutcome> {
  const path = join(folder, STATE_FILE)
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw fileError(cause, path)
  })
  const state = parsePythonJson(text) as TrainerState
  const { metrics, ownMetrics = {} } = await readJsonFile(join(folder, METRICS_FILE))
  if (!metrics) throw new CheckpointError('NO_METRICS', `${join(folder, METRICS_FILE)} has no metrics`)
  const found = Object.entries(metrics as Record<string, MetricInterval>).map(
    ([name, { value, low, high }]) => [name, { value: orNaN(value), low: orNaN(low), high: orNaN(high) }] as const,
  )
  // Metrics of one's own have no intervals.
  const own = Object.entries(ownMetrics as Record<string, number | null>).map(
    ([name, value]) => [name, { value: orNaN(value) }] as const,
  )
  const key = `eval_${objective}`
  return {
    paused,
    steps: state.global_step,
    seconds: state.stateful_callbacks.TrainingTotals.attributes.seconds,
    metrics: Object.fromEntries<ReportedMetric>([...found, ...own]),
    evaluations: state.log_history.flatMap((entry) =>
      key in entry ? [{ step: entry.step, epoch: entry.epoch, value: entry[key] }] : [],
    ),
  }
}

const orNaN = (value: number | null): number => value ?? Number.NaN
