/** TrainingArguments as flags. */
import { ConfigError } from '../core/errors.ts'
import { optimizerNames } from '../training/optimizers/registry.ts'
import { loggerNames } from '../training/report-settings.ts'
import { scheduleNames } from '../training/schedule.ts'
import { type TrainingArguments, trainingArguments, trainingDefaults } from '../training/training-arguments.ts'
import { camelCase, type Flags } from './command.ts'

const number = (description: string) => ({ type: 'number', description }) as const
const text = (value: string, description: string) => ({ type: 'string', value, description }) as const
const yes = (description: string) => ({ type: 'boolean', description }) as const

export const trainingFlags = {
  epochs: number('Passes over the training data (default 3)'),
  'max-steps': number('Stop after so many steps (default -1: no limit)'),
  'batch-size': number('Texts a batch (default 8)'),
  'eval-batch-size': number('Texts an evaluation batch (default 32)'),
  'token-budget': number('Also end a batch at so many tokens (default 0: no limit)'),
  'group-by-length': yes('Put texts of similar length together, which is faster'),
  'train-sampling-strategy': text('random|sequential|group_by_length', 'Order of the training data (default random)'),
  'dataloader-drop-last': yes('Leave out the last batch of an epoch if it is not full'),
  'data-seed': number('Decides the order of the training data (default: --seed)'),
  'gradient-accumulation-steps': number('Batches a step (default 1)'),
  'accumulation-check': yes('Prove that these add up to one batch (default; --no-accumulation-check: do not)'),
  'auto-micro-batch': yes('When memory runs out, go on with fewer texts at a time'),
  'learning-rate': number('Highest learning rate (default 5e-5)'),
  'lr-scheduler': text(scheduleNames.join('|'), 'Course of the learning rate (default linear)'),
  'lr-scheduler-settings': {
    type: 'string',
    many: true,
    value: 'NAME=VALUE',
    description: 'What the course is set by, such as num-cycles=3; several may follow',
  },
  'warmup-ratio': number('Share of the steps that is warmup (default 0)'),
  'warmup-steps': number('Steps of warmup (default 0)'),
  'weight-decay': number('Decay of weights, biases and LayerNorm excepted (default 0)'),
  'adam-beta1': number('Decay rate of the first moment (default 0.9)'),
  'adam-beta2': number('Decay rate of the second moment (default 0.999)'),
  'adam-epsilon': number("The optimizer's epsilon (default as its reference: 1e-8; lamb 1e-6)"),
  momentum: number('Momentum of sgd (default 0)'),
  dampening: number('Share of the gradient that it leaves out (default 0)'),
  nesterov: yes("Nesterov's momentum in sgd"),
  'adagrad-lr-decay': number('Decay of the learning rate within adagrad (default 0)'),
  'adafactor-relative-step': yes("Steps relative to the weights in adafactor, as PyTorch's"),
  'max-grad-norm': number('Scale gradients down to this norm (default 1; 0: never)'),
  freeze: {
    type: 'string',
    many: true,
    value: 'PATTERN',
    description: 'Parameters that stay as they are, such as embeddings or encoder.layer.[0-5]; several may follow',
  },
  'layerwise-lr-decay': number('Learning rate of a layer in parts of that of the layer above (default 1)'),
  'gradual-unfreezing': text('no|steps|epoch', 'Train the head first, then one layer more at a time (default no)'),
  'gradual-unfreezing-steps': number('Steps between layers with steps (default 100)'),
  'reinitialize-layers': number('Last layers that begin anew, with random weights (default 0)'),
  recompute: yes('Compute layers again in the backward pass: less memory for activations, more time'),
  'ema-decay': number('Evaluate and save averages of the weights, of which so much stays each step (default 0: no)'),
  dropout: yes('Apply dropout (default; --no-dropout turns it off)'),
  'eval-strategy': text('no|steps|epoch', 'When to evaluate (default epoch, with evaluation data)'),
  'eval-steps': number('Steps between evaluations (default 500)'),
  'eval-delay': number('Steps or epochs before the first evaluation (default 0)'),
  'eval-on-start': yes('Also evaluate before the first step'),
  'save-strategy': text('no|steps|epoch|best', 'When to save a checkpoint (default epoch)'),
  'save-steps': number('Steps between checkpoints (default 500)'),
  'save-minutes': number('Also save when so many minutes have passed (default 0: do not)'),
  'save-total-limit': number('Checkpoints to keep; the best and the newest always stay (default 2; 0: all)'),
  'save-only-model': yes('Save checkpoints that cannot be resumed from, at a third of the size'),
  'load-best-model-at-end': yes('End with the best weights rather than the last'),
  'metric-for-best-model': text('NAME', 'What decides what is best (default loss)'),
  'greater-is-better': yes('Whether more of that metric is better (default: not for losses)'),
  'early-stopping-patience': number('Stop after so many evaluations without improvement (default 0: never)'),
  'early-stopping-threshold': number('Improvement that counts (default 0)'),
  'logging-strategy': text('no|steps|epoch', 'When to log (default steps)'),
  'logging-steps': number('Steps between entries of the log (default 10)'),
  'logging-first-step': yes('Also log the first step (default; --no-logging-first-step: do not)'),
  'report-to': {
    type: 'string',
    many: true,
    value: [...loggerNames, 'none'].join('|'),
    description: 'Also write the log to files for others to read; several may follow (default none)',
  },
  'logging-dir': text('DIR', 'Folder of those files (default: logs in --output)'),
  optimizer: text(optimizerNames.join('|'), 'How weights follow gradients (default adamw)'),
  'class-weights': {
    type: 'string',
    many: true,
    value: 'balanced|LABEL=N',
    description: 'What the classes weigh in the loss: balanced, or numbers, 1 for other labels; several may follow',
  },
  'label-smoothing': number('Share of each label that goes to all classes alike (default 0)'),
  'focal-gamma': number('How much less examples count that the model is sure of (default 0; 2 is usual)'),
} as const satisfies Flags

const {
  'class-weights': _classWeights,
  'label-smoothing': _labelSmoothing,
  'focal-gamma': _focalGamma,
  ...withoutLoss
} = trainingFlags

/** Those of pre-training, whose losses have no classes to weigh. */
export const pretrainingFlags = withoutLoss

/**
 * The training arguments among the values of flags, checked and completed.
 * @throws ConfigError under the name of the setting or of its flag
 */
export function readTrainingFlags(values: Readonly<Record<string, unknown>>, hasEval: boolean): TrainingArguments {
  const given = Object.keys(trainingDefaults).flatMap((name) =>
    values[name] === undefined ? [] : [[name, values[name]]],
  )
  if (!hasEval) {
    const judges = ['steps', 'epoch'].includes(values.evalStrategy as string)
      ? 'eval-strategy'
      : 'metric-for-best-model'
    if (judges === 'eval-strategy' || values.metricForBestModel !== undefined)
      throw new ConfigError('NO_EVAL_DATA', `--${judges} needs --eval FILE or --eval-split 0.1`)
  }
  const args = Object.fromEntries(given)
  if (args.lrSchedulerSettings) args.lrSchedulerSettings = namedValues(args.lrSchedulerSettings as readonly string[])
  if (args.classWeights) args.classWeights = readClassWeights(args.classWeights as readonly string[])
  if (args.reportTo?.length === 1 && args.reportTo[0] === 'none') args.reportTo = []
  if (args.reportTo?.includes('none')) {
    throw new ConfigError(
      'FLAG_VALUE',
      `--report-to none stands alone: leave it out, or give some of ${loggerNames.join(', ')}`,
    )
  }
  return trainingArguments(args, { hasEval })
}

/** `['num-cycles=3']` as `{ numCycles: 3 }`. @throws ConfigError for an entry without a value */
function namedValues(entries: readonly string[]): Record<string, string | number> {
  const pairs = entries.map((entry) => {
    const [, name, value] = /^([^=]+)=(.+)$/.exec(entry) ?? []
    if (name === undefined)
      throw new ConfigError(
        'FLAG_VALUE',
        `--lr-scheduler-settings takes NAME=VALUE, such as num-cycles=3, not "${entry}"`,
      )
    return [camelCase(name), Number.isNaN(Number(value)) ? value : Number(value)] as const
  })
  return Object.fromEntries(pairs)
}

/** `['balanced']` as it is, `['spam=3']` as `{ spam: 3 }`. @throws ConfigError for an entry that is neither, or a label twice */
function readClassWeights(entries: readonly string[]): string | Record<string, number> {
  if (entries.length === 1 && ['balanced', 'none'].includes(entries[0])) return entries[0]
  const weights = entries.map((entry) => {
    const [, label, weight] = /^(.+)=([^=]+)$/.exec(entry) ?? []
    if (label !== undefined && !Number.isNaN(Number(weight))) return [label, Number(weight)] as const
    throw new ConfigError(
      'FLAG_VALUE',
      `--class-weights takes balanced, or LABEL=NUMBER such as spam=3, one for each label that is not to weigh 1, not "${entry}"`,
    )
  })
  const labels = weights.map(([label]) => label)
  const twice = labels.find((label, i) => labels.indexOf(label) < i)
  if (twice !== undefined)
    throw new ConfigError('FLAG_VALUE', `--class-weights has "${twice}" twice: give each label one weight`)
  return Object.fromEntries(weights)
}
