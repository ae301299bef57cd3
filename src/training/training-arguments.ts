import { ConfigError, didYouMean } from '../core/errors.ts'
import { type CourseSettings, checkCourseSettings, courseDefaults } from './course-settings.ts'
import { checkLossSettings, type LossSettings, lossDefaults } from './loss-settings.ts'
import { lowerIsBetter } from './metric-direction.ts'
import { defaultEpsilon, type OptimizerName } from './optimizers/registry.ts'
import { checkNesterov } from './optimizers/sgd.ts'
import { checkParameterSettings, type ParameterSettings, parameterDefaults } from './parameter-settings.ts'
import { checkReportSettings, type ReportSettings, reportDefaults } from './report-settings.ts'
import { type ScheduleName, scheduleNames } from './schedule.ts'
import { checkScheduleSettings, type ScheduleSettings } from './schedule-settings.ts'

/** When to evaluate or save. */
export type Strategy = 'no' | 'steps' | 'epoch'

/** Settings of a training run, named as in transformers' TrainingArguments, in TypeScript's case. */
export interface TrainingArguments extends ParameterSettings, LossSettings, CourseSettings, ReportSettings {
  /** Passes over the training data; default 3. */
  epochs: number
  /** Stop after so many optimiser steps; -1 (default): as many as the epochs have. */
  maxSteps: number
  /** Sequences a batch; default 8. */
  batchSize: number
  /** Sequences an evaluation batch; default 32. */
  evalBatchSize: number
  /** Also end a batch when it holds so many tokens; 0 (default): no limit. */
  tokenBudget: number
  /** The same as the `trainSamplingStrategy` `group_by_length`; default false. */
  groupByLength: boolean
  /** Batches whose gradients are added up to one step; default 1. */
  gradientAccumulationSteps: number
  /** Highest learning rate; default 5e-5. */
  learningRate: number
  /** Default `linear`. */
  lrScheduler: ScheduleName
  /** What the schedule is set by besides, such as `{ power: 2 }` of `polynomial`; default: each setting's own. */
  lrSchedulerSettings: ScheduleSettings
  /** Steps of warmup; default 0. */
  warmupSteps: number
  /** Share of all steps that is warmup, used if `warmupSteps` is 0; default 0. */
  warmupRatio: number
  /** Decay of all weights but biases and LayerNorm; default 0. In Adam, SGD and Adagrad it is a part of the gradient. */
  weightDecay: number
  /** Default `adamw`; `lamb` is for large batches, `adafactor` needs little memory, as `sgd` does. */
  optimizer: OptimizerName
  /** Moment decay rates of AdamW, Adam and LAMB; defaults 0.9, 0.999. */
  adamBeta1: number
  adamBeta2: number
  /** The optimiser's epsilon; default that of its reference: 1e-8, LAMB 1e-6, Adagrad 1e-10, Adafactor 1e-30 or 2^-23. */
  adamEpsilon: number
  /** Of SGD: share of the last step that is taken again, and of the gradient that is then left out; defaults 0. */
  momentum: number
  dampening: number
  /** Nesterov's momentum in SGD; default false. */
  nesterov: boolean
  /** Of Adagrad: step t divides the learning rate by 1 + (t - 1) times this; default 0. */
  adagradLrDecay: number
  /**
   * Of Adafactor: steps relative to the weights and of at most 1 / sqrt(t), as torch.optim.Adafactor; default false: of the
   * learning rate, as transformers' Trainer has it.
   */
  adafactorRelativeStep: boolean
  /** Gradients are scaled down to this norm; 0: never; default 1. */
  maxGradNorm: number
  /** Decides everything random; default 42. */
  seed: number
  /** When to evaluate; default `epoch` if there is evaluation data. */
  evalStrategy: Strategy
  /** Steps between evaluations with strategy `steps`; default 500. */
  evalSteps: number
  /** When to save a checkpoint; `best`: after each evaluation that is the best so far; default `epoch`. */
  saveStrategy: Strategy | 'best'
  /** Steps between checkpoints with strategy `steps`; default 500. */
  saveSteps: number
  /** Also save when so many minutes have passed since the last checkpoint; 0 (default): do not. */
  saveMinutes: number
  /** Keep only so many checkpoints; the best and the newest always stay; 0: all; default 2. */
  saveTotalLimit: number
  /** End with the weights of the best evaluation rather than the last; default false. */
  loadBestModelAtEnd: boolean
  /** Which metric says what is best; default `loss`. */
  metricForBestModel: string
  /** Default: false for `loss` and other errors such as `mse` and `hamming_loss`, true for all others. */
  greaterIsBetter: boolean
  /** Stop after so many evaluations without improvement; 0 (default): never. */
  earlyStoppingPatience: number
  /** Improvement that counts; default 0. */
  earlyStoppingThreshold: number
  /** Steps between entries of the log; default 10. */
  loggingSteps: number
  /** Apply dropout as the model's config says; default true. */
  dropout: boolean
  /**
   * Compute each layer a second time in the backward pass instead of keeping its activations: less memory, more time, the same
   * result; default false.
   */
  recompute: boolean
}

/** Every setting with its default. */
export const trainingDefaults: Readonly<TrainingArguments> = {
  epochs: 3,
  maxSteps: -1,
  batchSize: 8,
  evalBatchSize: 32,
  tokenBudget: 0,
  groupByLength: false,
  gradientAccumulationSteps: 1,
  learningRate: 5e-5,
  lrScheduler: 'linear',
  lrSchedulerSettings: {},
  warmupSteps: 0,
  warmupRatio: 0,
  weightDecay: 0,
  optimizer: 'adamw',
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  momentum: 0,
  dampening: 0,
  nesterov: false,
  adagradLrDecay: 0,
  adafactorRelativeStep: false,
  maxGradNorm: 1,
  seed: 42,
  evalStrategy: 'epoch',
  evalSteps: 500,
  saveStrategy: 'epoch',
  saveSteps: 500,
  saveMinutes: 0,
  saveTotalLimit: 2,
  loadBestModelAtEnd: false,
  metricForBestModel: 'loss',
  greaterIsBetter: false,
  earlyStoppingPatience: 0,
  earlyStoppingThreshold: 0,
  loggingSteps: 10,
  dropout: true,
  recompute: false,
  ...parameterDefaults,
  ...lossDefaults,
  ...courseDefaults,
  ...reportDefaults,
}

const wholeFrom: Partial<Record<keyof TrainingArguments, number>> = {
  batchSize: 1,
  evalBatchSize: 1,
  tokenBudget: 0,
  gradientAccumulationSteps: 1,
  warmupSteps: 0,
  seed: 0,
  evalSteps: 1,
  saveSteps: 1,
  saveTotalLimit: 0,
  earlyStoppingPatience: 0,
  loggingSteps: 1,
}

const atLeastZero: (keyof TrainingArguments)[] = [
  'saveMinutes',
  'learningRate',
  'warmupRatio',
  'weightDecay',
  'adagradLrDecay',
  'maxGradNorm',
  'earlyStoppingThreshold',
]

/** Settings of one optimiser, which no other has. */
const ofOptimizer: Partial<Record<keyof TrainingArguments, OptimizerName>> = {
  momentum: 'sgd',
  dampening: 'sgd',
  nesterov: 'sgd',
  adagradLrDecay: 'adagrad',
  adafactorRelativeStep: 'adafactor',
}

/**
 * Completes settings with defaults and checks them.
 * @param hasEval whether there is evaluation data; without any, `evalStrategy` is `no` by default and may be nothing else
 * @throws ConfigError naming the setting
 */
export function trainingArguments(
  settings: Partial<TrainingArguments>,
  { hasEval = true }: { hasEval?: boolean } = {},
): TrainingArguments {
  const given: Partial<TrainingArguments> = { ...(!hasEval && { evalStrategy: 'no' }), ...settings }
  for (const key of Object.keys(given)) {
    if (!(key in trainingDefaults)) {
      throw new ConfigError(
        'UNKNOWN_ARGUMENT',
        `unknown training argument "${key}"${didYouMean(key, Object.keys(trainingDefaults))}`,
      )
    }
  }
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const metric = given.metricForBestModel ?? trainingDefaults.metricForBestModel
  const args: TrainingArguments = {
    ...trainingDefaults,
    greaterIsBetter: !lowerIsBetter(metric),
    adamEpsilon: defaultEpsilon(given.optimizer ?? trainingDefaults.optimizer, {
      relativeStep: given.adafactorRelativeStep ?? trainingDefaults.adafactorRelativeStep,
    }),
    ...defined,
  }
  for (const [key, least] of Object.entries(wholeFrom)) {
    const value = args[key as keyof TrainingArguments] as number
    if (!Number.isInteger(value) || value < least) fail(key, `a whole number of at least ${least}`, value)
  }
  for (const key of atLeastZero) {
    const value = args[key] as number
    if (!(value >= 0 && Number.isFinite(value))) fail(key, 'a number of at least 0', value)
  }
  for (const key of ['epochs', 'adamEpsilon'] as const) {
    if (!(args[key] > 0 && Number.isFinite(args[key]))) fail(key, 'a number above 0', args[key])
  }
  for (const key of ['adamBeta1', 'adamBeta2', 'momentum', 'dampening'] as const) {
    if (!(args[key] >= 0 && args[key] < 1)) fail(key, 'at least 0 and below 1', args[key])
  }
  for (const [key, optimizer] of Object.entries(ofOptimizer)) {
    const name = key as keyof TrainingArguments
    if (args[name] !== trainingDefaults[name] && args.optimizer !== optimizer)
      throw new ConfigError('OPTIMIZER', `${key} is a setting of the optimizer ${optimizer}, not of ${args.optimizer}`)
  }
  checkNesterov(args)
  if (args.warmupRatio >= 1) fail('warmupRatio', 'below 1', args.warmupRatio)
  if (!Number.isInteger(args.maxSteps) || (args.maxSteps < 1 && args.maxSteps !== -1)) {
    fail('maxSteps', 'a whole number of at least 1, or -1 for no limit', args.maxSteps)
  }
  if (!['no', 'steps', 'epoch'].includes(args.evalStrategy))
    fail('evalStrategy', 'no, steps or epoch', args.evalStrategy)
  if (!['no', 'steps', 'epoch', 'best'].includes(args.saveStrategy)) {
    fail('saveStrategy', 'no, steps, epoch or best', args.saveStrategy)
  }
  if (!scheduleNames.includes(args.lrScheduler))
    fail('lrScheduler', `one of ${scheduleNames.join(', ')}`, args.lrScheduler)
  args.lrSchedulerSettings = checkScheduleSettings(args.lrScheduler, args.lrSchedulerSettings, args.learningRate)
  if (args.lrScheduler === 'reduce_lr_on_plateau' && args.evalStrategy === 'no') {
    throw new ConfigError('PLATEAU', 'reduce_lr_on_plateau needs evaluations: set evalStrategy to epoch or steps')
  }
  if (args.earlyStoppingPatience > 0 && args.evalStrategy === 'no') {
    throw new ConfigError(
      'EARLY_STOPPING',
      'earlyStoppingPatience needs evaluations: set evalStrategy to epoch or steps',
    )
  }
  if (args.loadBestModelAtEnd && (args.evalStrategy === 'no' || args.saveStrategy === 'no')) {
    throw new ConfigError(
      'BEST_MODEL',
      'loadBestModelAtEnd needs evaluations and checkpoints: set evalStrategy and saveStrategy',
    )
  }
  if (args.evalStrategy !== 'no' && !hasEval) {
    throw new ConfigError('NO_EVAL_DATA', `evalStrategy is ${args.evalStrategy}, but there is no evaluation data`)
  }
  checkParameterSettings(args)
  checkLossSettings(args)
  checkCourseSettings(args)
  checkReportSettings(args)
  if (args.groupByLength && args.trainSamplingStrategy === 'sequential') {
    throw new ConfigError('SAMPLING', 'groupByLength and the trainSamplingStrategy sequential contradict each other')
  }
  if (args.evalStrategy === 'no' && (args.evalOnStart || args.saveStrategy === 'best')) {
    const name = args.evalOnStart ? 'evalOnStart' : 'saveStrategy best'
    throw new ConfigError('NO_EVALUATION', `${name} needs evaluations: set evalStrategy to epoch or steps`)
  }
  return args
}

/** The metric that says what is best, as evaluations name it: `metricForBestModel` may carry the log's `eval_` in front. */
export const bestMetricName = ({ metricForBestModel }: TrainingArguments): string =>
  metricForBestModel.replace(/^eval_/, '')

function fail(key: string, expected: string, value: unknown): never {
  throw new ConfigError('ARGUMENT', `${key} must be ${expected}, not ${value}`)
}
