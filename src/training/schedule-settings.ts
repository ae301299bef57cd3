import { ConfigError, didYouMean } from '../core/errors.ts'

/** How the learning rate changes over a run, under transformers' names. */
export type ScheduleName =
  | 'linear'
  | 'cosine'
  | 'cosine_with_restarts'
  | 'polynomial'
  | 'constant'
  | 'constant_with_warmup'
  | 'inverse_sqrt'
  | 'reduce_lr_on_plateau'
  | 'cosine_with_min_lr'
  | 'cosine_warmup_with_min_lr'
  | 'warmup_stable_decay'

/** How a part of `warmup_stable_decay` bends. */
export type RampShape = 'linear' | 'cosine' | '1-sqrt'

/**
 * What a schedule is set by besides warmup and the number of steps: transformers' `lr_scheduler_kwargs` in TypeScript's case.
 * Each schedule takes the settings that name it.
 */
export type ScheduleSettings = {
  /**
   * Waves of `cosine`, `cosine_with_min_lr`, `cosine_warmup_with_min_lr` and the decay of `warmup_stable_decay`, default 0.5: once
   * down. Runs of `cosine_with_restarts`, default 1.
   */
  numCycles?: number
  /** `polynomial`: the learning rate at the end, default 1e-7; it must be below the highest one. */
  lrEnd?: number
  /** `polynomial`: default 1, a line. */
  power?: number
  /** `inverse_sqrt`: the rate falls to 1 / sqrt(2) in so many steps; default the steps of warmup, or 10,000 without any. */
  timescale?: number
  /** `cosine_with_min_lr` and `cosine_warmup_with_min_lr` need this or `minLrRate`; of `reduce_lr_on_plateau` default 0. */
  minLr?: number
  /** The same as a share of the highest learning rate. */
  minLrRate?: number
  /** `cosine_warmup_with_min_lr`: share of the learning rate at the first step; default 1 / steps of warmup. */
  warmupLrRate?: number
  /** `warmup_stable_decay`: steps of the decay; needed. */
  numDecaySteps?: number
  /** `warmup_stable_decay`: steps between warmup and decay; default all that those leave. */
  numStableSteps?: number
  /** `warmup_stable_decay`: default `linear`. */
  warmupType?: RampShape
  /** `warmup_stable_decay`: default `cosine`. */
  decayType?: RampShape
  /** `warmup_stable_decay`: share of the highest learning rate that it begins and ends with; default 0. */
  minLrRatio?: number
  /** `reduce_lr_on_plateau`: what the learning rate is multiplied by, default 0.1. */
  factor?: number
  /** `reduce_lr_on_plateau`: evaluations without improvement that are borne, default 10. */
  patience?: number
  /** `reduce_lr_on_plateau`: improvement that counts, default 1e-4. */
  threshold?: number
  /** `reduce_lr_on_plateau`: whether the threshold is a share of the best value or stands for itself, default `rel`. */
  thresholdMode?: 'rel' | 'abs'
  /** `reduce_lr_on_plateau`: evaluations after a reduction that do not count, default 0. */
  cooldown?: number
  /** `reduce_lr_on_plateau`: smaller reductions are left out, default 1e-8. */
  eps?: number
}

type SettingName = keyof ScheduleSettings

const none: readonly SettingName[] = []
const withMinimum: readonly SettingName[] = ['numCycles', 'minLr', 'minLrRate']

/** The settings that each schedule has. */
const settingsOf: Record<ScheduleName, readonly SettingName[]> = {
  linear: none,
  cosine: ['numCycles'],
  cosine_with_restarts: ['numCycles'],
  polynomial: ['lrEnd', 'power'],
  constant: none,
  constant_with_warmup: none,
  inverse_sqrt: ['timescale'],
  reduce_lr_on_plateau: ['factor', 'patience', 'threshold', 'thresholdMode', 'cooldown', 'minLr', 'eps'],
  cosine_with_min_lr: withMinimum,
  cosine_warmup_with_min_lr: [...withMinimum, 'warmupLrRate'],
  warmup_stable_decay: ['numDecaySteps', 'numStableSteps', 'warmupType', 'decayType', 'minLrRatio', 'numCycles'],
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const above = { is: (value: unknown) => isNumber(value) && value > 0, text: 'a number above 0' }
const atLeast = { is: (value: unknown) => isNumber(value) && value >= 0, text: 'a number of at least 0' }
const share = { is: (value: unknown) => isNumber(value) && value >= 0 && value <= 1, text: 'a number from 0 to 1' }
const below1 = { is: (value: unknown) => isNumber(value) && value >= 0 && value < 1, text: 'at least 0 and below 1' }
const whole = {
  is: (value: unknown) => Number.isInteger(value) && (value as number) >= 0,
  text: 'a whole number of at least 0',
}
const oneOf = (...names: string[]) => ({
  is: (value: unknown) => names.includes(value as string),
  text: names.join(', '),
})

const ranges: Record<SettingName, { is(value: unknown): boolean; text: string }> = {
  numCycles: above,
  lrEnd: atLeast,
  power: atLeast,
  timescale: above,
  minLr: atLeast,
  minLrRate: share,
  warmupLrRate: share,
  numDecaySteps: whole,
  numStableSteps: whole,
  warmupType: oneOf('linear', 'cosine', '1-sqrt'),
  decayType: oneOf('linear', 'cosine', '1-sqrt'),
  minLrRatio: share,
  factor: below1,
  patience: whole,
  threshold: atLeast,
  thresholdMode: oneOf('rel', 'abs'),
  cooldown: whole,
  eps: atLeast,
}

/** Where messages say the setting is. */
const where = 'lrSchedulerSettings'

/**
 * Checks a schedule's settings.
 * @returns those that are given, in one order whatever theirs was, so that runs can be compared by them
 * @throws ConfigError for a setting that the schedule has not, is out of range or contradicts the learning rate
 */
export function checkScheduleSettings(
  name: ScheduleName,
  settings: ScheduleSettings,
  learningRate: number,
): ScheduleSettings {
  const known = settingsOf[name]
  const given = Object.entries(settings).filter(([, value]) => value !== undefined)
  for (const [key, value] of given) {
    if (!known.includes(key as SettingName)) {
      const has = known.length === 0 ? 'which has none' : `which has ${known.join(', ')}`
      throw new ConfigError(
        'SCHEDULE_SETTING',
        `${where}: "${key}" is no setting of the schedule ${name}, ${has}${didYouMean(key, known)}`,
      )
    }
    const range = ranges[key as SettingName]
    if (!range.is(value)) fail(`${key} must be ${range.text}, not ${value}`)
  }
  const { lrEnd = 1e-7, minLr, minLrRate, numDecaySteps } = settings
  if (name === 'polynomial' && !(lrEnd < learningRate))
    fail(`lrEnd (${lrEnd}) must be below the learning rate (${learningRate})`)
  if (minLr !== undefined && minLr > learningRate)
    fail(`minLr (${minLr}) must not be above the learning rate (${learningRate})`)
  if (known.includes('minLrRate') && (minLr === undefined) === (minLrRate === undefined))
    fail(`the schedule ${name} needs one of minLr and minLrRate`)
  if (name === 'warmup_stable_decay' && numDecaySteps === undefined) fail(`the schedule ${name} needs numDecaySteps`)
  return Object.fromEntries(known.flatMap((key) => (settings[key] === undefined ? [] : [[key, settings[key]]])))
}

function fail(text: string): never {
  throw new ConfigError('SCHEDULE_SETTING', `${where}: ${text}`)
}
