/**
 * Asynchronous successive halving: Li, Jamieson, Rostamizadeh, Gonina, Hardt, Recht, Talwalkar, "A System for Massively Parallel
 * Hyperparameter Tuning", MLSys 2020 (arXiv 1810.05934), algorithm 2 with early-stopping rate s = 0. Every function here is pure:
 * what happens next is read from the trials alone, so a search that was killed needs no other state.
 */
import { ConfigError } from '../../core/errors.ts'

/**
 * `running`: being trained, or cut short and to go on; `paused`: at a rung, may be promoted; `stopped`: lost at a rung;
 * `done`: trained to its end; `failed`: ended by an error.
 */
export type TrialStatus = 'running' | 'paused' | 'stopped' | 'done' | 'failed'

/** A trial as the halving sees it. */
export interface RungTrial {
  readonly status: TrialStatus
  /** The objective at each rung that was reached, lowest rung first; NaN loses against every number. */
  readonly values: readonly number[]
}

export interface HalvingSettings {
  /** Trials of the whole search. */
  readonly trials: number
  /** Number of rungs; 1 for a search that trains every trial to its end. */
  readonly rungs: number
  /** Of the trials at a rung, one of so many is promoted. */
  readonly reductionFactor: number
  readonly greaterIsBetter: boolean
}

/** What a free worker does: begin the next trial, go on with one to its next rung, wait for another worker, or end. */
export type NextJob = { type: 'start' } | { type: 'promote'; trial: number } | { type: 'wait' } | { type: 'end' }

/**
 * Epochs or steps at which trials are compared: `min` and what `reductionFactor` makes of it, and `max` at the end. `min` is
 * moved so that the last step up has about that factor too.
 * @param min at least 1
 * @throws ConfigError `RUNGS` if there is no room for a rung before the end
 */
export function rungsUpTo(max: number, { min, reductionFactor }: { min: number; reductionFactor: number }): number[] {
  const fail = (text: string) => new ConfigError('RUNGS', text)
  if (!Number.isInteger(reductionFactor) || reductionFactor < 2) {
    throw fail(`reductionFactor must be a whole number of at least 2, not ${reductionFactor}`)
  }
  if (!Number.isInteger(min) || min < 1) {
    throw fail(`minLength must be a whole number of at least 1, not ${min}`)
  }
  const halvings = Math.floor(Math.log(max / min) / Math.log(reductionFactor) + 1e-9)
  if (!Number.isInteger(max) || halvings < 1) {
    const least = min * reductionFactor
    throw fail(
      `asha needs a whole length of at least ${least} (${min} x ${reductionFactor}) to halve in, not ${max}: raise --epochs or --max-steps, lower --min-length, or take --method random`,
    )
  }
  const first = Math.max(min, Math.round(max / reductionFactor ** halvings))
  return [...Array.from({ length: halvings }, (_, k) => first * reductionFactor ** k), max]
}

/** What comes next. Failed trials count at the rung that they did not reach, as the worst. */
export function nextJob(trials: readonly RungTrial[], settings: HalvingSettings): NextJob {
  const { rungs, reductionFactor } = settings
  for (let rung = rungs - 2; rung >= 0; rung--) {
    const ranking = rankingAt(trials, rung, settings)
    const best = ranking.slice(0, Math.floor(countAt(trials, rung) / reductionFactor))
    const promoted = best.find((trial) => isPausedAt(trials[trial], rung))
    if (promoted !== undefined) return { type: 'promote', trial: promoted }
  }
  if (trials.length < settings.trials) return { type: 'start' }
  if (trials.some(({ status }) => status === 'running')) return { type: 'wait' }
  // Few trials may leave the upper rungs empty; the paper's searches have no end. The best then goes on to the last one.
  if (trials.some(({ status }) => status === 'done')) return { type: 'end' }
  for (let rung = rungs - 2; rung >= 0; rung--) {
    const trial = rankingAt(trials, rung, settings).find((trial) => isPausedAt(trials[trial], rung))
    if (trial !== undefined) return { type: 'promote', trial }
  }
  return { type: 'end' }
}

/** Paused trials that can no longer be promoted, however those still to come turn out. */
export function lostTrials(trials: readonly RungTrial[], settings: HalvingSettings): number[] {
  const lost = new Set<number>()
  for (let rung = 0; rung < settings.rungs - 1; rung++) {
    const isBelow = ({ status, values }: RungTrial, trial: number) =>
      values.length <= rung &&
      (status === 'stopped' || lost.has(trial) || (status === 'failed' && values.length < rung))
    const most = settings.trials - trials.filter(isBelow).length
    const places = Math.max(1, Math.floor(most / settings.reductionFactor))
    const ranking = rankingAt(trials, rung, settings)
    for (const trial of trials.keys()) {
      if (!isPausedAt(trials[trial], rung)) continue
      const rank = ranking.indexOf(trial)
      if (rank < 0 || rank >= places) lost.add(trial)
    }
  }
  return [...lost]
}

/** All trials by number, best first: who came further, then who is better there; failed ones at the end. */
export function rankTrials(trials: readonly RungTrial[], greaterIsBetter: boolean): number[] {
  const reach = ({ status, values }: RungTrial) => (status === 'failed' ? -1 : values.length)
  return [...trials.keys()].sort(
    (a, b) =>
      reach(trials[b]) - reach(trials[a]) || byValue(trials[a].values, trials[b].values, greaterIsBetter) || a - b,
  )
}

/**
 * Units of training (those of the rungs) that the whole search is likely to take, from what has happened so far: each rung passes on
 * its part, or as many as it has passed on, which may be more, since who was promoted early may be overtaken.
 */
export function expectedWork(
  trials: readonly RungTrial[],
  rungs: readonly number[],
  { trials: all, reductionFactor }: Pick<HalvingSettings, 'trials' | 'reductionFactor'>,
): number {
  let work = 0
  let members = all
  for (const [rung, length] of rungs.entries()) {
    const reached = trials.filter(({ values }) => values.length > rung).length
    const failed = countAt(trials, rung) - reached
    work += Math.max(reached, members - failed) * (length - (rungs[rung - 1] ?? 0))
    const running = trials.filter(({ status, values }) => status === 'running' && values.length === rung + 1).length
    members = Math.max(1, Math.floor(members / reductionFactor), countAt(trials, rung + 1) + running)
  }
  return work
}

const isPausedAt = ({ status, values }: RungTrial, rung: number): boolean =>
  status === 'paused' && values.length === rung + 1

/** Trials at a rung, those that failed on the way to it included. */
function countAt(trials: readonly RungTrial[], rung: number): number {
  return trials.filter(({ status, values }) => values.length > rung || (status === 'failed' && values.length === rung))
    .length
}

/** Trials with a finite value at a rung, best first; of equals the earlier. */
function rankingAt(trials: readonly RungTrial[], rung: number, { greaterIsBetter }: HalvingSettings): number[] {
  const sign = greaterIsBetter ? -1 : 1
  return [...trials.keys()]
    .filter((trial) => Number.isFinite(trials[trial].values[rung]))
    .sort((a, b) => sign * (trials[a].values[rung] - trials[b].values[rung]) || a - b)
}

/** Compares the last values, what is no number last. */
function byValue(a: readonly number[], b: readonly number[], greaterIsBetter: boolean): number {
  const [x, y] = [a.at(-1) ?? Number.NaN, b.at(-1) ?? Number.NaN]
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y))
  return greaterIsBetter ? y - x : x - y
}
