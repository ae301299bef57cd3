/** What a search leaves in its folder. */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
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
  removeCheckpoint,
  removeLeftovers,
  removeRun,
  requireNoRun,
  STATE_FILE,
} from './run-folder.ts'
import { changedSettings } from './run-identity.ts'
import type { TrialOutcome } from './search-options.ts'

export const SEARCH_FILE = 'search.json'
const TRIALS_FOLDER = 'trials'

/** Where a trial is, from the search's folder: `trials/007`. */
export const trialFolder = (output: string, number: number): string =>
  join(output, TRIALS_FOLDER, String(number).padStart(3, '0'))

/** Whether to go on with what stands in a folder, or to replace it. */
export interface SearchStart {
  readonly resume?: boolean
  readonly overwrite?: boolean
}

/**
 * Makes sure that a search may begin or go on in a folder, without touching it.
 * @throws ConfigError `OUTPUT_NOT_EMPTY` if a search, a run, a model or folders of trials stand there, and are neither to be resumed
 * nor replaced; `OVERWRITE`
 */
export async function requireRoom(output: string, { resume = false, overwrite = false }: SearchStart): Promise<void> {
  if (resume && overwrite) throw new ConfigError('OVERWRITE', 'resume and overwrite contradict each other')
  if (overwrite) return
  const replace = 'replace it with overwrite (--overwrite), or choose another folder'
  const holds = (what: string, advice: string) =>
    new ConfigError('OUTPUT_NOT_EMPTY', `${output} holds ${what}: ${advice}`)
  if ((await pathKind(join(output, SEARCH_FILE))) !== 'absent') {
    if (!resume) throw holds('an earlier search', `go on with it with resume (--resume), ${replace}`)
    return
  }
  await requireNoRun(output, replace)
  const trials = await readdir(join(output, TRIALS_FOLDER)).catch((): string[] => [])
  if (trials.length > 0) throw holds(`${TRIALS_FOLDER}/ of no search (${listed(trials)})`, replace)
}

/**
 * The search that stands in a folder, if it is to be gone on with. An earlier one that is to be replaced is removed, and so is a run.
 * @param plan the search as it is asked for now, without results
 * @throws ConfigError as `requireRoom`; `RESUME_SETTINGS` or `TRIALS`
 */
export async function resumeSearch(output: string, plan: SearchRecord, start: SearchStart): Promise<SearchRecord> {
  await requireRoom(output, start)
  const path = join(output, SEARCH_FILE)
  if (start.overwrite) {
    if ((await pathKind(output)) === 'absent') return plan
    await removeRun(output)
    // A search puts no model in place of the one that it replaces.
    for (const name of await earlierRun(output)) await rm(join(output, name), { recursive: true })
    await rm(join(output, TRIALS_FOLDER), { recursive: true, force: true })
    return plan
  }
  if ((await pathKind(path)) === 'absent') return plan
  const saved = (await readJsonFile(path)) as unknown as SearchRecord
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
