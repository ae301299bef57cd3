/** The Trainer's course, on a model that computes nothing; node/resume.test.ts has a real one. */
import { describe, expect, test } from 'vitest'
import { trainerFixture as fixture } from '../../test/trainer-fixture.ts'
import { ConfigError } from '../core/errors.ts'
import { brief, prepare, run, stepsOf } from './trainer.samples.ts'
import type { TrainingArguments } from './training-arguments.ts'

describe('the number of steps', () => {
  test.each(fixture.steps)(
    'of $batches batches, $accumulation a step, $epochs epochs, at most $maxSteps, as transformers',
    async ({ batches, accumulation, epochs, maxSteps, steps, numTrainEpochs }) => {
      const args = { epochs, maxSteps, gradientAccumulationSteps: accumulation }
      const { rates, microBatches, result } = await run({ args, items: Array(batches * 4 - 1).fill(1) })
      expect([rates.length, result.steps, result.state.max_steps]).toEqual([steps, steps, steps])
      expect(result.state.num_train_epochs).toBe(numTrainEpochs)
      // The last step of an epoch takes what is left.
      const epoch = Array.from({ length: Math.ceil(batches / accumulation) }, (_, i) =>
        Math.min(accumulation, batches - i * accumulation),
      )
      expect(microBatches).toEqual(Array.from({ length: steps }, (_, i) => epoch[i % epoch.length]))
    },
  )

  test('with a token budget follows the batches of each epoch', async () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    const { rates, tokens, events, state } = await run({ items, args: { epochs: 4, tokenBudget: 12 } })
    expect(Math.max(...tokens)).toBeLessThanOrEqual(12)
    expect(tokens.reduce((a, b) => a + b)).toBe(4 * 66)
    expect(state).toMatchObject({ num_input_tokens_seen: 4 * 66, max_steps: rates.length, epoch: 4 })
    // Each epoch sees each item once, and its last step is where it ends.
    const ends = events.flatMap((event) => (event.type === 'step' && Number.isInteger(event.epoch) ? [event.step] : []))
    expect(ends).toHaveLength(4)
    ends.forEach((end, i) => {
      const seen = tokens.slice(ends[i - 1] ?? 0, end)
      expect(seen.reduce((a, b) => a + b)).toBe(66)
    })
  })
})

describe('learning rates', () => {
  test.each([
    ['linear', { warmupSteps: 2 }, [0, 0.5, 1, 0.75, 0.5, 0.25]],
    ['linear', { warmupRatio: 0.3 }, [0, 0.5, 1, 0.75, 0.5, 0.25]], // ceil(0.3 * 6) = 2
    ['linear', {}, [1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]],
    ['cosine', { warmupSteps: 2 }, [0, 0.5, ...[0, 1, 2, 3].map((i) => (1 + Math.cos((Math.PI * i) / 4)) / 2)]],
    ['constant', { warmupSteps: 2 }, [1, 1, 1, 1, 1, 1]],
    ['constant_with_warmup', { warmupSteps: 4 }, [0, 0.25, 0.5, 0.75, 1, 1]],
    ['linear', { warmupSteps: 6 }, [0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6]],
  ] as const)('of %s with %o', async (lrScheduler, warmup, factors) => {
    const { rates, events } = await run({ args: { epochs: 2, learningRate: 0.125, lrScheduler, ...warmup } })
    expect(rates).toHaveLength(6)
    for (const [i, rate] of rates.entries()) expect(Math.abs(rate - 0.125 * factors[i])).toBeLessThan(1e-15)
    const told = events.flatMap((event) => (event.type === 'step' ? [event.learningRate] : []))
    expect(told).toEqual(rates)
  })
})

test('the settings of a schedule reach it', async () => {
  const args = { epochs: 2, learningRate: 0.125, lrScheduler: 'polynomial', lrSchedulerSettings: { power: 2 } } as const
  const { rates } = await run({ args })
  rates.forEach((rate, i) => {
    expect(rate).toBeCloseTo((0.125 - 1e-7) * (1 - i / 6) ** 2 + 1e-7, 12)
  })
})

describe('a rate that evaluations decide', () => {
  const settings = {
    args: {
      epochs: 6,
      learningRate: 0.5,
      lrScheduler: 'reduce_lr_on_plateau',
      lrSchedulerSettings: { patience: 1, factor: 0.5 },
      evalStrategy: 'steps',
      evalSteps: 3,
      warmupSteps: 4, // which it does not have, as in transformers
    },
    checkpoints: true,
  } as const

  test('falls when there is no improvement, from the next step on', async () => {
    const { rates, saves } = await run({ ...settings, evaluations: [3, 2, 2, 2, 2, 2] })
    expect(rates).toEqual([...Array(12).fill(0.5), ...Array(6).fill(0.25)])
    expect(saves.map((state) => state.stateful_callbacks.ReduceLROnPlateau)).toEqual(
      [
        [3, 0, 0.5],
        [2, 0, 0.5],
        [2, 1, 0.5],
        [2, 0, 0.25],
        [2, 1, 0.25],
        [2, 0, 0.125],
      ].map(([best, bad, last_lr]) => ({
        args: { factor: 0.5, patience: 1 },
        attributes: { best, num_bad_epochs: bad, cooldown_counter: 0, last_lr },
      })),
    )
  })

  test('follows the metric that decides what is best, and its direction', async () => {
    const args = { ...settings.args, metricForBestModel: 'f1' }
    const evaluations = [1, 2, 3, 3, 2, 1].map((f1) => ({ loss: 1, f1 }))
    const { rates } = await run({ ...settings, args, evaluations })
    expect(rates).toEqual([...Array(15).fill(0.5), ...Array(3).fill(0.25)])
  })
})

test('settings reach the optimiser and the session', async () => {
  const { compiled } = await run({
    args: {
      learningRate: 0.3,
      weightDecay: 0.2,
      adamBeta1: 0.8,
      adamBeta2: 0.95,
      adamEpsilon: 1e-5,
      dropout: false,
      maxGradNorm: 0.5,
      seed: 9,
      gradientAccumulationSteps: 2,
    },
  })
  const optimizer = { learningRate: 0.3, weightDecay: 0.2, betas: [0.8, 0.95], epsilon: 1e-5 }
  expect(compiled).toEqual([
    {
      ...{ optimizer: expect.objectContaining(optimizer), dropout: false, maxGradNorm: 0.5, seed: 9, accumulate: true },
      ...{ recompute: false, loss: undefined },
    },
  ])
})

test.each<[Partial<TrainingArguments>, object]>([
  [
    { optimizer: 'sgd', momentum: 0.9, nesterov: true, learningRate: 0.3 },
    { name: 'sgd', momentum: 0.9, nesterov: true, dampening: 0, learningRate: 0.3 },
  ],
  [{ optimizer: 'sgd', momentum: 0.9, dampening: 0.5 }, { dampening: 0.5 }],
  [
    { optimizer: 'adam', adamBeta2: 0.98, weightDecay: 0.1 },
    { name: 'adam', betas: [0.9, 0.98], weightDecay: 0.1 },
  ],
  [
    { optimizer: 'adagrad', adagradLrDecay: 0.2 },
    { name: 'adagrad', learningRateDecay: 0.2, epsilon: 1e-10 },
  ],
  [{ optimizer: 'adafactor' }, { factored: expect.objectContaining({ relativeStep: false, squareEpsilon: 1e-30 }) }],
  [
    { optimizer: 'adafactor', adafactorRelativeStep: true },
    { factored: expect.objectContaining({ relativeStep: true, epsilon: 2 ** -23 }) },
  ],
])('settings of other optimisers too: %o', async (args, expected) => {
  const { compiled } = await run({ args })
  expect(compiled[0].optimizer).toMatchObject(expected)
})

describe('the log', () => {
  test('has the first step, every loggingSteps and the last, each with the mean loss since the one before', async () => {
    const losses = [6, 1, 2, 3, 4, 5, 9, 10]
    const { state, events, result } = await run({ losses, args: { maxSteps: 8, loggingSteps: 3, learningRate: 1 } })
    expect(state.log_history.map(({ step, loss }) => [step, loss])).toEqual([
      [1, 6],
      [3, 1.5],
      [6, 4],
      [8, 9.5],
    ])
    expect(state.log_history[1]).toEqual({ step: 3, epoch: 1, loss: 1.5, grad_norm: 1, learning_rate: 0.75 })
    expect(events.flatMap((event) => (event.type === 'log' ? [event.entry] : []))).toEqual(state.log_history)
    expect(result.loss).toBe(5)
  })

  test('has every metric of an evaluation', async () => {
    const { state } = await run({ args: { epochs: 1 }, evaluations: [{ loss: 0.5, accuracy: 0.75 }] })
    expect(state.log_history.at(-1)).toEqual({
      step: 3,
      epoch: 1,
      eval_loss: 0.5,
      eval_accuracy: 0.75,
      eval_runtime: expect.any(Number),
      eval_samples_per_second: expect.any(Number),
    })
  })
})

test('events come in order', async () => {
  const { events, calls } = await run({
    args: { epochs: 2, loggingSteps: 2, batchSize: 6 },
    evaluations: [1, 2],
    checkpoints: true,
  })
  expect(brief(events)).toEqual([
    'start at 0 of 4',
    ...['step 1', 'log 1 loss'],
    ...['step 2', 'log 2 loss', 'evaluate-start 2', 'log 2 eval', 'evaluate 2', 'save 2', 'epoch-end 2'],
    ...['step 3'],
    ...['step 4', 'log 4 loss', 'evaluate-start 4', 'log 4 eval', 'evaluate 4', 'save 4', 'epoch-end 4'],
    'end 4 finished',
  ])
  expect(events[0]).toEqual({
    ...{ type: 'start', totalSteps: 4, firstStep: 0, epochs: 2, examples: 12, resumedFrom: undefined },
  })
  const keep = 'prune to 2, keep checkpoint-2'
  expect(calls).toEqual(['begin', 'save 2', keep, 'save 4', keep, 'finish with 4'])
})

describe('evaluating and saving', () => {
  const args = { epochs: 2.5, evalSteps: 3, saveSteps: 4 } // 8 steps
  test.each([
    ['steps', 'steps', [3, 6, 8], [4, 8]],
    ['epoch', 'epoch', [3, 6, 8], [3, 6, 8]],
    ['no', 'steps', [], [4, 8]],
    ['steps', 'no', [3, 6, 8], []],
  ] as const)('by %s and by %s', async (evalStrategy, saveStrategy, evaluated, saved) => {
    const { events } = await run({
      args: { ...args, evalStrategy, saveStrategy },
      evaluations: [1, 2, 3],
      checkpoints: true,
    })
    expect(stepsOf(events, 'evaluate')).toEqual(evaluated)
    expect(stepsOf(events, 'save')).toEqual(saved)
  })

  test('without a store saves nothing', async () => {
    const { events } = await run({ args: { ...args, saveStrategy: 'steps' } })
    expect(stepsOf(events, 'save')).toEqual([])
  })
})

test('a loss that is not a number is a warning behind its step', async () => {
  const { events, calls } = await run({ losses: [1, Number.NaN, 1], args: { epochs: 1 }, checkpoints: true })
  expect(brief(events)).toEqual([
    'start at 0 of 3',
    ...[
      'step 1',
      'log 1 loss',
      'step 2',
      'warning 2',
      'step 3',
      'log 3 loss',
      'save 3',
      'epoch-end 3',
      'end 3 finished',
    ],
  ])
  expect(events.find((event) => event.type === 'warning')).toMatchObject({ message: expect.stringMatching(/NaN/) })
  expect(calls.at(-1)).toBe('finish with 3')
})

describe('a signal', () => {
  test('ends the run after the step under way, with a checkpoint and without an end result', async () => {
    const controller = new AbortController()
    const { events, calls, result } = await run(
      {
        args: { epochs: 3 },
        checkpoints: true,
        onEvent: (event) => event.type === 'step' && event.step === 2 && controller.abort(),
      },
      { signal: controller.signal },
    )
    expect(brief(events).slice(-3)).toEqual(['step 2', 'save 2', 'end 2 aborted'])
    expect(calls).toEqual(['begin', 'save 2', 'prune to 2'])
    expect(result).toMatchObject({ reason: 'aborted', steps: 2 })
  })

  test('lets a due evaluation happen and does not save twice', async () => {
    const controller = new AbortController()
    const { events } = await run(
      {
        args: { epochs: 3 },
        evaluations: [1],
        checkpoints: true,
        onEvent: (event) => event.type === 'evaluate-start' && controller.abort(),
      },
      { signal: controller.signal },
    )
    expect(brief(events).slice(-3)).toEqual(['save 3', 'epoch-end 3', 'end 3 aborted'])
  })

  test('without a store ends the run too', async () => {
    const { events } = await run({ args: { epochs: 3 } }, { signal: AbortSignal.abort() })
    expect(brief(events).at(-1)).toBe('end 1 aborted')
  })
})

describe('trainer_state.json', () => {
  test('has exactly the keys of transformers', async () => {
    const { state } = await run({
      args: { epochs: 1, earlyStoppingPatience: 2, earlyStoppingThreshold: 0.5 },
      evaluations: [1],
    })
    expect(Object.keys(JSON.parse(JSON.stringify(state))).sort()).toEqual(fixture.stateKeys)
    const { EarlyStoppingCallback, TrainerControl } = fixture.callbackStates
    expect(state.stateful_callbacks.EarlyStoppingCallback).toEqual(EarlyStoppingCallback)
    expect(Object.keys(state.stateful_callbacks.TrainerControl)).toEqual(Object.keys(TrainerControl))
    expect(state).toMatchObject({ global_step: 3, epoch: 1, max_steps: 3, train_batch_size: 4, num_train_epochs: 1 })
  })
})

describe('a trainer refuses', () => {
  const settings = (args: Partial<TrainingArguments>, evaluations?: number[]) => () => prepare({ args, evaluations })

  test('evaluation without data', async () => {
    expect(settings({ evalStrategy: 'epoch' })).toThrow(ConfigError)
    expect(settings({ evalStrategy: 'epoch' })).toThrow(/no evaluation data/)
    for (const items of [undefined, []]) {
      const evaluated = prepare({}).trainer.evaluate(items) // rejects, and does not throw here
      await expect(evaluated).rejects.toThrow(/no data to evaluate on/)
    }
  })
  test('to resume from nowhere', async () => {
    const resumed = run({}, { resume: true })
    await expect(resumed).rejects.toThrow(ConfigError)
    await expect(resumed).rejects.toThrow(/resume needs checkpoints .* give the trainer a store/)
  })
  test('to load the best model from nowhere', () => {
    expect(settings({ loadBestModelAtEnd: true }, [1])).toThrow(/needs checkpoints/)
  })
  test('to train on nothing', () => {
    expect(() => prepare({ items: [] })).toThrow(/no items/)
  })
})
