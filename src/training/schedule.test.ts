import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import { type ScheduleName, scheduleFactor } from './schedule.ts'

interface Recorded {
  name: ScheduleName
  warmupSteps: number
  totalSteps: number
  factors: number[]
}

const recorded = JSON.parse(readFileSync(new URL('./schedule.fixture.json', import.meta.url), 'utf8')) as Recorded[]

test.each(recorded)('$name, warmup $warmupSteps of $totalSteps, as transformers', ({ name, factors, ...options }) => {
  factors.forEach((factor, step) => {
    expect(scheduleFactor(name, step, options)).toBeCloseTo(factor, 12)
  })
})

test('an unknown schedule is named with the nearest known one', () => {
  expect(() => scheduleFactor('cosin' as ScheduleName, 0, { warmupSteps: 0, totalSteps: 1 })).toThrow(ConfigError)
  expect(() => scheduleFactor('cosin' as ScheduleName, 0, { warmupSteps: 0, totalSteps: 1 })).toThrow(/"cosine"/)
})
