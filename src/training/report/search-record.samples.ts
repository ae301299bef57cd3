/** A search for tests of its report: 30 trials of four settings, of which one failed and one has no number. */
import { randomStream } from '../../core/random.ts'
import { type HalvingSettings, lostTrials, nextJob } from '../search/asha.ts'
import { bestTrial, type SearchRecord, type SearchTrial } from '../search/search-record.ts'
import type { SearchSpace } from '../search/space.ts'
import { suggestTrials } from '../search/suggest.ts'

const space: SearchSpace = {
  learningRate: { low: 1e-5, high: 1e-2, log: true },
  batchSize: [8, 16, 32],
  weightDecay: { low: 0, high: 0.1 },
  lrScheduler: ['linear', 'cosine', 'constant_with_warmup'],
}

/** @param trials at most 30 of them are begun */
export function sampleSearch(trials = 30): SearchRecord {
  const rungs = { unit: 'epochs', at: [1, 3, 9] } as const
  const halving: HalvingSettings = { trials, rungs: 3, reductionFactor: 3, greaterIsBetter: true }
  const results: SearchTrial[] = []
  const suggestions = suggestTrials('asha', space, { seed: 11, count: trials })
  for (;;) {
    const job = nextJob(results, halving)
    if (job.type !== 'start' && job.type !== 'promote') break
    if (job.type === 'start') results.push(begun(results.length + 1, suggestions[results.length]))
    const trial = results[job.type === 'start' ? results.length - 1 : job.trial]
    train(trial, rungs.at[trial.values.length])
    for (const lost of lostTrials(results, halving)) results[lost].status = 'stopped'
  }
  const record: SearchRecord = {
    space,
    method: 'asha',
    seed: 11,
    trials,
    objective: 'accuracy',
    greaterIsBetter: true,
    rungs,
    reductionFactor: 3,
    settings: { train: 'reviews.csv', eval: 'dev.csv', model: 'bert-mini', epochs: 9, metricForBestModel: 'accuracy' },
    results,
    best: null,
    seconds: 1234,
  }
  return { ...record, best: bestTrial(record)?.number ?? null }
}

const begun = (number: number, settings: SearchTrial['settings']): SearchTrial => ({
  ...{ number, settings, status: 'running', values: [], evaluations: [], metrics: {}, steps: 0, seconds: 0 },
})

function train(trial: SearchTrial, to: number): void {
  if (trial.number === 7) {
    trial.status = 'failed'
    trial.error = { code: 'DIVERGED', message: 'Loss or gradients have been no finite numbers for 10 steps in a row.' }
    return
  }
  for (let epoch = trial.evaluations.length + 1; epoch <= to; epoch++) {
    const value = trial.number === 4 ? Number.NaN : accuracy(trial, epoch)
    trial.evaluations.push({ step: 120 * epoch, epoch, value })
  }
  const { value } = trial.evaluations[to - 1]
  trial.values.push(value)
  const half = 1.96 * Math.sqrt((value * (1 - value)) / 872)
  trial.metrics = {
    accuracy: { value, low: value - half, high: value + half },
    f1: { value: value - 0.01, low: value - 0.01 - half, high: value - 0.01 + half },
    loss: { value: 1.3 * (1 - value), low: 1.2 * (1 - value), high: 1.4 * (1 - value) },
  }
  trial.steps = 120 * to
  trial.seconds = 7.3 * to
  trial.status = trial.values.length === 3 ? 'done' : 'paused'
}

function accuracy({ settings, number }: SearchTrial, epoch: number): number {
  const away = Math.abs(Math.log10(settings.learningRate!) + 3.5)
  const luck = 0.01 * randomStream(number, 'luck', epoch).normal()
  return 0.5 + 0.42 * Math.exp(-away) * (1 - Math.exp(-epoch / 1.5)) + luck
}
