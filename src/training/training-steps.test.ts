import { describe, expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import type { BatchContext } from '../data/loader.ts'
import type { ModelBatch } from '../models/batch-inputs.ts'
import { type TrainingArguments, trainingArguments } from './training-arguments.ts'
import { type TrainingPhase, TrainingSteps } from './training-steps.ts'

type Made = { items: readonly number[]; context: BatchContext }

/** Steps over phases whose items are numbers; a batch is its items and its context. */
function plan(phases: TrainingPhase<number>[], args: Partial<TrainingArguments>): TrainingSteps<number> {
  const maker = {
    length: () => 1,
    collate: (items: readonly number[], context: BatchContext) => ({ items, context }) as unknown as ModelBatch,
  }
  return new TrainingSteps(phases, maker, trainingArguments({ batchSize: 2, ...args }, { hasEval: false }))
}

async function stepsOf(steps: TrainingSteps<number>, start = 0, end = steps.total) {
  const found: { items: number[][]; contexts: string[]; epoch: number; epochEnd: boolean }[] = []
  for await (const { batches, epoch, epochEnd } of steps.between(start, end)) {
    const made = batches as unknown as Made[]
    const contexts = made.map(({ context }) => `${context.epoch}.${context.batch}`)
    found.push({ items: made.map(({ items }) => [...items]), contexts, epoch, epochEnd })
  }
  return found
}

const short = [1, 2, 3, 4, 5, 6, 7]
const long = [101, 102, 103]

describe('two phases', () => {
  test('share the steps, each with its own items, batch size and batches a step', async () => {
    const phases = [
      { items: short, share: 0.7 },
      { items: long, share: 0.3, batchSize: 1, gradientAccumulationSteps: 2 },
    ]
    const steps = plan(phases, { maxSteps: 9 })
    expect(steps).toMatchObject({ total: 9, items: 10, accumulate: true })
    const all = await stepsOf(steps)
    expect(all.map(({ items }) => items.map((batch) => batch.length))).toEqual([
      ...[[2], [2], [2], [1], [2], [2]], // 0.7 * 9 rounded
      ...[[1, 1], [1], [1, 1]],
    ])
    expect(
      all
        .slice(0, 4)
        .flatMap(({ items }) => items.flat())
        .sort(),
    ).toEqual(short)
    expect(
      all
        .slice(6, 8)
        .flatMap(({ items }) => items.flat())
        .sort(),
    ).toEqual(long)
    // 1.5 passes of the first, then 1.5 of the second, and no pass has the number of another.
    expect(all.map(({ epoch }) => epoch)).toEqual([0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3])
    expect(all.map(({ epochEnd }) => epochEnd)).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 0].map(Boolean))
    const contexts = all.flatMap(({ contexts }) => contexts)
    expect(contexts).toEqual([...['0.0', '0.1', '0.2', '0.3', '1.0', '1.1'], ...['2.0', '2.1', '2.2', '3.0', '3.1']])
    expect(steps.epochs).toBe(3)
  })

  test('share the epochs if the steps are not given', async () => {
    const phases = [
      { items: short, share: 0.5 },
      { items: long, share: 0.5 },
    ]
    const all = await stepsOf(plan(phases, { epochs: 3 }))
    // 1.5 of 4 steps each, then 1.5 of 2.
    expect(all.map(({ items }) => items.flat()[0] > 100)).toEqual([...Array(6).fill(false), ...Array(3).fill(true)])
  })

  test('go on from any step to any other', async () => {
    const phases = [
      { items: short, share: 0.5 },
      { items: long, share: 0.5 },
    ]
    const steps = plan(phases, { maxSteps: 10, gradientAccumulationSteps: 3 })
    const all = await stepsOf(steps)
    for (let start = 0; start <= 10; start++) {
      for (let end = start; end <= 10; end++) expect(await stepsOf(steps, start, end)).toEqual(all.slice(start, end))
    }
  })
})

test.each([
  ['shares of less than 1', [0.5, 0.4]],
  ['shares of more than 1', [0.5, 0.6]],
  ['a share of 0', [0, 1]],
  ['a share below 0', [-1, 2]],
  ['a share that is no number', [Number.NaN, 1]],
])('%s are refused', (_, shares) => {
  const phases = shares.map((share) => ({ items: short, share }))
  expect(() => plan(phases, { maxSteps: 9 })).toThrow(ConfigError)
  expect(() => plan(phases, { maxSteps: 9 })).toThrow(/add up to 1/)
})

test('a phase without a step, without items, or with no whole batch size is refused', () => {
  const two = (share: number, more: object = {}) => [
    { items: short, share: 1 - share },
    { items: long, share, ...more },
  ]
  expect(() => plan(two(0.01), { maxSteps: 9 })).toThrow(/phase 2 has no step/)
  expect(() => plan(two(0.5, { items: [] }), { maxSteps: 9 })).toThrow(/no items/)
  expect(() => plan(two(0.5, { batchSize: 1.5 }), { maxSteps: 9 })).toThrow(ConfigError)
  expect(() => plan(two(0.5, { gradientAccumulationSteps: 0 }), { maxSteps: 9 })).toThrow(/gradientAccumulationSteps/)
})
