import { expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import { type Flags, parseFlags, settingsFromFile } from './command.ts'
import { inFlags } from './flag-names.ts'
import { readTrainingFlags, trainingFlags } from './training-flags.ts'

const flags: Flags = trainingFlags
function read(line: string, hasEval = true) {
  try {
    return readTrainingFlags(parseFlags(line.split(' '), flags).values, hasEval)
  } catch (error) {
    throw inFlags(error, flags) // as the program does
  }
}

test('flags of optimizers are training arguments', () => {
  expect(read('--optimizer sgd --momentum 0.9 --nesterov')).toMatchObject({
    optimizer: 'sgd',
    momentum: 0.9,
    nesterov: true,
  })
  expect(() => read('--momentum 0.9')).toThrow(/^--momentum is a setting of the optimizer sgd, not of adamw$/)
})

test('settings of a schedule are read by name, in kebab or camel case', () => {
  const line = '--lr-scheduler warmup_stable_decay --lr-scheduler-settings num-decay-steps=20 decayType=1-sqrt'
  expect(read(line).lrSchedulerSettings).toEqual({ numDecaySteps: 20, decayType: '1-sqrt' })
  const twice = '--lr-scheduler polynomial --lr-scheduler-settings power=2 --lr-scheduler-settings lr-end=1e-6'
  expect(read(twice).lrSchedulerSettings).toEqual({ power: 2, lrEnd: 1e-6 })
})

test.each([
  ['--lr-scheduler-settings power=2', /^--lr-scheduler-settings: "power" is no setting of the schedule linear/],
  ['--lr-scheduler polynomial --lr-scheduler-settings power', /takes NAME=VALUE, such as num-cycles=3, not "power"/],
  ['--lr-scheduler polynomial --lr-scheduler-settings power=two', /power must be a number of at least 0, not two/],
  ['--lr-scheduler polynomal', /^--lr-scheduler must be one of linear, /],
])('%s is refused', (line, message) => {
  expect(() => read(line)).toThrow(ConfigError)
  expect(() => read(line)).toThrow(message)
})

test('a config file has them as a mapping or a list', () => {
  const expected = { lrSchedulerSettings: ['power=2', 'lrEnd=0'] }
  expect(settingsFromFile({ lrSchedulerSettings: { power: 2, lrEnd: 0 } }, flags, 'x.yaml')).toEqual(expected)
  expect(settingsFromFile({ 'lr-scheduler-settings': ['power=2', 'lrEnd=0'] }, flags, 'x.yaml')).toEqual(expected)
})

test('what is trained, and how, is set by flags', () => {
  const line =
    '--freeze embeddings layer.[0-5] --freeze !LayerNorm --layerwise-lr-decay 0.9 --gradual-unfreezing steps ' +
    '--gradual-unfreezing-steps 20 --reinitialize-layers 2 --recompute'
  expect(read(line)).toMatchObject({
    freeze: ['embeddings', 'layer.[0-5]', '!LayerNorm'],
    layerwiseLrDecay: 0.9,
    gradualUnfreezing: 'steps',
    gradualUnfreezingSteps: 20,
    reinitializeLayers: 2,
    recompute: true,
  })
  expect(() => read('--layerwise-lr-decay 1.5')).toThrow(
    /^--layerwise-lr-decay must be above 0 and at most 1, not 1.5$/,
  )
  expect(() => read('--gradual-unfreezing steps --gradual-unfreezing-steps 0')).toThrow(
    /^--gradual-unfreezing-steps must/,
  )
})

test('classes weigh by their names, or all the same', () => {
  expect(read('--class-weights balanced').classWeights).toBe('balanced')
  expect(read('--class-weights none').classWeights).toBe('none')
  const line = '--class-weights spam=3 a=b=0.5 --label-smoothing 0.1 --focal-gamma 2'
  expect(read(line)).toMatchObject({ classWeights: { spam: 3, 'a=b': 0.5 }, labelSmoothing: 0.1, focalGamma: 2 })
  expect(settingsFromFile({ classWeights: { spam: 3 } }, flags, 'x.yaml')).toEqual({ classWeights: ['spam=3'] })
})

test.each([
  ['--class-weights balance', /^--class-weights takes balanced, or LABEL=NUMBER such as spam=3, .* not "balance"$/],
  ['--class-weights balanced spam=3', /not "balanced"$/],
  ['--class-weights spam=much', /not "spam=much"$/],
  ['--class-weights spam=', /not "spam="$/],
  ['--class-weights spam=-1', /^--class-weights of "spam" must be a number from 0 to 3.4e38, not -1$/],
  ['--class-weights spam=1e40', /^--class-weights of "spam" must be a number from 0 to 3.4e38, not 1e\+40$/],
  ['--class-weights spam=1 ham=2 spam=2', /^--class-weights has "spam" twice: give each label one weight$/],
  ['--label-smoothing 2', /^--label-smoothing must be a number from 0 to 1, not 2$/],
  ['--focal-gamma -1', /^--focal-gamma must be a number of at least 0, not -1$/],
])('%s is refused', (line, message) => {
  expect(() => read(line)).toThrow(ConfigError)
  expect(() => read(line)).toThrow(message)
})

test.each(['--eval-strategy epoch', '--metric-for-best-model f1'])('%s needs something to evaluate on', (line) => {
  const [flag] = line.split(' ')
  expect(() => read(line, false)).toThrow(`${flag} needs --eval FILE or --eval-split 0.1`)
})

test('a config file has each setting once, in whatever spelling', () => {
  const both = { 'batch-size': 4, batchSize: 8 }
  expect(() => settingsFromFile(both, flags, 'x.yaml')).toThrow(
    'x.yaml: "batchSize" is there twice, also as "batch-size": remove one',
  )
})
