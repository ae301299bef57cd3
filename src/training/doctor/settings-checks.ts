import { learningRate } from './learning-rate.ts'
import { runLength } from './run-length.ts'
import type { SettingsCheck } from './settings-context.ts'

/** Every check of settings, one line each. */
export const settingsChecks: readonly SettingsCheck[] = [learningRate, runLength]
