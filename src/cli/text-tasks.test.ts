/** Regression, several labels, next sentence and multiple choice from the command line: all the way on tiny data. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeModel } from '../checkpoints/node.ts'
import { randomStream } from '../core/random.ts'
import { pipeline } from '../pipelines/node.ts'
import { makeModelFolder, makeVocabulary, runHere, temporaryDirectory } from './program.samples.ts'

let folder: string
const at = (name: string) => join(folder, name)

const good = ['good', 'great', 'lovely', 'bright']
const bad = ['bad', 'awful', 'dull', 'broken']

/** Words of a kind, drawn anew for each row. */
function samples(seed: number) {
  const random = randomStream(seed, 'text tasks')
  const words = (from: string[], count: number) =>
    Array.from({ length: count }, () => from[random.integer(4)]).join(' ')
  return { random, words }
}

/** Pairs of texts with as many points as both have good words, of which there are up to four. */
function similarityTsv(rows: number, seed: number): string {
  const { random, words } = samples(seed)
  const lines = Array.from({ length: rows }, () => {
    const count = random.integer(5)
    return [words(good, count), words(bad, 4 - count), count / 2].join('\t')
  })
  return `text\ttext_pair\tlabel\n${lines.join('\n')}\n`
}

/** Texts with two labels, or one. */
function moodsCsv(rows: number, seed: number): string {
  const { words } = samples(seed)
  const lines = Array.from({ length: rows }, (_, i) => {
    return i % 2 === 0 ? `${words(good, 3)} film,warm|positive` : `${words(bad, 3)} film,negative`
  })
  return `text,label\n${lines.join('\n')}\n`
}

/** What follows has good words. */
function pairsCsv(rows: number, seed: number): string {
  const { words } = samples(seed)
  const lines = Array.from({ length: rows }, (_, i) => {
    const follows = i % 4 < 2
    return `${words(i % 2 === 0 ? good : bad, 3)},${words(follows ? good : bad, 3)},${follows ? 0 : 1}`
  })
  return `text,text_pair,label\n${lines.join('\n')}\n`
}

/** Of two or three choices the one with good words is right. */
function choicesJsonl(rows: number, seed: number): string {
  const { random, words } = samples(seed)
  const lines = Array.from({ length: rows }, (_, i) => {
    const choices = Array.from({ length: 2 + (i % 2) }, () => words(bad, 3))
    const label = random.integer(choices.length)
    choices[label] = words(good, 3)
    return JSON.stringify({ question: 'film', choices, label: i % 3 === 0 ? choices[label] : label })
  })
  return `${lines.join('\n')}\n`
}

beforeAll(async () => {
  folder = await temporaryDirectory()
  await makeVocabulary(at('tok'))
  await makeModelFolder(at('base'), at('tok'))
  for (const [name, rows, seed] of [
    ['train', 160, 1],
    ['test', 40, 2],
  ] as const) {
    await writeFile(at(`${name}-regression.tsv`), similarityTsv(rows, seed))
    await writeFile(at(`${name}-multi-label.csv`), moodsCsv(rows, seed))
    await writeFile(at(`${name}-next-sentence.csv`), pairsCsv(rows, seed))
    await writeFile(at(`${name}-multiple-choice.jsonl`), choicesJsonl(rows, seed))
  }
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs a command with --json in this process. */
// biome-ignore lint/suspicious/noExplicitAny: whatever JSON a command prints
async function json(...args: string[]): Promise<any> {
  const { status, stdout, stderr } = await runHere([...args, '--json', '--threads', '1'])
  expect(status, stderr + stdout).toBe(0)
  return JSON.parse(stdout)
}

const finetune = (task: string, file: string, output: string, ...rest: string[]) =>
  json(
    ...['finetune', '--task', task, '--train', at(file), '--output', at(output), '--batch-size', '16'],
    ...[
      '--learning-rate',
      '0.02',
      '--no-dropout',
      ...(rest.includes('--model') ? [] : ['--model', at('base')]),
      ...rest,
    ],
  )

const evaluate = (model: string, file: string, ...rest: string[]) =>
  json('evaluate', '--model', at(model), '--data', at(file), ...rest)

const predict = (model: string, ...rest: string[]) => json('predict', '--model', at(model), ...rest)

function expectIntervals(metrics: Record<string, { value: number; low: number; high: number }>): void {
  for (const [name, { value, low, high }] of Object.entries(metrics)) {
    expect(low, name).toBeLessThanOrEqual(value)
    expect(high, name).toBeGreaterThanOrEqual(value)
  }
}

test('regression: finetune, evaluate, predict, pipeline', { timeout: 120_000 }, async () => {
  const finetuned = await finetune('regression', 'train-regression.tsv', 'r', '--eval-split', '0.2', '--epochs', '8')
  expect(Object.keys(finetuned.metrics)).toEqual(['pearson', 'spearman', 'mse', 'rmse', 'mae', 'r2', 'loss'])
  const { config } = await describeModel(at('r'))
  expect(config).toMatchObject({ problemType: 'regression', labels: ['LABEL_0'] })
  const { labels, uses } = await json('inspect', at('r'))
  expect([labels, uses[2]]).toEqual([[], expect.stringContaining('finetune --task regression')])
  const report = await readFile(at('r/report.html'), 'utf8')
  for (const part of ['Predicted against true values', 'Always the mean', 'furthest from the truth'])
    expect(report).toContain(part)

  const { examples, metrics } = await evaluate('r', 'test-regression.tsv')
  expect(examples).toBe(40)
  expectIntervals(metrics)
  expect(metrics.pearson.value).toBeGreaterThan(0.9)

  const { predictions } = await predict('r', '--pairs', 'good great', 'bad dull', 'good', 'bad dull awful')
  expect(predictions).toEqual([
    { text: 'good great', textPair: 'bad dull', value: expect.any(Number) },
    { text: 'good', textPair: 'bad dull awful', value: expect.any(Number) },
  ])
  expect(predictions[0].value).toBeGreaterThan(predictions[1].value)
  const judge = await pipeline('regression', at('r'), { threads: 1 })
  expect((await judge({ text: 'good great', textPair: 'bad dull' })).value).toBeCloseTo(predictions[0].value, 5)
  await judge.close()

  const written = await predict('r', '--input', at('test-regression.tsv'), '--output', at('r.csv'))
  expect(written.predictions).toHaveLength(40)
  expect((await readFile(at('r.csv'), 'utf8')).split('\n')[0]).toBe('text,text_pair,value')
})

test('multi-label classification: finetune, evaluate, predict, pipeline', { timeout: 120_000 }, async () => {
  const task = 'multi-label-classification'
  await finetune(task, 'train-multi-label.csv', 'm', '--eval', at('test-multi-label.csv'), '--epochs', '4')
  const { config } = await describeModel(at('m'))
  expect(config).toMatchObject({ problemType: 'multi_label_classification', labels: ['negative', 'positive', 'warm'] })
  const { bestThresholds: saved } = JSON.parse(await readFile(at('m/metrics.json'), 'utf8'))

  const { metrics, bestThresholds } = await evaluate('m', 'test-multi-label.csv')
  expectIntervals(metrics)
  expect(metrics.f1_micro.value).toBeGreaterThan(0.9)
  expect(bestThresholds).toEqual({
    micro: { threshold: expect.any(Number), f1: expect.any(Number) },
    macro: { threshold: expect.any(Number), f1: expect.any(Number) },
    perLabel: { negative: expect.anything(), positive: expect.anything(), warm: expect.anything() },
  })
  expect(bestThresholds).toEqual(saved)
  const never = await evaluate('m', 'test-multi-label.csv', '--threshold', '1', '--metrics', 'recall_micro')
  expect(never.metrics.recall_micro.value).toBe(0)

  const { predictions } = await predict('m', 'good great lovely film', 'bad dull awful film')
  const labels = predictions.map((each: { labels: { label: string }[] }) =>
    each.labels.map(({ label }) => label).sort(),
  )
  expect(labels).toEqual([['positive', 'warm'], ['negative']])
  expect(Object.keys(predictions[0])).toEqual(['text', 'labels', 'scores'])
  const label = await pipeline('multi-label-classification', at('m'), { threads: 1 })
  const judged = await label('bad dull awful film')
  expect(judged.labels).toEqual([{ label: 'negative', score: judged.scores.negative }])
  expect(judged.scores.negative).toBeCloseTo(predictions[1].scores.negative, 5)
  const more = await label('bad dull awful film', { threshold: { negative: 1, warm: 0 } })
  expect(more.labels).toEqual([{ label: 'warm', score: more.scores.warm }])
  await expect(label('film', { threshold: { positiv: 0 } })).rejects.toThrow(/did you mean "positive"/)
  await label.close()
})

test('next sentence: finetune, evaluate, predict, pipeline', { timeout: 120_000 }, async () => {
  const task = 'next-sentence'
  await finetune(task, 'train-next-sentence.csv', 'n', '--eval', at('test-next-sentence.csv'), '--epochs', '6')
  const json = JSON.parse(await readFile(at('n/config.json'), 'utf8'))
  expect(json).toMatchObject({
    architectures: ['BertForNextSentencePrediction'],
    id2label: { 0: 'isNext', 1: 'notNext' },
  })
  const { metrics } = await evaluate('n', 'test-next-sentence.csv')
  expectIntervals(metrics)
  expect(metrics.accuracy.value).toBeGreaterThan(0.9)
  const { predictions } = await predict(
    'n',
    'good great lovely',
    'bright good good',
    'good good great',
    'bad awful dull',
  )
  expect(predictions.map(({ label }: { label: string }) => label)).toEqual(['isNext', 'notNext'])
  const { scores, score } = predictions[1]
  expect(scores.notNext).toBe(score)
  expect(scores.isNext + scores.notNext).toBeCloseTo(1, 6)
  const follows = await pipeline('next-sentence', at('n'), { threads: 1 })
  const judged = await follows({ text: 'good good great', textPair: 'bad awful dull' })
  expect(judged).toEqual({ ...predictions[1], score: judged.score, scores: judged.scores })
  expect(judged.score).toBeCloseTo(score, 5)
  await expect(follows(['good'])).rejects.toThrow(/text 1: there is no second text/)
  await follows.close()
})

test('multiple choice: finetune, evaluate, predict, pipeline', { timeout: 120_000 }, async () => {
  const task = 'multiple-choice'
  await finetune(task, 'train-multiple-choice.jsonl', 'c', '--eval-split', '0.2', '--epochs', '4')
  const report = await readFile(at('c/report.html'), 'utf8')
  for (const part of ['Chance', 'Always the first']) expect(report).toContain(part)
  const { metrics } = await evaluate('c', 'test-multiple-choice.jsonl')
  expectIntervals(metrics)
  expect(metrics.accuracy.value).toBeGreaterThan(0.9)
  const { predictions } = await predict('c', '--question', 'film', 'bad dull', 'good great', 'awful')
  expect(predictions).toEqual([
    {
      question: 'film',
      choices: ['bad dull', 'good great', 'awful'],
      label: 1,
      choice: 'good great',
      score: expect.any(Number),
      scores: [expect.any(Number), predictions[0].score, expect.any(Number)],
    },
  ])
  const choose = await pipeline('multiple-choice', at('c'), { threads: 1 })
  const question = { question: 'film', choices: ['bad dull', 'good great', 'awful'] }
  const chosen = await choose(question)
  expect(chosen).toEqual({ ...predictions[0], score: chosen.score, scores: chosen.scores })
  expect(chosen.score).toBeCloseTo(predictions[0].score, 5)
  await expect(choose([{ question: 'film', choices: ['x'] }])).rejects.toThrow(/question 1 has 1 choices/)
  await choose.close()
  const written = await predict('c', '--input', at('test-multiple-choice.jsonl'), '--output', at('c.jsonl'))
  expect(written.predictions).toHaveLength(40)
})

describe('a model of one task as the start of another has a new head, and says so', () => {
  test.each([
    ['regression', 'text-classification', 'single_label_classification'],
    ['text-classification', 'regression', 'regression'],
    ['text-classification', 'multi-label-classification', 'multi_label_classification'],
    ['multi-label-classification', 'text-classification', 'single_label_classification'],
  ])('%s to %s', { timeout: 60_000 }, async (from, to, problemType) => {
    const data: Record<string, string> = {
      regression: 'train-regression.tsv',
      'multi-label-classification': 'train-multi-label.csv',
      'text-classification': 'train-classes.csv',
    }
    // As many labels as the other model has, so that the shapes of its head would fit.
    await writeFile(at('train-classes.csv'), 'text,label\ngood,negative\nbad,positive\ngreat,negative\ndull,positive\n')
    await mkdir(at('heads'), { recursive: true })
    const first = join('heads', `${from}-${to}`)
    await finetune(from, data[from], first, '--max-steps', '1')
    const second = `${first}-2`
    const { status, stderr } = await runHere([
      ...['finetune', '--task', to, '--model', at(first), '--train', at(data[to]), '--output', at(second)],
      ...['--max-steps', '1', '--learning-rate', '0', '--threads', '1'],
    ])
    expect(status, stderr).toBe(0)
    expect(stderr).toMatch(/was trained for another task, sequence-classification \(\w+\): its head is not taken over/)
    expect(stderr).toMatch(/the head starts fresh and needs training.*classifier\.bias, classifier\.weight/)
    expect((await describeModel(at(second))).config.problemType).toBe(problemType)
    const head = async (name: string) => {
      const model = await pipelineModel(at(name))
      return model.parameter('classifier.weight').finally(() => model.close())
    }
    expect(await head(second)).not.toEqual(await head(first))
  })

  async function pipelineModel(directory: string) {
    const { loadModel } = await import('../checkpoints/node.ts')
    return loadModel(directory, undefined, { threads: 1, requireHead: true })
  }
})
