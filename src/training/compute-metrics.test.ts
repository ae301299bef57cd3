import { expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import { type ComputeMetrics, ownMetrics } from './compute-metrics.ts'
import { defineTask, type FinetuneTask } from './tasks/finetune-task.ts'
import { type prepare, run } from './trainer.samples.ts'

const taken = { accuracy: 0.5 }
const compute = (answer: unknown) => ownMetrics((() => answer) as ComputeMetrics<unknown>, {}, taken)

test('numbers by name are taken, later or at once; without a function there are none', async () => {
  expect(await compute({ cost: 3, 'f0.5': Number.NaN })).toEqual({ cost: 3, 'f0.5': Number.NaN })
  expect(await compute(Promise.resolve({ cost: 3 }))).toEqual({ cost: 3 })
  expect(await compute({})).toEqual({})
  expect(await ownMetrics(undefined, {}, taken)).toEqual({})
})

test.each([
  [undefined, /must return numbers by name, such as { cost: 0.5 }, not undefined/],
  [3, /by name, .*not 3/],
  [[3], /not a list/],
  [{ cost: '3' }, /"cost" is a string/],
  [{ cost: null }, /"cost" is null/],
  [{ cost: undefined }, /"cost" is undefined/],
  [{ accuracy: 1 }, /returned "accuracy", which every evaluation has already: choose another name/],
  [{ loss: 1 }, /"loss"/],
  [{ runtime: 1 }, /"runtime"/],
  [{ eval_cost: 1 }, /without eval_, .*not "eval_cost"/],
  [{ 'my cost': 1 }, /not "my cost"/],
])('%o is refused', async (answer, message) => {
  await expect(compute(answer)).rejects.toThrow(ConfigError)
  await expect(compute(answer)).rejects.toThrow(message)
})

/** A task that predicts the items themselves. */
const { evaluate } = defineTask({
  predict: async (_model: unknown, items: readonly number[]) => ({ items, loss: 1 }),
  metrics: () => ({ accuracy: 0.5 }),
  metricNames: ['accuracy'],
} as unknown as FinetuneTask<unknown, never, { items: readonly number[]; loss: number }>) as unknown as {
  evaluate: NonNullable<Parameters<typeof prepare>[0]['task']>['evaluate']
}

test('in a run they stand in log and events, and may say what is best', async () => {
  const costs = [3, 1, 2]
  const { state, events } = await run({
    args: { epochs: 3, metricForBestModel: 'cost', greaterIsBetter: false },
    evaluations: [],
    task: { evaluate },
    computeMetrics: (predictions) => ({ cost: costs.shift()! + (predictions as { items: number[] }).items[0] }),
  })
  expect(
    state.log_history.flatMap(({ eval_cost, eval_accuracy }) => (eval_cost ? [[eval_cost, eval_accuracy]] : [])),
  ).toEqual([8, 6, 7].map((cost) => [cost, 0.5]))
  expect(state).toMatchObject({ best_metric: 6, best_global_step: 6 })
  expect(events).toContainEqual(expect.objectContaining({ metrics: { loss: 1, accuracy: 0.5, cost: 8 } }))
})

test('several sets have each their own', async () => {
  const { state } = await run({
    args: { epochs: 1, metricForBestModel: 'german_first', loggingStrategy: 'no' },
    evaluations: [],
    evalItems: { english: [3], german: [4] },
    task: { evaluate },
    computeMetrics: (predictions) => ({ first: (predictions as { items: number[] }).items[0] }),
  })
  expect(state.log_history).toMatchObject([{ eval_english_first: 3 }, { eval_german_first: 4 }])
  expect(state.best_metric).toBe(4)
})

test('a task that would pass over them is told so', async () => {
  const ignoring = run({ args: { epochs: 1 }, evaluations: [1], computeMetrics: () => ({ cost: 1 }) })
  await expect(ignoring).rejects.toThrow("the task's evaluate does not call options.computeMetrics")
})

test('a metric that was not computed cannot say what is best', async () => {
  const missing = run({
    args: { epochs: 1, metricForBestModel: 'costs' },
    evaluations: [],
    task: { evaluate },
    computeMetrics: () => ({ cost: 1 }),
  })
  await expect(missing).rejects.toThrow('"costs" is not computed; there are loss, accuracy, cost')
})
