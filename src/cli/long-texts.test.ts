/** Long texts from the command line: what stands behind the first window is learnt with windows, and not without. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomStream } from '../core/random.ts'
import { pipeline } from '../pipelines/node.ts'
import { makeModelFolder, makeVocabulary, runHere, temporaryDirectory } from './program.samples.ts'

let folder: string
const at = (name: string) => join(folder, name)
const good = ['good', 'great', 'lovely', 'bright']
const bad = ['bad', 'awful', 'dull', 'broken']

/** Texts of which the first 12 words say nothing, and each of the last six everything. */
function texts(rows: number, seed: number): { text: string; isGood: boolean }[] {
  const random = randomStream(seed, 'long texts')
  return Array.from({ length: rows }, (_, i) => {
    const isGood = i % 2 === 0
    const words = Array.from({ length: 18 }, (_, place) =>
      place < 12 ? 'film' : (isGood ? good : bad)[random.integer(4)],
    )
    return { text: words.join(' '), isGood }
  })
}

const csv = (rows: number, seed: number, label: (isGood: boolean) => string) =>
  `text,label\n${texts(rows, seed)
    .map(({ text, isGood }) => `${text},${label(isGood)}`)
    .join('\n')}\n`

beforeAll(async () => {
  folder = await temporaryDirectory()
  await makeVocabulary(at('tok'))
  await makeModelFolder(at('base'), at('tok'))
  const names = (isGood: boolean) => (isGood ? 'positive' : 'negative')
  await writeFile(at('train.csv'), csv(96, 1, names))
  await writeFile(at('test.csv'), csv(32, 2, names))
  await writeFile(
    at('numbers.csv'),
    csv(96, 1, (isGood) => (isGood ? '2' : '-1')),
  )
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const windows = ['--max-length', '8', '--stride', '2', '--long-texts']
const flags = (output: string, ...rest: string[]) => [
  ...['finetune', '--task', 'text-classification', '--model', at('base'), '--train', at('train.csv')],
  ...['--output', at(output), '--batch-size', '16', '--learning-rate', '0.02', '--no-dropout', '--no-doctor'],
  ...['--threads', '1', '--json', ...rest],
]

async function json(args: readonly string[]) {
  const { status, stdout, stderr } = await runHere(args)
  expect(status, stderr + stdout).toBe(0)
  return { ...JSON.parse(stdout), stderr }
}

async function refused(args: readonly string[]) {
  const { status, stdout, stderr } = await runHere(args)
  expect(status, stderr).toBe(2)
  return JSON.parse(stdout).error as { code: string; message: string }
}

test('a signal behind the first window is learnt with windows; cut at a window, it cannot be', async () => {
  const evaluation = ['--eval', at('test.csv'), '--epochs', '4']
  const cut = await json(flags('cut', '--max-length', '8', ...evaluation))
  expect(cut.metrics.accuracy).toBe(0.5)
  expect(cut.stderr).toContain('128 of 128 texts are cut at 8 tokens')
  const { metrics, stderr } = await json(flags('max', ...windows, 'max', ...evaluation))
  expect(metrics.accuracy).toBeGreaterThan(0.95)
  expect(stderr).toContain('windows of 8 tokens that repeat 2, pooled by max')
  expect(stderr).not.toMatch(/are cut/)

  // Evaluation and prediction read the folder.
  const evaluated = await json(['evaluate', '--model', at('max'), '--data', at('test.csv'), '--json', '--threads', '1'])
  expect(evaluated.metrics.accuracy.value).toBe(metrics.accuracy)
  expect(evaluated.metrics.loss.value).toBeCloseTo(metrics.loss, 6)
  const [{ text }, { text: other }] = texts(32, 2)
  const { predictions } = await json(['predict', '--model', at('max'), text, other, '--json', '--threads', '1'])
  expect(predictions.map(({ label }: { label: string }) => label)).toEqual(['positive', 'negative'])
  const classify = await pipeline('text-classification', at('max'), { threads: 1 })
  expect((await classify(text)).score).toBeCloseTo(predictions[0].score, 5)
  await classify.close()
  const inspected = await json(['inspect', at('max'), '--json'])
  expect(inspected.longTexts).toEqual({ pooling: 'max', maxLength: 8, stride: 2 })
})

test('attention, in a run that is stopped and resumed: the same bytes', async () => {
  const whole = flags('whole', ...windows, 'attention', '--max-windows', '2', '--epochs', '1')
  const { stderr } = await json(whole)
  expect(stderr).toContain('96 of 96 texts are cut after 2 windows of 8 tokens')
  const parts = flags('parts', ...windows, 'attention', '--max-windows', '2', '--epochs', '1', '--save-steps', '3')
  await json([...parts, '--save-strategy', 'steps'])
  for (const file of ['checkpoint-6', 'model.safetensors', 'metrics.json', 'report.html'])
    await rm(join(at('parts'), file), { recursive: true, force: true })
  await json([...parts, '--save-strategy', 'steps', '--resume'])
  const weights = (name: string) => readFile(join(at(name), 'model.safetensors'))
  expect((await weights('parts')).equals(await weights('whole'))).toBe(true)
  const other = await refused([...flags('parts', ...windows, 'attention', '--epochs', '1'), '--resume'])
  expect(other.message).toMatch(/--long-texts/)
})

test('a trained model goes on as it was, unless flags say otherwise', async () => {
  const start = ['--task', 'regression', '--train', at('numbers.csv'), '--max-steps', '1']
  const first = await json(flags('numbers', ...windows, 'mean', ...start))
  expect(first.stderr).toContain('windows of 8 tokens that repeat 2, pooled by mean')
  const further = (output: string, ...rest: string[]) =>
    json(flags(output, ...start, '--model', at('numbers'), ...rest))
  expect((await further('same')).stderr).toContain('windows of 8 tokens that repeat 2, pooled by mean')
  expect((await further('other', '--long-texts', 'attention')).stderr).toContain('windows of 16 tokens that repeat 4')
  expect((await further('none', '--long-texts', 'none')).stderr).toMatch(/are cut at 16 tokens/)
  const task = await json(flags('task', '--model', at('numbers'), '--max-steps', '1'))
  expect(task.stderr).toMatch(/are cut at 16 tokens/)
})

describe('what cannot be ends with status 2', () => {
  test.each([
    [
      'an unknown pooling',
      ['--long-texts', 'men'],
      'FLAG_VALUE',
      /--long-texts is one of mean, max, attention, none, not "men"/,
    ],
    ['a stride without windows', ['--stride', '2'], 'FLAG_VALUE', /--stride is for windows of long texts/],
    ['windows without pooling', ['--max-windows', '2', '--long-texts', 'none'], 'FLAG_VALUE', /--max-windows is for/],
    [
      'a stride as long as a window',
      ['--long-texts', 'max', '--stride', '14'],
      'CONFIG_VALUE',
      /stride .* from 0 to 13/,
    ],
    ['no window at all', ['--long-texts', 'max', '--max-windows', '0'], 'CONFIG_VALUE', /--max-windows .* at least 1/],
    [
      'another task',
      ['--task', 'next-sentence', '--long-texts', 'max'],
      'FLAG_TASK',
      /--long-texts is not for next-sentence/,
    ],
  ])('%s', async (_, rest, code, message) => {
    const error = await refused(flags('refused', ...rest))
    expect(error.message).toMatch(message)
    expect(error.code).toBe(code)
  })

  test.each([
    [
      'another pooling',
      ['--long-texts', 'mean'],
      /reads long texts so: windows of 8 tokens that repeat 2, pooled by max/,
    ],
    ['another stride', ['--long-texts', 'max', '--stride', '3'], /leave out --long-texts/],
    ['none', ['--long-texts', 'none'], /as it was trained/],
    ['another length', ['--max-length', '16'], /windows of 8 tokens, not 16/],
  ])('a model evaluated with %s', async (_, rest, message) => {
    const error = await refused(['evaluate', '--model', at('max'), '--data', at('test.csv'), '--json', ...rest])
    expect(error.message).toMatch(message)
    expect(error.code).toBe('LONG_TEXTS')
  })

  test('a model evaluated with the same', async () => {
    const same = ['--long-texts', 'max', '--stride', '2', '--max-length', '8', '--threads', '1', '--json']
    await json(['evaluate', '--model', at('max'), '--data', at('test.csv'), ...same])
  })
})

describe('a model that is not trained, with windows of 8', () => {
  beforeAll(() =>
    makeModelFolder(at('windows'), at('tok'), 'sequence-classification', {
      labels: ['negative', 'positive'],
      longTexts: { pooling: 'max', maxLength: 8, stride: 2 },
    }),
  )

  test.each(['masked-lm', 'multi-label-classification'])('to the doctor %s reads it without them', async (task) => {
    const given = ['--model', at('windows'), '--train', at('train.csv'), '--max-length', '12', '--json']
    const { findings } = await json(['doctor', '--task', task, ...given])
    const cut = findings.find(({ code }: { code: string }) => code === 'TRUNCATION')
    if (task !== 'masked-lm') expect(cut.message).toMatch(/are cut at 12 tokens/)
    const own = await refused(['doctor', '--task', 'text-classification', ...given])
    expect(own.message).toMatch(/windows of 8 tokens, not 12/)
  })

  test('is not compared as if it cut texts', async () => {
    const labels = { labels: ['negative', 'positive'] }
    await makeModelFolder(at('cutting'), at('tok'), 'sequence-classification', labels)
    const given = ['evaluate', '--model', at('cutting'), '--data', at('test.csv'), '--json', '--long-texts', 'none']
    const error = await refused([...given, '--compare', at('windows')])
    expect([error.code, error.message]).toEqual(['LONG_TEXTS', expect.stringContaining(at('windows'))])
  })
})

test('the doctor knows what windows hold', async () => {
  const doctor = async (...rest: string[]) => {
    const args = [
      'doctor',
      '--task',
      'text-classification',
      '--train',
      at('train.csv'),
      '--model',
      at('base'),
      '--json',
    ]
    const { findings } = await json([...args, '--max-length', '8', ...rest])
    return (findings as { code: string; message: string }[]).find(({ code }) => code === 'TRUNCATION')?.message
  }
  expect(await doctor()).toMatch(/100.*% *\) are cut at 8 tokens/)
  expect(await doctor('--long-texts', 'mean')).toBeUndefined()
  expect(await doctor('--long-texts', 'mean', '--stride', '2', '--max-windows', '2')).toMatch(
    /after 2 windows of 8 tokens/,
  )
})
