import { describe, expect, test } from 'vitest'
import { randomStream } from '../../core/random.ts'
import {
  expectedWork,
  type HalvingSettings,
  lostTrials,
  nextJob,
  type RungTrial,
  rankTrials,
  rungsUpTo,
  type TrialStatus,
} from './asha.ts'

interface Trial extends RungTrial {
  status: TrialStatus
  values: number[]
}

/** Runs a search with one worker. @returns its jobs, `S` a start and `P` a promotion with the trial's number from 1 on */
function simulate(
  settings: HalvingSettings,
  valueAt: (trial: number, rung: number) => number | 'fails',
  { dropLost = true } = {},
): { jobs: string[]; trials: Trial[] } {
  const trials: Trial[] = []
  const jobs: string[] = []
  for (;;) {
    const job = nextJob(trials, settings)
    if (job.type === 'end' || job.type === 'wait') return { jobs, trials }
    const index = job.type === 'start' ? trials.length : job.trial
    if (job.type === 'start') trials.push({ status: 'paused', values: [] })
    jobs.push(`${job.type === 'start' ? 'S' : 'P'}${index + 1}`)
    const trial = trials[index]
    const value = valueAt(index, trial.values.length)
    if (value === 'fails') trial.status = 'failed'
    else trial.values.push(value)
    if (trial.values.length === settings.rungs) trial.status = 'done'
    if (dropLost) for (const lost of lostTrials(trials, settings)) trials[lost].status = 'stopped'
  }
}

const settings = { trials: 9, rungs: 3, reductionFactor: 3, greaterIsBetter: true }

describe('what is promoted, worked out by hand', () => {
  const values = [[0.5], [0.6, 0.8, 0.9], [0.4], [0.7, 0.75], [0.3], [0.65, 0.7], [0.1], [0.2], [0.9, 0.72]]

  test('nine trials and three rungs', () => {
    const { jobs, trials } = simulate(settings, (trial, rung) => values[trial][rung])
    // Of 3 at the lowest rung 1 goes on, of 6 two, of 9 three; the fourth is the best of four; of 3 at the second rung 1 goes on.
    expect(jobs.join(' ')).toBe('S1 S2 S3 P2 S4 P4 S5 S6 P6 P2 S7 S8 S9 P9')
    expect(trials.map(({ status }) => status).filter((status) => status === 'done')).toHaveLength(1)
    expect(rankTrials(trials, true).map((trial) => trial + 1)).toEqual([2, 4, 9, 6, 1, 3, 5, 8, 7])
  })

  test('less is better', () => {
    const { jobs } = simulate({ ...settings, greaterIsBetter: false }, (trial, rung) => -values[trial][rung])
    expect(jobs.join(' ')).toBe('S1 S2 S3 P2 S4 P4 S5 S6 P6 P2 S7 S8 S9 P9')
  })

  test('a failure counts as the worst at the rung that it did not reach, and is not promoted', () => {
    const { jobs, trials } = simulate({ ...settings, trials: 6 }, (trial, rung) =>
      trial === 0 || (trial === 3 && rung === 1) ? 'fails' : values[trial][rung],
    )
    // With the fourth the second rung has 2, failures included; with the sixth 3, of which the second trial goes on.
    expect(jobs.join(' ')).toBe('S1 S2 S3 P2 S4 P4 S5 S6 P6 P2')
    expect(rankTrials(trials, true).map((trial) => trial + 1)).toEqual([2, 6, 3, 5, 4, 1])
  })

  test('few trials: the best goes on to the end', () => {
    const { jobs } = simulate({ ...settings, trials: 2 }, (trial, rung) => values[trial][rung])
    expect(jobs.join(' ')).toBe('S1 S2 P2 P2')
  })

  test('what is no number loses', () => {
    const { jobs } = simulate({ ...settings, trials: 3 }, (trial) => (trial === 1 ? 0.1 : Number.NaN))
    expect(jobs.join(' ')).toBe('S1 S2 S3 P2 P2')
    expect(simulate({ ...settings, trials: 3 }, () => Number.NaN).jobs).toEqual(['S1', 'S2', 'S3'])
  })

  test('one rung: every trial is trained to its end', () => {
    const { jobs } = simulate({ ...settings, rungs: 1, trials: 3 }, (trial) => trial)
    expect(jobs).toEqual(['S1', 'S2', 'S3'])
  })

  test('a worker waits for others where their trials may be promoted', () => {
    const trials: RungTrial[] = [
      { status: 'paused', values: [0.5] },
      { status: 'running', values: [] },
    ]
    expect(nextJob(trials, { ...settings, trials: 2 })).toEqual({ type: 'wait' })
    expect(nextJob(trials, settings)).toEqual({ type: 'start' })
  })
})

describe('a function whose best is known', () => {
  const rungs = [1, 3, 9, 27]
  const halving = { trials: 81, rungs: rungs.length, reductionFactor: 3, greaterIsBetter: false }
  // Least at 1e-3; longer training and luck change the loss, less so as it goes on.
  const places = Array.from({ length: halving.trials }, (_, i) => -5 + 4 * randomStream(7, 'place', i).uniform())
  const loss = (trial: number, rung: number) =>
    (places[trial] + 3) ** 2 + 1 / rungs[rung] + (0.2 / rungs[rung]) * randomStream(7, 'luck', trial, rung).normal()

  test('is found with a part of the training', () => {
    const { jobs, trials } = simulate(halving, loss)
    const best = rankTrials(trials, false)[0]
    const nearest = places.reduce((a, b) => (Math.abs(b + 3) < Math.abs(a + 3) ? b : a))
    expect(Math.abs(places[best] + 3)).toBeLessThan(0.15)
    expect(Math.abs(nearest + 3)).toBeLessThan(0.15)
    const work = trials.reduce((sum, { values }) => sum + rungs[values.length - 1], 0)
    expect(work).toBeLessThan(0.25 * halving.trials * 27)
    // 81 x 1, 27 x 2, 9 x 6, 3 x 18 if nobody is overtaken.
    expect(expectedWork([], rungs, halving)).toBe(81 + 54 + 54 + 54)
    expect(expectedWork(trials, rungs, halving)).toBe(work)
    expect(jobs.length).toBeGreaterThanOrEqual(81 + 27 + 9 + 3)
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'trials that are given up are those that would never be promoted, seed %i',
    (seed) => {
      const random = (trial: number, rung: number) => {
        const stream = randomStream(seed, 'curve', trial, rung)
        return stream.uniform() < 0.05 ? ('fails' as const) : stream.uniform()
      }
      const some = { ...halving, trials: 30 + seed, reductionFactor: 2 + (seed % 3) }
      const { jobs } = simulate(some, random)
      expect(jobs).toEqual(simulate(some, random, { dropLost: false }).jobs)
    },
  )
})

describe('rungs', () => {
  test.each([
    [9, 1, 3, [1, 3, 9]],
    [10, 1, 3, [1, 3, 10]],
    [5, 1, 3, [2, 5]],
    [18, 1, 3, [2, 6, 18]],
    [3, 1, 3, [1, 3]],
    [1000, 37, 3, [37, 111, 333, 1000]],
    [1000, 40, 3, [111, 333, 1000]],
    [16, 2, 4, [4, 16]],
    [16, 4, 2, [4, 8, 16]],
  ])('up to %i from %i by %i', (max, min, reductionFactor, expected) => {
    expect(rungsUpTo(max, { min, reductionFactor })).toEqual(expected)
  })

  test.each([
    [2, 1, 3, /at least 3 \(1 x 3\) to halve in, not 2/],
    [2.5, 1, 2, /whole length .* not 2.5/],
    [9, 0, 3, /minLength must be a whole number of at least 1, not 0/],
    [9, 1, 1, /reductionFactor must be a whole number of at least 2, not 1/],
  ])('up to %d from %d by %d is refused', (max, min, reductionFactor, message) => {
    expect(() => rungsUpTo(max, { min, reductionFactor })).toThrow(message)
  })
})
