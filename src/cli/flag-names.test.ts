import { expect, test } from 'vitest'
import { ConfigError, RuntimeError } from '../core/errors.ts'
import type { Flags } from './command.ts'
import { finetune } from './commands/finetune.ts'
import { inFlags, withFlagNames } from './flag-names.ts'

const { flags } = finetune

test.each([
  ['maxLength must be a whole number from 3 to 16', '--max-length must be a whole number from 3 to 16'],
  ['freeze leaves nothing to train', '--freeze leaves nothing to train'],
  ['freeze: "emb" matches nothing', '--freeze: "emb" matches nothing'],
  ['set evalStrategy and saveStrategy', 'set --eval-strategy and --save-strategy'],
  [
    'pauseAfter.steps needs evaluations: set evalStrategy',
    '--pause-after-steps needs evaluations: set --eval-strategy',
  ],
  ['nullScoreDiffThreshold must be a number', '--null-threshold must be a number'],
  ['longTexts: maxLength must be', '--long-texts: --max-length must be'],
  ['other settings:\n  weightDecay: 0 -> 0.1', 'other settings:\n  --weight-decay: 0 -> 0.1'],
])('%s', (message, expected) => {
  expect(withFlagNames(message, flags)).toBe(expected)
})

test.each([
  'x.yaml: unknown setting "learningRat"; did you mean "learningRate"?',
  'the label "say \\"maxLength\\"" is not known',
  'out/maxLength/train.csv, row 3',
  'maxLength.csv, row 3',
  'hiddenSize 12 is not divisible by numAttentionHeads 5', // of no flag
  'train.csv, row 2: expected 2 fields',
  'output: /tmp/output is a file, expected a folder', // a folder of this name
  'epochs: /tmp/epochs is a file, expected a folder',
  'epochs is a file, expected a folder',
  'task: there is no config.json',
  'the freeze of the model',
])('unchanged: %s', (message) => {
  expect(withFlagNames(message, flags)).toBe(message)
})

test('long names of no setting cost no time', () => {
  const name = `a${'B'.repeat(5000)}_v2.csv, row 3`
  expect(withFlagNames(name, flags)).toBe(name)
})

test('errors keep their kind and code; those that no flag mends stay', () => {
  const some: Flags = { 'max-length': { type: 'number', description: '' } }
  const error = new ConfigError('MAX_LENGTH', 'maxLength must be 3')
  const told = inFlags(error, some)
  expect(told).toBeInstanceOf(ConfigError)
  expect(told).toMatchObject({ code: 'MAX_LENGTH', message: '--max-length must be 3', cause: error })
  for (const other of [new RuntimeError('X', 'maxLength'), new Error('maxLength'), 7]) {
    expect(inFlags(other, some)).toBe(other)
  }
})
