import { readFileSync } from 'node:fs'

/** What transformers' Trainer did. */
export const trainerFixture: {
  stateKeys: string[]
  callbackStates: Record<'EarlyStoppingCallback' | 'TrainerControl', { args: object; attributes: object }>
  steps: {
    batches: number
    accumulation: number
    epochs: number
    maxSteps: number
    steps: number
    numTrainEpochs: number
  }[]
  /** States in the checkpoints: their step, the best one's, and the checkpoint that is named the best. */
  saves: { losses: number[]; saveSteps: number; saved: [number, number, string | null][] }[]
  stops: {
    greaterIsBetter: boolean
    patience: number
    threshold: number
    metrics: (number | null)[]
    counters: number[]
    best: boolean[]
    bestMetric: number
    bestStep: number
  }[]
} = JSON.parse(readFileSync(new URL('../src/training/trainer.fixture.json', import.meta.url), 'utf8'))
