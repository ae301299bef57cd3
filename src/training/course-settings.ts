import { ConfigError } from '../core/errors.ts'

/** The training arguments that decide when a run logs, evaluates and saves beside the common ones, and what guards it. */
export interface CourseSettings {
  /** Log every `loggingSteps` steps, with each epoch, or never; default `steps`. */
  loggingStrategy: 'no' | 'steps' | 'epoch'
  /** Also log the first step; default true. */
  loggingFirstStep: boolean
  /** Steps before the first evaluation with `steps`, epochs with `epoch`; the end of the run is always evaluated; default 0. */
  evalDelay: number
  /** Also evaluate before the first step, for the log alone: that evaluation is never the best; default false. */
  evalOnStart: boolean
  /** Save checkpoints without what resuming needs, at a third of the size with AdamW; default false. */
  saveOnlyModel: boolean
  /**
   * The order of the training data: shuffled in each epoch (default); as it was given; or shuffled so that texts of similar length
   * come into one batch, which makes attention cheaper.
   */
  trainSamplingStrategy: 'random' | 'sequential' | 'group_by_length'
  /** Leave out the last batch of an epoch if it is not full; default false. */
  dataloaderDropLast: boolean
  /** Decides the order of the training data; default `seed`. */
  dataSeed: number | null
  /** Prove before the first step that micro-batches add up to one batch, and stop if they do not; default true. */
  accumulationCheck: boolean
  /** Evaluate and save exponential moving averages of the weights, of which this much stays each step; 0 (default): none. */
  emaDecay: number
  /** When memory runs out, go on with smaller micro-batches and more of them a step; default false. */
  autoMicroBatch: boolean
}

export const courseDefaults: Readonly<CourseSettings> = {
  loggingStrategy: 'steps',
  loggingFirstStep: true,
  evalDelay: 0,
  evalOnStart: false,
  saveOnlyModel: false,
  trainSamplingStrategy: 'random',
  dataloaderDropLast: false,
  dataSeed: null,
  accumulationCheck: true,
  emaDecay: 0,
  autoMicroBatch: false,
}

const samplingStrategies = ['random', 'sequential', 'group_by_length']

const switchNames = [
  ...(['loggingFirstStep', 'evalOnStart', 'saveOnlyModel', 'dataloaderDropLast'] as const),
  ...(['accumulationCheck', 'autoMicroBatch'] as const),
] as const

/** Checks these settings as far as they do not hang on others. @throws ConfigError naming the setting */
export function checkCourseSettings({
  loggingStrategy,
  trainSamplingStrategy,
  evalDelay,
  dataSeed,
  emaDecay,
  ...switches
}: CourseSettings): void {
  const fail = (expected: string) => new ConfigError('ARGUMENT', expected)
  if (!['no', 'steps', 'epoch'].includes(loggingStrategy)) {
    throw fail(`loggingStrategy must be no, steps or epoch, not ${loggingStrategy}`)
  }
  if (!samplingStrategies.includes(trainSamplingStrategy)) {
    throw fail(`trainSamplingStrategy must be random, sequential or group_by_length, not ${trainSamplingStrategy}`)
  }
  if (!(evalDelay >= 0 && evalDelay < Number.POSITIVE_INFINITY)) {
    throw fail(`evalDelay must be a number of at least 0, not ${evalDelay}`)
  }
  if (dataSeed !== null && !(Number.isInteger(dataSeed) && dataSeed >= 0)) {
    throw fail(`dataSeed must be a whole number of at least 0, not ${dataSeed}`)
  }
  if (!(emaDecay >= 0 && emaDecay < 1)) throw fail(`emaDecay must be at least 0 and below 1, not ${emaDecay}`)
  for (const name of switchNames) {
    if (typeof switches[name] !== 'boolean') throw fail(`${name} must be true or false, not ${switches[name]}`)
  }
}
