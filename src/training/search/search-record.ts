import type { MetricInterval } from '../bootstrap.ts'
import type { SettingValue } from '../run-record.ts'
import { type RungTrial, rankTrials, type TrialStatus } from './asha.ts'
import type { SearchMethod, SearchSpace, TrialSettings } from './space.ts'

/** Where in a run trials are compared: after so many epochs or steps. */
export interface Rungs {
  readonly unit: 'epochs' | 'steps'
  /** Ascending; the last one is the end of a run. */
  readonly at: readonly number[]
}

/** An evaluation of a trial. */
export interface TrialEvaluation {
  step: number
  epoch: number
  /** The objective; NaN if it was no number. */
  value: number
}

/** All that is known of a trial. */
export interface SearchTrial {
  /** From 1 on. */
  number: number
  settings: TrialSettings
  status: TrialStatus
  /** The objective at each rung that was reached, lowest first. */
  values: number[]
  /** In the order of the steps. */
  evaluations: TrialEvaluation[]
  /** At the last rung that was reached, with 95 % intervals, the headline first. */
  metrics: Record<string, MetricInterval>
  /** Optimiser steps done, and how long they took, evaluations included. */
  steps: number
  seconds: number
  /** Why it failed. */
  error?: { code: string; message: string }
}

/** A search as search.json holds it. */
export interface SearchRecord {
  space: SearchSpace
  method: SearchMethod
  /** Decides the settings of the trials. */
  seed: number
  /** How many trials there are to be. */
  trials: number
  /** Name of the metric that ranks trials. */
  objective: string
  greaterIsBetter: boolean
  /** Of `asha`; other methods train every trial to its end. */
  rungs?: Rungs
  reductionFactor: number
  /** What else decides the course of the trials, such as data and training arguments: a resumed search must have the same. */
  settings: Readonly<Record<string, SettingValue>>
  /** In the order of their numbers. */
  results: SearchTrial[]
  /** Number of the best trial so far; null while there is none with a value. */
  best: number | null
  /** Wall-clock time of the search, pauses left out. */
  seconds: number
}

/** What the head of a report says beside the record. */
export interface SearchDescription {
  title: string
  /** Task name, e.g. `text-classification`. */
  task: string
  /** When the search ended, ISO 8601. */
  finishedAt?: string
  /** What trials start from. */
  modelName?: string
  trainExamples?: number
  trainSource?: string
  evalExamples?: number
  evalSource?: string
}

/** Best first, as `rankTrials`. */
export function rankedTrials({ results, greaterIsBetter }: Pick<SearchRecord, 'results' | 'greaterIsBetter'>) {
  return rankTrials(results, greaterIsBetter).map((index) => results[index])
}

/** The best trial that has a value. */
export function bestTrial(record: Pick<SearchRecord, 'results' | 'greaterIsBetter'>): SearchTrial | undefined {
  return rankedTrials(record).find((trial) => trial.status !== 'failed' && Number.isFinite(lastValue(trial)))
}

/** The objective where a trial came furthest; NaN before its first rung. */
export const lastValue = ({ values }: RungTrial): number => values.at(-1) ?? Number.NaN
