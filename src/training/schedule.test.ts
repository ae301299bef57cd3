import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import { type ScheduleName, type ScheduleOptions, scheduleFactor, scheduleNames } from './schedule.ts'
import { checkScheduleSettings, type ScheduleSettings } from './schedule-settings.ts'

interface Recorded extends ScheduleOptions {
  name: ScheduleName
  settings: ScheduleSettings
  factors: number[]
}

const recorded = JSON.parse(readFileSync(new URL('./schedule.fixture.json', import.meta.url), 'utf8')) as Recorded[]

test.each(recorded)(
  '$name $settings, warmup $warmupSteps of $totalSteps, as transformers',
  ({ name, factors, ...options }) => {
    expect(checkScheduleSettings(name, options.settings, options.learningRate)).toEqual(options.settings)
    expect(factors).toHaveLength(options.totalSteps)
    factors.forEach((factor, step) => {
      const found = scheduleFactor(name, step, options)
      expect(Math.abs(found - factor)).toBeLessThanOrEqual(1e-12 * Math.abs(factor) + 1e-15)
    })
  },
)

test('every schedule is compared, but the one that evaluations decide', () => {
  const compared = new Set(recorded.map(({ name }) => name))
  expect(scheduleNames.filter((name) => !compared.has(name))).toEqual(['reduce_lr_on_plateau'])
})

const past = { warmupSteps: 2, totalSteps: 6, learningRate: 0.1 }
test.each<[ScheduleName, ScheduleSettings, number]>([
  ['linear', {}, 0],
  ['cosine', {}, 0],
  ['cosine_with_restarts', { numCycles: 2 }, 0],
  ['polynomial', { lrEnd: 0.01 }, 0.1],
  ['cosine_with_min_lr', { minLr: 0.02 }, 0.2],
  ['cosine_with_min_lr', { minLr: 0 }, 0],
  ['warmup_stable_decay', { numDecaySteps: 2, minLrRatio: 0.3 }, 0.3],
])('%s %o ends at its lowest', (name, settings, expected) => {
  expect(scheduleFactor(name, 6, { ...past, settings })).toBeCloseTo(expected, 15)
})

test.each<[ScheduleName, ScheduleSettings, RegExp]>([
  ['linear', { power: 2 }, /"power" is no setting of the schedule linear, which has none$/],
  ['polynomial', { powr: 2 } as ScheduleSettings, /which has lrEnd, power; did you mean "power"\?/],
  ['polynomial', { lrEnd: 0.1 }, /lrEnd \(0.1\) must be below the learning rate \(0.1\)/],
  ['polynomial', { power: -1 }, /power must be a number of at least 0, not -1/],
  ['cosine', { numCycles: 0 }, /numCycles must be a number above 0, not 0/],
  ['cosine', { numCycles: 'many' as unknown as number }, /numCycles must be a number above 0, not many/],
  ['inverse_sqrt', { timescale: 0 }, /timescale must be/],
  ['cosine_with_min_lr', {}, /needs one of minLr and minLrRate/],
  ['cosine_with_min_lr', { minLr: 0.01, minLrRate: 0.1 }, /needs one of minLr and minLrRate/],
  ['cosine_with_min_lr', { minLr: 0.2 }, /minLr \(0.2\) must not be above the learning rate/],
  ['cosine_warmup_with_min_lr', { minLrRate: 0.1, warmupLrRate: 2 }, /warmupLrRate must be a number from 0 to 1/],
  ['warmup_stable_decay', {}, /needs numDecaySteps/],
  ['warmup_stable_decay', { numDecaySteps: 1.5 }, /numDecaySteps must be a whole number/],
  [
    'warmup_stable_decay',
    { numDecaySteps: 1, decayType: 'step' as 'linear' },
    /decayType must be linear, cosine, 1-sqrt/,
  ],
  ['reduce_lr_on_plateau', { factor: 1 }, /factor must be at least 0 and below 1, not 1/],
  ['reduce_lr_on_plateau', { patience: -1 }, /patience must be a whole number/],
  ['reduce_lr_on_plateau', { thresholdMode: 'both' as 'abs' }, /thresholdMode must be rel, abs/],
])('%s refuses %o', (name, settings, text) => {
  expect(() => checkScheduleSettings(name, settings, 0.1)).toThrow(ConfigError)
  expect(() => checkScheduleSettings(name, settings, 0.1)).toThrow(text)
})

test('settings come back in one order, without those that are not given', () => {
  const settings = { patience: 2, minLr: undefined, factor: 0.5 }
  expect(Object.entries(checkScheduleSettings('reduce_lr_on_plateau', settings, 0.1))).toEqual([
    ['factor', 0.5],
    ['patience', 2],
  ])
})

test('an unknown schedule is named with the nearest known one', () => {
  expect(() => scheduleFactor('cosin' as ScheduleName, 0, past)).toThrow(ConfigError)
  expect(() => scheduleFactor('cosin' as ScheduleName, 0, past)).toThrow(/"cosine"/)
})
