import {
  BertsmithError,
  CheckpointError,
  ConfigError,
  DataError,
  RuntimeError,
  TokenizerError,
} from '../../core/errors.ts'
import { expectedWork, type HalvingSettings, lostTrials, nextJob } from '../search/asha.ts'
import { bestTrial, type SearchRecord, type SearchTrial } from '../search/search-record.ts'
import type { TrialSettings } from '../search/space.ts'
import type { PausePlace } from './finetune-options.ts'
import { removeLostCheckpoints, removeRefused, trialFolder } from './search-folder.ts'
import type { RunTrial, SearchOptions, TrialJob, TrialOutcome } from './search-options.ts'

/** A worker's job. */
interface ActiveJob {
  readonly trial: SearchTrial
  /** Of the trial's whole training since it was paused last. */
  done: number
  end: Promise<void>
}

/** The course of one call of `search`. */
export class SearchRunner {
  readonly #options: SearchOptions
  readonly #record: SearchRecord
  readonly #suggestions: readonly TrialSettings[]
  readonly #write: (options: { report: boolean }) => Promise<void>
  readonly #halving: HalvingSettings
  /** Jobs under way. */
  readonly #active = new Set<ActiveJob>()
  readonly #ending = new AbortController()
  readonly #signal: AbortSignal
  readonly #started: number
  /** Trials that an earlier call began. */
  readonly #earlier: number
  #refusal: unknown
  #saving: Promise<void> = Promise.resolve()

  constructor(
    options: SearchOptions,
    record: SearchRecord,
    suggestions: readonly TrialSettings[],
    write: (options: { report: boolean }) => Promise<void>,
  ) {
    this.#options = options
    this.#record = record
    this.#suggestions = suggestions
    this.#write = write
    const { trials, reductionFactor, greaterIsBetter, rungs } = record
    this.#halving = { trials, reductionFactor, greaterIsBetter, rungs: rungs?.at.length ?? 1 }
    this.#signal = AbortSignal.any([this.#ending.signal, ...(options.signal ? [options.signal] : [])])
    this.#started = performance.now() - record.seconds * 1000
    this.#earlier = record.results.length
  }

  /** @returns whether all trials are through */
  async run(parallel: number): Promise<boolean> {
    const { rungs, trials } = this.#record
    this.#options.onEvent?.({ type: 'start', trials, unit: rungs?.unit ?? 'trials', ...this.#work() })
    try {
      await this.#trainAll(parallel)
    } catch (error) {
      // Such as a full disk. Trials under way must not outlive the search.
      this.#ending.abort()
      await Promise.allSettled([...this.#active].map(({ end }) => end))
      throw error
    }
    if (this.#refusal) {
      await this.#saving
      // Nothing has been tried: the same command, mended, finds the folder as it was. A search that is gone on with stays, since
      // its trials may have trained for long before their first evaluation.
      const numbers = this.#record.results.map(({ number }) => number)
      if (this.#earlier === 0) await removeRefused(this.#options.output, numbers)
      throw this.#refusal
    }
    const finished = !this.#signal.aborted
    if (finished) for (const trial of this.#record.results) if (trial.status === 'paused') trial.status = 'stopped'
    await this.#save()
    return finished
  }

  async #trainAll(parallel: number): Promise<void> {
    for (;;) {
      while (this.#active.size < parallel && !this.#signal.aborted) {
        const trial = this.#next()
        if (!trial) break
        // Not known by its trial: another worker may promote that while this job is being noted.
        const job: ActiveJob = { trial, done: 0, end: Promise.resolve() }
        this.#active.add(job)
        job.end = this.#train(job).finally(() => this.#active.delete(job))
      }
      if (this.#active.size === 0) return
      await Promise.race([...this.#active].map(({ end }) => end))
    }
  }

  /** The trial that a free worker takes; undefined if there is nothing to do now. */
  #next(): SearchTrial | undefined {
    const { results } = this.#record
    const active = new Set([...this.#active].map(({ trial }) => trial))
    const interrupted = results.find((trial) => trial.status === 'running' && !active.has(trial))
    if (interrupted) return interrupted
    const job = nextJob(results, this.#halving)
    if (job.type === 'promote') {
      results[job.trial].status = 'running'
      return results[job.trial]
    }
    if (job.type !== 'start') return undefined
    const trial: SearchTrial = {
      number: results.length + 1,
      settings: this.#suggestions[results.length],
      status: 'running',
      values: [],
      evaluations: [],
      metrics: {},
      steps: 0,
      seconds: 0,
    }
    results.push(trial)
    return trial
  }

  /** Trains a trial to its next rung and notes what came of it. */
  async #train(active: ActiveJob): Promise<void> {
    const { trial } = active
    const { output, run, onEvent } = this.#options
    const { rungs } = this.#record
    const to = rungs?.at[trial.values.length]
    const isLast = trial.values.length >= this.#halving.rungs - 1
    const pauseAfter: PausePlace | undefined = rungs && !isLast ? { [rungs.unit]: to } : undefined
    await this.#save({ report: false })
    onEvent?.({ type: 'trial-start', trial, pauseAfter, resumed: trial.values.length > 0 })
    const job: TrialJob = {
      number: trial.number,
      settings: trial.settings,
      folder: trialFolder(output, trial.number),
      pauseAfter,
      signal: this.#signal,
      onProgress: (share) => this.#noteProgress(active, share),
    }
    const outcome = await this.#outcome(trial, job, run)
    if (!outcome) return
    if (outcome instanceof BertsmithError) {
      trial.status = 'failed'
      trial.error = { code: outcome.code, message: outcome.message }
    } else if (!(this.#record.objective in outcome.metrics)) {
      const known = Object.keys(outcome.metrics).join(', ')
      trial.status = 'failed'
      trial.error = {
        code: 'OBJECTIVE',
        message: `the trial has no "${this.#record.objective}" to be ranked by; it has ${known || 'no metrics'}`,
      }
    } else {
      const { paused, ...found } = outcome
      const value = found.metrics[this.#record.objective].value
      Object.assign(trial, found)
      // A trial that ended before its time stands at every rung above with what it has.
      const count = paused ? 1 : this.#halving.rungs - trial.values.length
      for (let i = 0; i < count; i++) trial.values.push(value)
      trial.status = paused ? 'paused' : 'done'
    }
    active.done = 0 // it counts as the trial's from here on
    for (const index of lostTrials(this.#record.results, this.#halving)) this.#record.results[index].status = 'stopped'
    const best = bestTrial(this.#record)
    this.#record.best = best?.number ?? null
    await this.#save()
    onEvent?.({ type: 'trial-end', trial, best })
    onEvent?.({ type: 'progress', ...this.#work() })
  }

  /** What a job came to, its error if it failed, or nothing if it was cut short. */
  async #outcome(trial: SearchTrial, job: TrialJob, run: RunTrial): Promise<TrialOutcome | BertsmithError | undefined> {
    try {
      return await run(job)
    } catch (thrown) {
      if (this.#signal.aborted) return undefined
      const error =
        thrown instanceof BertsmithError
          ? thrown
          : new RuntimeError('TRIAL', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown })
      // What is wrong with data or settings before anything was trained is wrong with every trial.
      const isUntried = this.#record.results.every(({ evaluations, error }) => evaluations.length === 0 && !error)
      const isRefusal = [ConfigError, DataError, CheckpointError, TokenizerError].some((kind) => error instanceof kind)
      if (!isUntried || !isRefusal || trial.values.length > 0) return error
      this.#refusal = error
      this.#ending.abort()
      return undefined
    }
  }

  #noteProgress(active: ActiveJob, share: number): void {
    const { rungs } = this.#record
    const before = rungs?.at[active.trial.values.length - 1] ?? 0
    active.done = Math.max(0, share * (rungs?.at.at(-1) ?? 1) - before)
    this.#options.onEvent?.({ type: 'progress', ...this.#work() })
  }

  /** Trials, or epochs or steps of training, that are done, and that are likely to be done in all. */
  #work(): { done: number; work: number } {
    const { results, rungs, trials } = this.#record
    const finished = results.reduce((sum, { values, status }) => {
      if (!rungs) return sum + Number(status === 'done' || status === 'failed')
      return sum + (rungs.at[values.length - 1] ?? 0)
    }, 0)
    const done = [...this.#active].reduce((sum, { done }) => sum + done, finished)
    return { done, work: rungs ? expectedWork(results, rungs.at, this.#halving) : trials }
  }

  /** One write at a time, each of all that is known then. */
  #save({ report = true } = {}): Promise<void> {
    const save = async () => {
      this.#record.seconds = (performance.now() - this.#started) / 1000
      await this.#write({ report })
      await removeLostCheckpoints(this.#options.output, this.#record)
    }
    this.#saving = this.#saving.then(save, save)
    return this.#saving
  }
}
