import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { initialPlateau, stepPlateau } from './plateau.ts'
import { checkScheduleSettings, type ScheduleSettings } from './schedule-settings.ts'

const recorded: {
  greaterIsBetter: boolean
  settings: ScheduleSettings
  learningRate: number
  /** null is NaN. */
  values: (number | null)[]
  /** After each value: best, bad epochs, cooldown, learning rate. */
  states: [number, number, number, number][]
}[] = JSON.parse(readFileSync(new URL('./plateau.fixture.json', import.meta.url), 'utf8'))

test.each(recorded)(
  '$settings, greater is better: $greaterIsBetter, as PyTorch',
  ({ greaterIsBetter, settings, learningRate, values, states }) => {
    checkScheduleSettings('reduce_lr_on_plateau', settings, learningRate)
    const state = initialPlateau(learningRate, greaterIsBetter)
    values.forEach((value, i) => {
      stepPlateau(state, value ?? Number.NaN, settings, greaterIsBetter)
      const { best, num_bad_epochs, cooldown_counter, last_lr } = state
      expect([best, num_bad_epochs, cooldown_counter, last_lr], `value ${i}`).toEqual(states[i])
    })
  },
)
