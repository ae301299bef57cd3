/** What is best, when it is kept, and when nothing gets better; on a model that computes nothing. */
import { describe, expect, test } from 'vitest'
import { trainerFixture as fixture } from '../../test/trainer-fixture.ts'
import { brief, run } from './trainer.samples.ts'

describe('the best model', () => {
  const losses = [0.5, 0.25, 0.75, 0.5]
  const args = { epochs: 4, loadBestModelAtEnd: true }

  test('is loaded at the end', async () => {
    const { calls, state, events } = await run({ args, evaluations: losses, checkpoints: true })
    expect(calls.slice(-2)).toEqual(['load checkpoint-6', 'finish with 6'])
    const best = { best_metric: 0.25, best_global_step: 6, best_model_checkpoint: 'checkpoint-6' }
    expect(state).toMatchObject({ ...best, global_step: 12 })
    expect(events.flatMap((event) => (event.type === 'evaluate' ? [event.best] : []))).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect(calls.filter((call) => call.startsWith('prune')).at(-1)).toBe('prune to 2, keep checkpoint-6')
  })

  test('is not loaded if it is the last, or not asked for', async () => {
    const last = await run({ args, evaluations: [4, 3, 2, 1], checkpoints: true })
    expect(last.calls.at(-1)).toBe('finish with 12')
    const plain = await run({ args: { epochs: 4 }, evaluations: losses, checkpoints: true })
    expect(plain.calls.at(-1)).toBe('finish with 12')
    expect(plain.state.best_global_step).toBe(6)
  })

  test('is saved when it is found, also between the steps of saving', async () => {
    const { calls } = await run({
      args: { ...args, saveStrategy: 'steps', saveSteps: 5 },
      evaluations: losses,
      checkpoints: true,
    })
    const saves = calls.filter((call) => call.startsWith('save'))
    expect(saves).toEqual(['save 3', 'save 5', 'save 6', 'save 10', 'save 12'])
  })

  test('is judged by the metric that was named', async () => {
    const evaluations = [0.5, 0.75, 0.625, 0.5].map((f1, i) => ({ loss: i, f1 }))
    const { state } = await run({
      args: { ...args, metricForBestModel: 'eval_f1' },
      evaluations,
      checkpoints: true,
    })
    expect(state).toMatchObject({ best_metric: 0.75, best_global_step: 6 })
  })

  test.each(fixture.saves)(
    'is named only if it was saved, as transformers does: losses $losses, saves every $saveSteps steps',
    async ({ losses, saveSteps, saved }) => {
      const { saves } = await run({
        args: { maxSteps: 12, evalStrategy: 'steps', evalSteps: 2, saveStrategy: 'steps', saveSteps },
        evaluations: losses,
        checkpoints: true,
      })
      expect(saves.map((state) => [state.global_step, state.best_global_step, state.best_model_checkpoint])).toEqual(
        saved,
      )
    },
  )

  test('is named by no checkpoint if none is saved', async () => {
    const { state } = await run({ args: { epochs: 1 }, evaluations: [1] })
    expect(state).toMatchObject({ best_metric: 1, best_global_step: 3, best_model_checkpoint: null })
  })

  test('by a metric that is not computed is an error that names those that are', () =>
    expect(run({ args: { metricForBestModel: 'f2' }, evaluations: [{ loss: 1, f1: 1 }] })).rejects.toThrow(
      /"f2" is not computed; there are loss, f1/,
    ))
})

describe('early stopping', () => {
  test.each(fixture.stops)(
    'as transformers: patience $patience, threshold $threshold, $metrics',
    async ({ metrics, patience, threshold, greaterIsBetter, counters, best, bestMetric, bestStep }) => {
      const { events, state, result } = await run({
        args: {
          maxSteps: metrics.length,
          evalStrategy: 'steps',
          evalSteps: 1,
          metricForBestModel: 'score',
          greaterIsBetter,
          earlyStoppingPatience: patience,
          earlyStoppingThreshold: threshold,
        },
        evaluations: metrics.map((score) => ({ loss: 0, score: score ?? Number.NaN })),
      })
      expect(events.flatMap((event) => (event.type === 'evaluate' ? [event.best] : []))).toEqual(best)
      expect(state).toMatchObject({ global_step: counters.length, best_metric: bestMetric, best_global_step: bestStep })
      expect(state.stateful_callbacks.EarlyStoppingCallback?.attributes.early_stopping_patience_counter).toBe(
        counters.at(-1),
      )
      expect(result.reason).toBe(counters.at(-1)! >= patience ? 'early-stopping' : 'finished')
    },
  )

  test('ends with the best model and says why', async () => {
    const { calls, events } = await run({
      args: { epochs: 9, earlyStoppingPatience: 2, loadBestModelAtEnd: true },
      evaluations: [3, 1, 2, 2],
      checkpoints: true,
    })
    expect(calls.slice(-2)).toEqual(['load checkpoint-6', 'finish with 6'])
    expect(brief(events).at(-1)).toBe('end 12 early-stopping')
  })
})

test('a metric that is not a number is never the best, not even the first', async () => {
  const { state } = await run({ args: { epochs: 3 }, evaluations: [Number.NaN, 2, Number.NaN], checkpoints: true })
  expect(state).toMatchObject({ best_metric: 2, best_global_step: 6 })
})
