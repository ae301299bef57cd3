import { expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import { type TrainingArguments, trainingArguments, trainingDefaults } from './training-arguments.ts'

test('settings that are not given have their defaults', () => {
  expect(trainingArguments({})).toEqual(trainingDefaults)
  expect(trainingArguments({ epochs: undefined, batchSize: 3 })).toEqual({ ...trainingDefaults, batchSize: 3 })
})

test.each([
  ['loss', false],
  ['eval_loss', false],
  ['accuracy', true],
  ['lossless', true],
])('of %s greater is better: %s, unless said otherwise', (metricForBestModel, greaterIsBetter) => {
  expect(trainingArguments({ metricForBestModel }).greaterIsBetter).toBe(greaterIsBetter)
  expect(trainingArguments({ metricForBestModel, greaterIsBetter: !greaterIsBetter }).greaterIsBetter).toBe(
    !greaterIsBetter,
  )
})

test('epsilon is by default that of the optimizer, unless said otherwise', () => {
  expect(trainingArguments({ optimizer: 'adamw' }).adamEpsilon).toBe(1e-8)
  expect(trainingArguments({ optimizer: 'lamb' }).adamEpsilon).toBe(1e-6)
  expect(trainingArguments({ optimizer: 'lamb', adamEpsilon: 1e-3 }).adamEpsilon).toBe(1e-3)
  expect(trainingArguments({ optimizer: 'adagrad' }).adamEpsilon).toBe(1e-10)
  expect(trainingArguments({ optimizer: 'adafactor' }).adamEpsilon).toBe(1e-30)
  expect(trainingArguments({ optimizer: 'adafactor', adafactorRelativeStep: true }).adamEpsilon).toBe(2 ** -23)
})

test.each(['lamp', 'constructor'])('an unknown optimizer "%s" is refused', (name) => {
  const given = { optimizer: name, adamEpsilon: 1e-8 } as unknown as Partial<TrainingArguments>
  expect(() => trainingArguments(given)).toThrow(ConfigError)
  expect(() => trainingArguments(given)).toThrow(new RegExp(`unknown optimizer "${name}".*known: adamw, lamb`))
})

test('completed settings are taken as they are', () => {
  const schedule = { lrScheduler: 'polynomial', lrSchedulerSettings: { lrEnd: 0.01, power: 2 } } as const
  const given = { optimizer: 'sgd', momentum: 0.9, nesterov: true, learningRate: 0.1, ...schedule } as const
  const args = trainingArguments(given)
  expect(args).toMatchObject(given)
  expect(trainingArguments(args)).toEqual(args)
})

test('an unknown setting is refused with the nearest known one', () => {
  const given = { learningrate: 1 } as Partial<TrainingArguments>
  expect(() => trainingArguments(given)).toThrow(ConfigError)
  expect(() => trainingArguments(given)).toThrow(/"learningrate"; did you mean "learningRate"\?/)
})

const refused: [keyof TrainingArguments, unknown[]][] = [
  ['epochs', [0, -1, Number.NaN, Number.POSITIVE_INFINITY]],
  ['maxSteps', [0, -2, -5, 1.5, Number.NaN, Number.POSITIVE_INFINITY]],
  ['batchSize', [0, -8, 2.5, Number.NaN]],
  ['evalBatchSize', [0]],
  ['tokenBudget', [-1, 0.5]],
  ['gradientAccumulationSteps', [0, 1.5]],
  ['learningRate', [-1e-9, Number.NaN, Number.POSITIVE_INFINITY]],
  ['lrScheduler', ['cosin']],
  ['warmupSteps', [-1, 0.1]],
  ['warmupRatio', [-0.1, 1]],
  ['weightDecay', [-0.01]],
  ['adamBeta1', [1, -0.1, Number.NaN]],
  ['adamBeta2', [1]],
  ['adamEpsilon', [0]],
  ['momentum', [-0.1, 1, Number.NaN]],
  ['dampening', [-0.1, 1]],
  ['adagradLrDecay', [-0.1]],
  ['maxGradNorm', [-1]],
  ['seed', [-1, 0.5]],
  ['evalStrategy', ['epochs']],
  ['evalSteps', [0]],
  ['saveStrategy', ['never']],
  ['saveSteps', [0]],
  ['saveTotalLimit', [-1]],
  ['earlyStoppingPatience', [-1, 0.5]],
  ['earlyStoppingThreshold', [-0.1]],
  ['loggingSteps', [0]],
  ['emaDecay', [-0.1, 1, Number.NaN]],
  ['labelSmoothing', [-0.1, 1.1, Number.NaN]],
  ['focalGamma', [-1, Number.POSITIVE_INFINITY]],
  ['classWeights', ['balance', 3]],
]
test.each(refused.flatMap(([key, values]) => values.map((value) => [key, value] as const)))(
  '%s: %s is refused by name',
  (key, value) => {
    expect(() => trainingArguments({ [key]: value })).toThrow(ConfigError)
    expect(() => trainingArguments({ [key]: value })).toThrow(new RegExp(`^${key} must be .*not ${value}`))
  },
)

test.each([
  [{ earlyStoppingPatience: 1, evalStrategy: 'no' }, 'EARLY_STOPPING'],
  [{ lrScheduler: 'reduce_lr_on_plateau', evalStrategy: 'no' }, 'PLATEAU'],
  [{ lrSchedulerSettings: { power: 2 } }, 'SCHEDULE_SETTING'],
  [{ lrScheduler: 'polynomial', learningRate: 1e-8 }, 'SCHEDULE_SETTING'],
  [{ momentum: 0.9 }, 'OPTIMIZER'],
  [{ optimizer: 'adam', nesterov: true }, 'OPTIMIZER'],
  [{ optimizer: 'sgd', adafactorRelativeStep: true }, 'OPTIMIZER'],
  [{ optimizer: 'sgd', nesterov: true }, 'NESTEROV'],
  [{ loadBestModelAtEnd: true, evalStrategy: 'no' }, 'BEST_MODEL'],
  [{ loadBestModelAtEnd: true, saveStrategy: 'no' }, 'BEST_MODEL'],
] as const)('%o contradict each other', (given, code) => {
  expect(() => trainingArguments(given)).toThrow(expect.objectContaining({ name: 'ConfigError', code }))
})

test('extremes that make sense are taken', () => {
  const given = { epochs: 0.01, learningRate: 0, warmupRatio: 0.99, adamBeta1: 0, maxGradNorm: 0, seed: 0, maxSteps: 1 }
  expect(trainingArguments(given)).toMatchObject(given)
})
