/** Class weights, averages, guards, loggers and several evaluation sets from the command line. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { labelledCsv, makeModelFolder, makeVocabulary, runHere, temporaryDirectory } from './program.samples.ts'

let folder: string
const at = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = await temporaryDirectory()
  await makeVocabulary(at('tok'))
  await makeModelFolder(at('base'), at('tok'))
  await writeFile(at('train.csv'), labelledCsv(60, 1))
  await writeFile(at('dev.csv'), labelledCsv(20, 2))
  await writeFile(at('other.csv'), labelledCsv(11, 3))
  await writeFile(at('numbers.csv'), 'text,label\ngood,0.5\nbad,0.25\n')
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

const finetune = (output: string, ...args: string[]) =>
  runHere([
    ...['finetune', '--task', 'text-classification', '--model', at('base'), '--train', at('train.csv')],
    ...['--output', at(output), '--batch-size', '4', '--threads', '1', '--no-doctor', '--json', ...args],
  ])

test('all of them in one run, and its resumption', async () => {
  const args = [
    ...['--class-weights', 'negative=2', '--label-smoothing', '0.1', '--focal-gamma', '1', '--ema-decay', '0.5'],
    ...['--gradient-accumulation-steps', '3', '--auto-micro-batch', '--train-sampling-strategy', 'sequential'],
    ...['--report-to', 'jsonl', 'tensorboard', '--logging-steps', '2', '--no-logging-first-step'],
    ...['--eval', `dev=${at('dev.csv')}`, `other=${at('other.csv')}`, '--metric-for-best-model', 'other_f1'],
    ...['--epochs', '2', '--load-best-model-at-end'],
  ]
  const { status, stdout, stderr } = await finetune('all', ...args)
  expect(status, stderr + stdout).toBe(0)
  expect(Object.keys(JSON.parse(stdout).metrics)).toEqual(expect.arrayContaining(['dev_accuracy', 'other_f1']))
  const log = await readFile(at('all/logs/log.jsonl'), 'utf8')
  const entries = log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(entries).toEqual(JSON.parse(await readFile(at('all/trainer_state.json'), 'utf8')).log_history)
  expect(entries.map(({ step, loss }) => [step, loss !== undefined])).toEqual([
    ...[2, 4].map((step) => [step, true]),
    ...[5, 5].map((step) => [step, false]), // 15 batches an epoch, 3 a step
    ...[6, 8, 10].map((step) => [step, true]),
    ...[10, 10].map((step) => [step, false]),
  ])
  const changed = ['--resume', '--eval', `dev=${at('other.csv')}`, `other=${at('other.csv')}`]
  const refused = await finetune('all', ...args.filter((arg) => !/^(--eval|dev=.*|other=.*)$/.test(arg)), ...changed)
  expect(JSON.parse(refused.stdout).error.message).toMatch(/other settings.*\n {2}--eval holds other data than before$/)
  const again = await finetune('all', ...args, '--resume')
  expect(again.status, again.stderr).toBe(0)
  expect(await readFile(at('all/logs/log.jsonl'), 'utf8')).toBe(log)
  expect((await readdir(at('all/logs'))).filter((name) => name.startsWith('events'))).toHaveLength(2)
})

test.each([
  [
    ['--class-weights', 'negativ=2'],
    '--class-weights has "negativ", which is no label of the model; did you mean "negative"?',
  ],
  [['--class-weights', 'balance'], '--class-weights takes balanced, or LABEL=NUMBER'],
  [['--ema-decay', '1'], '--ema-decay must be at least 0 and below 1, not 1'],
  [['--report-to', 'wandb'], '--report-to must be some of jsonl, tensorboard, not wandb'],
  [['--report-to', 'jsnl'], 'did you mean "jsonl"?'],
  [['--logging-dir', 'x'], '--logging-dir is the folder of what --report-to names, and that names nothing'],
  [['--train-sampling-strategy', 'sorted'], '--train-sampling-strategy must be random, sequential or group_by_length'],
  [['--train-sampling-strategy', 'sequential', '--group-by-length'], 'sequential contradict each other'],
  [
    ['--class-weights', 'negative=0', 'positive=0'],
    '--class-weights are 0 for all classes, so nothing could be learned: give at least one',
  ],
  [['--eval', 'a.csv', 'b.csv'], 'each with a name'],
  [['--eval', 'dev=a.csv', '--metric-for-best-model', 'dev_f2'], 'unknown metric "f2"'],
  [['--eval', 'x=a.csv', 'y=b.csv', '--metric-for-best-model', 'z_f1'], 'of the sets x, y each, such as x_loss'],
  [['--report-to', 'jsonl', 'none'], '--report-to none stands alone'],
])('%o is refused', async (args, message) => {
  const { status, stdout } = await finetune('refused', ...args)
  expect(status).toBe(2)
  expect(JSON.parse(stdout).error.message).toContain(message)
  expect(await readdir(folder)).not.toContain('refused')
})

test('classes are weighed only where there are some', async () => {
  const { status, stdout } = await runHere([
    ...['finetune', '--task', 'regression', '--model', at('base'), '--train', at('none.csv'), '--no-doctor'],
    ...['--output', at('refused'), '--class-weights', 'balanced', '--threads', '1', '--json'],
  ])
  expect(status).toBe(2)
  expect(JSON.parse(stdout).error.message).toMatch(
    /--class-weights is for tasks that tell one class of several, .*not for regression/,
  )
})
