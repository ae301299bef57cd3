/** What callbacks are told and may ask for, several evaluation sets, and when a run logs, evaluates and saves. */
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import { brief, prepare, run, stepsOf } from './trainer.samples.ts'
import type { TrainerCallback } from './trainer.ts'

/** Calls `ask` at the event of a type at a step. */
const at =
  (type: string, step: number, ask: (run: Parameters<TrainerCallback>[1]) => void): TrainerCallback =>
  (event, control) => {
    if (event.type === type && 'step' in event && event.step === step) ask(control)
  }

describe('a callback', () => {
  test('is waited for, in order, and sees model, settings and state', async () => {
    const seen: string[] = []
    const slow: TrainerCallback = async (event, { state, args }) => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      seen.push(`${event.type} at ${state.global_step} of batch size ${args.batchSize}`)
    }
    const { events } = await run({ args: { epochs: 1, batchSize: 6, saveStrategy: 'no' }, callbacks: [slow] })
    expect(seen).toEqual([
      'start at 0 of batch size 6',
      ...['step at 1 of batch size 6', 'log at 1 of batch size 6'],
      ...['step at 2 of batch size 6', 'log at 2 of batch size 6', 'epoch-end at 2 of batch size 6'],
      'end at 2 of batch size 6',
    ])
    expect(events.map(({ type }) => type)).toEqual(seen.map((line) => line.split(' ')[0]))
  })

  test('ends the run as if the step were the last: evaluated, saved, the best model loaded', async () => {
    const { events, calls, result } = await run({
      args: { epochs: 9, evalStrategy: 'steps', saveStrategy: 'steps', loadBestModelAtEnd: true, loggingSteps: 9 },
      evaluations: [1],
      checkpoints: true,
      callbacks: [at('step', 4, (control) => control.stop())],
    })
    expect(brief(events).slice(-6)).toEqual([
      ...['log 4 loss', 'evaluate-start 4', 'log 4 eval', 'evaluate 4', 'save 4', 'end 4 stopped'],
    ])
    expect(calls.at(-1)).toBe('finish with 4')
    expect(result).toMatchObject({ reason: 'stopped', steps: 4 })
  })

  test('that stops the last step changes nothing', async () => {
    const { result } = await run({ args: { epochs: 1 }, callbacks: [at('step', 3, (control) => control.stop())] })
    expect(result.reason).toBe('finished')
  })

  test('has an evaluation or a checkpoint out of turn, once', async () => {
    const { events } = await run({
      args: { maxSteps: 9, evalStrategy: 'steps', saveStrategy: 'steps' },
      evaluations: [4, 3],
      checkpoints: true,
      callbacks: [
        at('step', 2, (control) => control.evaluate()),
        at('evaluate', 2, (control) => control.save()),
        at('step', 5, (control) => control.save()),
      ],
    })
    expect(stepsOf(events, 'evaluate')).toEqual([2, 9])
    expect(stepsOf(events, 'save')).toEqual([2, 5, 9])
  })

  test('that asks for an evaluation without data is told so', async () => {
    const asking = run({ callbacks: [at('step', 1, (control) => control.evaluate())] })
    await expect(asking).rejects.toThrow(/no data to evaluate on/)
  })

  test('that fails ends the run with its error', async () => {
    const failing = run({
      callbacks: [
        at('step', 2, () => {
          throw new Error('no more')
        }),
      ],
    })
    await expect(failing).rejects.toThrow('no more')
  })
})

describe('several evaluation sets', () => {
  const evalItems = { english: [1, 2], german: [3] }
  const evaluations = [
    { loss: 3, f1: 0.5 },
    { loss: 2, f1: 0.25 },
    { loss: 4, f1: 0.5 },
    { loss: 1, f1: 0.75 },
  ]

  test('have an entry of the log each and one event, all with their names', async () => {
    const { state, events } = await run({ args: { epochs: 2, loggingStrategy: 'no' }, evalItems, evaluations })
    expect(state.log_history.map((entry) => Object.keys(entry))).toEqual(
      ['english', 'german', 'english', 'german'].map((name) => [
        ...['step', 'epoch', `eval_${name}_loss`, `eval_${name}_f1`, `eval_${name}_runtime`],
        `eval_${name}_samples_per_second`,
      ]),
    )
    const found = events.flatMap((event) => (event.type === 'evaluate' ? [event.metrics] : []))
    expect(found[1]).toEqual({ english_loss: 4, english_f1: 0.5, german_loss: 1, german_f1: 0.75 })
  })

  test.each([
    ['loss', 3, 3], // of the first set
    ['eval_german_loss', 6, 1],
    ['german_f1', 6, 0.75],
  ])('%s says what is best', async (metricForBestModel, best_global_step, best_metric) => {
    const greaterIsBetter = metricForBestModel.endsWith('f1')
    const { state } = await run({ args: { epochs: 2, metricForBestModel, greaterIsBetter }, evalItems, evaluations })
    expect(state).toMatchObject({ best_global_step, best_metric })
  })

  test('have names that metrics can carry, and items', () => {
    const make = (sets: Record<string, number[]>) => () => prepare({ evalItems: sets, evaluations: [1] })
    expect(make({ 'two words': [1] })).toThrow(ConfigError)
    expect(make({ 'two words': [1] })).toThrow(/letters, digits, - and _, not "two words"/)
    expect(make({ empty: [] })).toThrow(/"empty" is empty/)
  })
})

describe('the course of a run', () => {
  const logged = (state: { log_history: { step: number; loss?: number }[] }) =>
    state.log_history.flatMap(({ step, loss }) => (loss === undefined ? [] : [step]))

  test.each([
    [{ loggingSteps: 4 }, [1, 4, 8, 9]],
    [{ loggingSteps: 4, loggingFirstStep: false }, [4, 8, 9]],
    [{ loggingStrategy: 'epoch' }, [1, 3, 6, 9]],
    [{ loggingStrategy: 'epoch', loggingFirstStep: false }, [3, 6, 9]],
    [{ loggingStrategy: 'no' }, []],
  ] as const)('logs with %o', async (args, steps) => {
    const { state } = await run({ args: { epochs: 3, ...args } })
    expect(logged(state)).toEqual(steps)
  })

  test.each([
    [{ evalStrategy: 'steps', evalSteps: 2, evalDelay: 5 }, [6, 8, 9]],
    [{ evalStrategy: 'epoch', evalDelay: 2 }, [6, 9]],
    [{ evalStrategy: 'epoch', evalDelay: 99 }, [9]],
    [{ evalOnStart: true }, [0, 3, 6, 9]],
  ] as const)('evaluates with %o', async (args, steps) => {
    const { events } = await run({ args: { epochs: 3, ...args }, evaluations: [4, 3, 2, 1] })
    expect(stepsOf(events, 'evaluate')).toEqual(steps)
  })

  test('does not count the evaluation before the first step', async () => {
    const { state } = await run({
      args: { epochs: 2, evalOnStart: true, earlyStoppingPatience: 1 },
      evaluations: [0.5, 2, 1],
      checkpoints: true,
    })
    expect(state).toMatchObject({ best_global_step: 6, best_metric: 1, global_step: 6 })
    expect(state.log_history[0]).toMatchObject({ step: 0, eval_loss: 0.5 })
  })

  test('saves the best alone', async () => {
    const { events } = await run({
      args: { epochs: 4, saveStrategy: 'best' },
      evaluations: [2, 3, 1, 1],
      checkpoints: true,
    })
    expect(stepsOf(events, 'save')).toEqual([3, 9])
  })

  test('leaves out a last batch that is not full', async () => {
    const { microBatches, tokens } = await run({
      items: Array(11).fill(1),
      args: { epochs: 2, dataloaderDropLast: true },
    })
    expect(microBatches).toEqual([1, 1, 1, 1])
    expect(tokens).toEqual([4, 4, 4, 4])
  })

  test('has an order of its own with dataSeed', async () => {
    const items = Array.from({ length: 12 }, (_, i) => 2 ** i)
    const tokens = async (args: { seed?: number; dataSeed?: number }) =>
      (await run({ items, args: { epochs: 1, ...args } })).tokens
    expect(await tokens({ seed: 1, dataSeed: 7 })).toEqual(await tokens({ seed: 7 }))
    expect(await tokens({ seed: 7, dataSeed: 1 })).not.toEqual(await tokens({ seed: 7 }))
  })

  test.each([
    [{ evalOnStart: true, evalStrategy: 'no' }, /evalOnStart needs evaluations/],
    [{ saveStrategy: 'best', evalStrategy: 'no' }, /saveStrategy best needs evaluations/],
    [{ saveStrategy: 'last' }, /saveStrategy must be no, steps, epoch or best, not last/],
    [{ loggingStrategy: 'often' }, /loggingStrategy must be no, steps or epoch, not often/],
    [{ evalDelay: -1 }, /evalDelay must be a number of at least 0/],
    [{ dataSeed: 0.5 }, /dataSeed must be a whole number/],
    [{ loggingFirstStep: 1 }, /loggingFirstStep must be true or false, not 1/],
  ])('refuses %o', (args, message) => {
    expect(() => prepare({ args: args as object, evaluations: [1] })).toThrow(message)
  })
})
