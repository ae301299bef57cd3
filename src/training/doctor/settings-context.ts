import type { Finding } from '../../data/doctor/index.ts'
import type { TrainingArguments } from '../training-arguments.ts'

/** Whether the encoder starts from random weights, from trained ones, or keeps those and has adapters trained. */
export type EncoderStart = 'random' | 'trained' | 'adapted'

/** What checks of settings look at. */
export interface SettingsContext {
  args: TrainingArguments
  start: EncoderStart
  trainExamples: number
  /** Optimiser steps of the run, as far as examples tell: one item each, batches by count. */
  steps: number
}

/** A check of settings: one file each, listed in settings-checks.ts. */
export interface SettingsCheck {
  readonly name: string
  run(context: SettingsContext): Finding[]
}

export function settingsContext(options: Omit<SettingsContext, 'steps'>): SettingsContext {
  const { maxSteps, batchSize, gradientAccumulationSteps, epochs } = options.args
  const batches = Math.ceil(options.trainExamples / batchSize)
  const steps = maxSteps > 0 ? maxSteps : Math.ceil(Math.ceil(batches / gradientAccumulationSteps) * epochs)
  return { ...options, steps }
}

/** 0.00005 as `5e-5`, 0.05 as it is. */
export const rateText = (rate: number): string => (rate !== 0 && rate < 1e-3 ? rate.toExponential() : String(rate))
