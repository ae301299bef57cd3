import { ConfigError, didYouMean } from '../core/errors.ts'

/** How the learning rate changes over a run, under transformers' names. */
export type ScheduleName = 'linear' | 'cosine' | 'constant' | 'constant_with_warmup'

export interface ScheduleOptions {
  /** Steps over which the rate rises from 0. */
  warmupSteps: number
  /** Steps of the whole run. */
  totalSteps: number
}

type Factor = (step: number, options: ScheduleOptions) => number

const warmup = (step: number, { warmupSteps }: ScheduleOptions) => step / Math.max(1, warmupSteps)
/** 0 at the end of warmup, 1 at the end of the run. */
const progress = (step: number, { warmupSteps, totalSteps }: ScheduleOptions) =>
  (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps)

/** Factors after warmup. */
const decays: Record<ScheduleName, Factor> = {
  linear: (step, options) => Math.max(0, 1 - progress(step, options)),
  cosine: (step, options) => Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress(step, options)))),
  constant: () => 1,
  constant_with_warmup: () => 1,
}

export const scheduleNames = Object.keys(decays) as ScheduleName[]

/**
 * The factor of the learning rate at a step, as transformers' `get_scheduler` (src/transformers/optimization.py).
 * @param step steps taken before this one, from 0
 * @throws ConfigError for an unknown name
 */
export function scheduleFactor(name: ScheduleName, step: number, options: ScheduleOptions): number {
  const decay = decays[name]
  if (!decay) {
    throw new ConfigError(
      'SCHEDULE',
      `unknown learning-rate schedule "${name}"${didYouMean(name, scheduleNames)} (known: ${scheduleNames.join(', ')})`,
    )
  }
  if (name !== 'constant' && step < options.warmupSteps) return warmup(step, options)
  return decay(step, options)
}
