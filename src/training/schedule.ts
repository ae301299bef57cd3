import { ConfigError, didYouMean } from '../core/errors.ts'
import type { RampShape, ScheduleName, ScheduleSettings } from './schedule-settings.ts'

export type { ScheduleName } from './schedule-settings.ts'

export interface ScheduleOptions {
  /** Steps over which the rate rises; `constant` and `reduce_lr_on_plateau` have none. */
  warmupSteps: number
  /** Steps of the whole run. */
  totalSteps: number
  /** The rate that the factor is of; settings that are rates are compared with it. */
  learningRate: number
  /** Default: each setting's own. */
  settings?: ScheduleSettings
}

type Factor = (step: number, options: ScheduleOptions) => number

interface Schedule {
  /** Factors before `warmupSteps`; default a line from 0. */
  warmup?: Factor
  /** Factors from there on. */
  factor: Factor
}

const linearWarmup: Factor = (step, { warmupSteps }) => step / Math.max(1, warmupSteps)
/** 0 at the end of warmup, 1 at the end of the run. */
const progress = (step: number, { warmupSteps, totalSteps }: ScheduleOptions) =>
  (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps)
/** From 1 down to 0 in half a cycle. */
const cosine = (progress: number, cycles = 0.5) => 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * progress))
const between = (factor: number, least: number) => Math.max(0, factor * (1 - least) + least)
const one: Factor = () => 1

const schedules: Record<ScheduleName, Schedule> = {
  linear: { factor: (step, options) => Math.max(0, 1 - progress(step, options)) },
  cosine: { factor: (step, options) => Math.max(0, cosine(progress(step, options), options.settings?.numCycles)) },
  cosine_with_restarts: {
    factor: (step, options) => {
      const done = progress(step, options)
      return done >= 1 ? 0 : Math.max(0, cosine(((options.settings?.numCycles ?? 1) * done) % 1))
    },
  },
  polynomial: {
    factor: (step, { warmupSteps, totalSteps, learningRate, settings = {} }) => {
      const { lrEnd = 1e-7, power = 1 } = settings
      if (step >= totalSteps) return lrEnd / learningRate
      const left = 1 - (step - warmupSteps) / (totalSteps - warmupSteps)
      return ((learningRate - lrEnd) * left ** power + lrEnd) / learningRate
    },
  },
  constant: { warmup: one, factor: one },
  constant_with_warmup: { factor: one },
  inverse_sqrt: {
    factor: (step, { warmupSteps, settings }) => {
      const timescale = settings?.timescale ?? (warmupSteps || 10_000)
      return 1 / Math.sqrt((step + timescale - warmupSteps) / timescale)
    },
  },
  // Evaluations change the rate, not steps: see plateau.ts.
  reduce_lr_on_plateau: { warmup: one, factor: one },
  cosine_with_min_lr: {
    factor: (step, options) =>
      between(cosine(progress(step, options), options.settings?.numCycles), minimumShare(options)),
  },
  // One step ahead of the others, so that no step has a rate of 0.
  cosine_warmup_with_min_lr: {
    warmup: (step, { warmupSteps, settings }) => {
      const first = settings?.warmupLrRate
      if (first === undefined) return (step + 1) / Math.max(1, warmupSteps)
      return first + ((1 - first) * step) / Math.max(1, warmupSteps - 1)
    },
    factor: (step, options) =>
      between(cosine(progress(step + 1, options), options.settings?.numCycles), minimumShare(options)),
  },
  warmup_stable_decay: {
    warmup: (step, options) => {
      const { warmupType = 'linear', minLrRatio = 0 } = options.settings ?? {}
      return between(rising[warmupType](linearWarmup(step, options)), minLrRatio)
    },
    factor: (step, { warmupSteps, totalSteps, settings = {} }) => {
      const { numDecaySteps = 0, decayType = 'cosine', minLrRatio = 0, numCycles } = settings
      const decayBegin = warmupSteps + (settings.numStableSteps ?? totalSteps - warmupSteps - numDecaySteps)
      if (step < decayBegin) return 1
      if (step >= decayBegin + numDecaySteps) return minLrRatio
      return between(falling[decayType]((step - decayBegin) / Math.max(1, numDecaySteps), numCycles), minLrRatio)
    },
  },
}

/** From 0 up to 1. */
const rising: Record<RampShape, (progress: number) => number> = {
  linear: (progress) => progress,
  cosine: (progress) => 0.5 * (1 - Math.cos(Math.PI * progress)),
  '1-sqrt': (progress) => 1 - Math.sqrt(1 - progress),
}

/** From 1 down to 0. */
const falling: Record<RampShape, (progress: number, cycles?: number) => number> = {
  linear: (progress) => 1 - progress,
  cosine,
  '1-sqrt': (progress) => 1 - Math.sqrt(progress),
}

const minimumShare = ({ learningRate, settings: { minLr, minLrRate } = {} }: ScheduleOptions): number =>
  minLrRate ?? (minLr ? minLr / learningRate : 0)

export const scheduleNames = Object.keys(schedules) as ScheduleName[]

/**
 * The factor of the learning rate at a step, as transformers' `get_scheduler` (src/transformers/optimization.py).
 * @param step steps taken before this one, from 0
 * @throws ConfigError for an unknown name
 */
export function scheduleFactor(name: ScheduleName, step: number, options: ScheduleOptions): number {
  if (!Object.hasOwn(schedules, name)) {
    throw new ConfigError(
      'SCHEDULE',
      `unknown learning-rate schedule "${name}"${didYouMean(name, scheduleNames)} (known: ${scheduleNames.join(', ')})`,
    )
  }
  const { warmup = linearWarmup, factor } = schedules[name]
  return step < options.warmupSteps ? warmup(step, options) : factor(step, options)
}
