import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SearchRecord } from '../../training/search/search-record.ts'
import {
  labelledCsv,
  makeModelFolder,
  makeVocabulary,
  runHere,
  startProgram,
  temporaryDirectory,
} from '../program.samples.ts'

let folder: string
beforeAll(async () => {
  folder = await temporaryDirectory()
  await makeVocabulary(join(folder, 'tok'))
  await makeModelFolder(join(folder, 'base'), join(folder, 'tok'))
  await writeFile(join(folder, 'train.csv'), labelledCsv(400, 1))
  await writeFile(join(folder, 'dev.csv'), labelledCsv(40, 2))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const saved = async (): Promise<SearchRecord> => JSON.parse(await readFile(join(folder, 'out/search.json'), 'utf8'))

test('a search that is killed takes its trial with it, and goes on with --resume to its end', async () => {
  const args = [
    ...'search --task text-classification --model base --train train.csv --eval dev.csv --threads 1 --no-doctor'.split(
      ' ',
    ),
    ...'--space learning-rate=0.02,1e-7 batch-size=4 --trials 2 --epochs 4 --reduction-factor 2 --min-length 2'.split(
      ' ',
    ),
    ...'--metric-for-best-model accuracy --json --output out'.split(' '),
  ]
  const { child, done } = startProgram(args, folder)
  const second = join(folder, 'out/trials/002')
  while (!existsSync(join(second, 'training_args.json')) && child.exitCode === null) await wait(5)
  child.kill('SIGKILL')
  await done
  const before = await saved()
  expect(before.results.map(({ status }) => status)).toEqual(['paused', 'running'])
  await wait(100)
  const times = async () =>
    Promise.all((await readdir(second)).map(async (name) => (await stat(join(second, name))).mtimeMs))
  const quiet = await times()

  await wait(300)
  expect(await times()).toEqual(quiet)
  const { status, stdout, stderr } = await startProgram([...args, '--resume'], folder).done
  expect(status, stderr).toBe(0)
  const result = JSON.parse(stdout)
  const after = await saved()
  const { learningRate } = after.results[after.best! - 1].settings
  expect(learningRate).toBe(0.02)
  expect(after.results.map(({ settings }) => settings)).toEqual(
    expect.arrayContaining([
      { learningRate: 0.02, batchSize: 4 },
      { learningRate: 1e-7, batchSize: 4 },
    ]),
  )
  expect(after.rungs).toEqual({ unit: 'epochs', at: [2, 4] })
  expect(after.results[0].evaluations.slice(0, 2)).toEqual(before.results[0].evaluations)
  expect(after.results.map(({ steps }) => steps).sort()).toEqual([200, 400])
  expect(result).toMatchObject({
    objective: 'accuracy',
    best: { trial: after.best, model: `out/trials/00${after.best}`, settings: { learningRate: 0.02 } },
    trials: [{ status: 'done' }, { status: 'stopped' }],
  })
  expect(result.best.metrics.accuracy.value).toBeGreaterThan(0.9)
  const best = await readdir(join(folder, result.best.model))
  for (const name of ['model.safetensors', 'report.html', 'metrics.json', 'checkpoint-400'])
    expect(best).toContain(name)
  expect(await readdir(join(folder, `out/trials/00${3 - after.best!}`))).not.toContain('checkpoint-200')
  expect(stderr).toMatch(/trial \d of 2, learning-rate .*, batch-size 4: accuracy [01]\.\d{4} after \d+ steps/)
})

test('a resumed search may change what decides nothing, and nothing else', async () => {
  const at = (name: string) => join(folder, name)
  const args = [
    ...['search', '--task', 'text-classification', '--model', at('base'), '--train', at('dev.csv'), '--eval'],
    ...[at('dev.csv'), '--method', 'grid', '--space', 'batch-size=4', '--max-steps', '1', '--threads', '1'],
    ...['--no-doctor', '--json', '--output', at('one')],
  ]
  expect((await runHere(args)).status).toBe(0)
  const told = await runHere([...args, '--resume', '--license', 'mit', '--logging-steps', '7'])
  expect(told.status, told.stdout).toBe(0)
  const changed = await runHere([...args, '--resume', '--weight-decay', '0.1'])
  expect([changed.status, changed.stdout]).toEqual([2, expect.stringContaining('--weight-decay')])
})

test('what refuses the first trial leaves nothing: the same command, mended, goes through', async () => {
  const args = (weights: string) => [
    ...`search --task text-classification --model ${folder}/base --train ${folder}/dev.csv`.split(' '),
    ...`--eval ${folder}/dev.csv --method grid --space batch-size=4 --max-steps 1 --threads 1 --no-doctor`.split(' '),
    ...['--class-weights', weights, '--output', join(folder, 'mended')],
  ]
  const { status, stderr } = await runHere(args('positiv=2'))
  expect([status, stderr]).toEqual([2, expect.stringContaining('"positiv"')])
  expect(existsSync(join(folder, 'mended'))).toBe(false)
  const mended = await runHere(args('positive=2'))
  expect(mended.status, mended.stderr).toBe(0)
})

describe('what cannot be is refused before anything is trained', () => {
  const base = () => [
    ...`search --task text-classification --model ${folder}/base --train ${folder}/train.csv --no-doctor`.split(' '),
    ...['--output', join(folder, 'never')],
  ]
  const withEval = ['--eval', 'dev.csv']
  const cases: [string, string[], RegExp][] = [
    [
      'a share out of range, before the space is read',
      ['--eval-split', '0', '--space', 'none.yaml'],
      /--eval-split must be .* above 0 and below 1, such as 0.1, not 0\n/,
    ],
    ['no evaluation data', ['--space', 'batch-size=8,16'], /judges trials on held-out data: give --eval/],
    [
      'an unknown name',
      [...withEval, '--space', 'learnin-rate=1,2'],
      /unknown training argument "learnin-rate"; did you mean "learning-rate"/,
    ],
    ['three dots', [...withEval, '--space', 'learning-rate=1e-5...1e-3'], /has two dots between its numbers/],
    [
      'an end that no double has',
      [...withEval, '--space', 'seed=1..2e20'],
      /seed must be a whole number of at most 9007/,
    ],
    [
      'a range of a grid',
      [...withEval, '--space', 'learning-rate=log:1e-5..1e-3', '--method', 'grid'],
      /list them, such as "--space learning-rate=0.00001,0.0001,0.001"/,
    ],
    ['a name twice', [...withEval, '--space', 'epochs=1', 'epochs=2', '--method', 'grid'], /epochs is there twice/],
    ['a scale', [...withEval, '--space', 'learning-rate=lg:1e-5..1e-3'], /"lg" is no scale/],
    ['no numbers', [...withEval, '--space', 'learning-rate=a..b'], /a range is two numbers/],
    ['a value out of range', [...withEval, '--space', 'warmup-ratio=0..1.5'], /warmup-ratio must be below 1, not 1.5/],
    [
      'a value of another type',
      [...withEval, '--space', 'batch-size=8,big'],
      /"batchSize" must be a number, not "big"/,
    ],
    ['what others need', [...withEval, '--space', 'momentum=0,0.9'], /momentum is a setting of the optimizer sgd/],
    [
      'the space, also where asha has no room',
      [...withEval, '--space', 'momentum=0,0.9', '--epochs', '2'],
      /momentum is a setting of the optimizer sgd/,
    ],
    [
      'logs in a file',
      [...withEval, '--space', 'batch-size=8,16', '--report-to', 'jsonl', '--logging-dir', import.meta.filename],
      /search\.test\.ts is a file, expected a folder. Choose another --logging-dir/,
    ],
    ['no file', [...withEval, '--space', 'none.yaml'], /none.yaml cannot be read .*: give a file, or NAME=VALUES/],
    [
      'a missing method',
      [...withEval, '--space', 'batch-size=8,16', '--method', 'bayes'],
      /unknown search method "bayes"/,
    ],
    [
      'too short for asha',
      [...withEval, '--space', 'batch-size=8,16', '--epochs', '2', '--trials', '2'],
      /at least 3 \(1 x 3\) to halve in, not 2/,
    ],
    [
      'evaluations of asha',
      [...withEval, '--space', 'batch-size=8,16', '--trials', '2', '--eval-steps', '3'],
      /leave eval-steps out/,
    ],
    [
      'seeds and a split',
      ['--eval-split', '0.2', '--space', 'seed=1,2', '--method', 'grid'],
      /the seed decides what --eval-split holds out/,
    ],
    [
      'an unknown metric',
      [...withEval, '--space', 'batch-size=8,16', '--metric-for-best-model', 'f2'],
      /unknown metric "f2"/,
    ],
    ['adapters of no rank', [...withEval, '--space', 'batch-size=8,16', '--lora-alpha', '4'], /needs --lora-rank N/],
    ['an adapter to save', [...withEval, '--space', 'batch-size=8,16', '--save-adapter'], /needs --lora-rank N/],
    [
      'adapters on random weights',
      [...withEval, '--space', 'batch-size=8,16', '--lora-rank', '2', '--size', 'tiny'],
      /give --model DIR, not --size/,
    ],
    [
      'more trials than combinations',
      [...withEval, '--space', 'batch-size=8,16', '--trials', '20'],
      /2 combinations.*fewer than 20 trials/,
    ],
  ]
  test.each(cases)('%s', async (_, args, message) => {
    const { status, stderr } = await runHere([...base(), ...args])
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)])
    expect(existsSync(join(folder, 'never'))).toBe(false)
  })

  test.each([
    ['class-weights=balanced,posi=2', /--class-weights has "posi", which is no label of the model.* "positive"/],
    [
      'freeze=encoder,embedings',
      /freeze: "embedings" matches none of the model's parameters; near it are "embeddings"/,
    ],
    ['reinitialize-layers=0,3', /--reinitialize-layers must be at most 2, the model's layers, not 3/],
  ])('--space %s, once the data are read', async (space, message) => {
    const given = ['--eval', join(folder, 'dev.csv'), '--space', space, '--method', 'grid']
    for (const more of [[], ['--lora-rank', '2']].slice(0, space.startsWith('reinit') ? 1 : 2)) {
      const { status, stderr } = await runHere([...base(), ...given, ...more])
      expect([status, stderr]).toEqual([2, expect.stringMatching(message)])
      expect(existsSync(join(folder, 'never'))).toBe(false)
    }
  })

  test.each([
    ['- 1\n', /must hold names and values/],
    ['batchSize: {from: 1}\n', /"batchSize" must be a list, or a range/],
    ['learningRate: {low: 1e-5, high: 1e-3, logg: true}\n', /unknown key "logg"; did you mean "log"/],
    ['batchSize: [8, 16\n', /no valid YAML or JSON/],
  ])('the file %j', async (text, message) => {
    await writeFile(join(folder, 'space.yaml'), text)
    const { status, stderr } = await runHere([...base(), ...withEval, '--space', join(folder, 'space.yaml')])
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)])
  })
})

describe('a folder that is not of this search', () => {
  const args = (...more: string[]) => [
    ...`search --task text-classification --train ${folder}/train.csv --eval ${folder}/dev.csv --no-doctor`.split(' '),
    ...['--space', 'batch-size=8,16', ...more],
  ]
  test.each([
    ['a model', 'base', /holds an earlier run or a model .*: since nothing shows that bertsmith wrote it, choose/],
    ['trials alone', 'lost', /holds trials\/ of no search \(001\): replace it with overwrite/],
  ])('with %s is left as it is, before data are read', async (_, name, message) => {
    await mkdir(join(folder, 'lost/trials/001'), { recursive: true })
    const before = await readdir(join(folder, name))
    const model = ['--model', join(folder, 'nowhere'), '--output', join(folder, name)]
    const { status, stderr } = await runHere(args(...model))
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)])
    expect(await readdir(join(folder, name))).toEqual(before)
  })

  test.each(['base', 'lost/trials/001'])(
    '--overwrite does not replace the model %s that trials start from',
    async (model) => {
      const output = join(folder, model.split('/')[0])
      const { status, stderr } = await runHere(args('--model', join(folder, model), '--output', output, '--overwrite'))
      expect([status, stderr]).toEqual([
        2,
        expect.stringMatching(/which --overwrite would replace: choose another --output/),
      ])
    },
  )
})
