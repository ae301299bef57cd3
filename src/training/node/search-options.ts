import type { ReportedMetric, SettingValue } from '../run-record.ts'
import type { SearchDescription, SearchRecord, SearchTrial, TrialEvaluation } from '../search/search-record.ts'
import type { SearchMethod, SearchSpace, TrialSettings } from '../search/space.ts'
import type { PausePlace } from './finetune-options.ts'

/** A stretch of a trial's training, from where it was paused, or from the beginning, to where it is compared next. */
export interface TrialJob {
  /** Of the trial, from 1 on. */
  number: number
  /** What this trial has of the space; all else is as in every trial. */
  settings: TrialSettings
  /** The trial's own folder. What stands there is of this trial: go on with it. */
  folder: string
  /** Where to pause, so that the trial can go on from there; absent: train to the end. */
  pauseAfter?: PausePlace
  /** Stops the training where it can be gone on with; `run` then throws anything. */
  signal: AbortSignal
  /** To be told how much of the whole training is done, in [0, 1]. */
  onProgress(share: number): void
}

/** What a trial has come to. */
export interface TrialOutcome {
  /** Whether it was paused, and is not at its end. */
  paused: boolean
  /** Optimiser steps since the trial began, and how long they took. */
  steps: number
  seconds: number
  /** Where it stands now, with 95 % intervals if they are the task's own; the objective is among them. */
  metrics: Record<string, ReportedMetric>
  /** The objective at every evaluation since the trial began. */
  evaluations: TrialEvaluation[]
}

/** Trains a trial, for as long as a job says. An error is the trial's failure; the search goes on. */
export type RunTrial = (job: TrialJob) => Promise<TrialOutcome>

export type SearchEvent =
  /** `work` counts trials, or with `asha` epochs or steps of training. */
  | { type: 'start'; trials: number; work: number; done: number; unit: 'trials' | 'epochs' | 'steps' }
  | { type: 'trial-start'; trial: SearchTrial; pauseAfter?: PausePlace; resumed: boolean }
  /** How much of the search's work is done; how much there is may change as it goes on. */
  | { type: 'progress'; done: number; work: number }
  /** A trial was paused, has ended or has failed; `best` is the best of all so far. */
  | { type: 'trial-end'; trial: SearchTrial; best: SearchTrial | undefined }
  | { type: 'end'; finished: boolean }

export interface SearchOptions {
  /** What to vary: training arguments by name. */
  space: SearchSpace
  method: SearchMethod
  /** How many settings to try; default all of a `grid`. */
  trials?: number
  /** Name of the metric that ranks trials, as evaluations call it, e.g. `accuracy`. */
  objective: string
  /** Default: false for `loss` and other errors, true for all other metrics. */
  greaterIsBetter?: boolean
  /** Decides the settings of the trials; default 42. */
  seed?: number
  /** How long a whole training is, in whole epochs or steps; `asha` needs it, others do not. */
  length?: PausePlace
  /** With `asha`, where trials are compared first; default 1 epoch, or a 27th of the steps. */
  minLength?: number
  /** With `asha`, one of so many trials goes on; default 3. */
  reductionFactor?: number
  /** What else decides the trials; a search with other settings is not resumed. Default: nothing is compared. */
  settings?: Readonly<Record<string, SettingValue>>
  /** Folder for `trials/NNN/`, search.json and report.html. */
  output: string
  run: RunTrial
  /** Trials at a time; default 1. */
  parallel?: number
  /** Go on with the search in `output`, if there is one; only `trials` may have become more. */
  resume?: boolean
  /** Replace an earlier search in `output`, or a run; what bertsmith did not write is refused, or stays. */
  overwrite?: boolean
  /** Stops the trials under way where they can be gone on with. */
  signal?: AbortSignal
  onEvent?: (event: SearchEvent) => void
  /** What the report says of task, model and data. */
  description?: SearchDescription
}

export interface SearchResult {
  record: SearchRecord
  /** Absent if no trial has a value. */
  best?: SearchTrial
  /** Where its model is. */
  bestFolder?: string
  /** False if the signal stopped it. */
  finished: boolean
  reportPath: string
}
