import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { createModel } from '../../checkpoints/node.ts'
import type { Example } from '../../data/example.ts'
import { bertConfig } from '../../models/bert-config.ts'
import { BertTokenizer } from '../../tokenizers/index.ts'
import { type FinetuneClassifierOptions, finetuneClassifier } from './finetune.ts'

const root = temporaryFolder()
const words = ['good', 'great', 'lovely', 'bad', 'awful', 'dull']
const tokenizer = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words] })
const labels = ['down', 'up']

const examples = (count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    text: `${words[i % 6]} ${words[((i + 1) % 3) | 0]}`,
    label: labels[Number(i % 6 < 3)],
    source: { file: 'made.csv', row: i + 2 },
  }))

async function run(options: Partial<FinetuneClassifierOptions> & { output: string }) {
  const config = bertConfig({
    vocabSize: tokenizer.vocabSize,
    hiddenSize: 12,
    numHiddenLayers: 1,
    numAttentionHeads: 3,
    intermediateSize: 17,
    maxPositionEmbeddings: 8,
    labels,
  })
  const model = await createModel('sequence-classification', 'bert', config, { threads: 1 })
  return finetuneClassifier({ model, tokenizer, trainExamples: examples(48), ...options }).finally(() => model.close())
}

test('an early stop is not gone beyond when the end of the run was lost', async () => {
  const output = join(root, 'early')
  // Nothing improves at learning rate 0, so the second evaluation after the first ends the run.
  const args = { learningRate: 0, dropout: false, earlyStoppingPatience: 2, epochs: 10 }
  const whole = await run({ output, args, evalExamples: examples(12) })
  expect([whole.result.reason, whole.result.steps]).toEqual(['early-stopping', 18])
  const again = await run({ output, args, evalExamples: examples(12), resume: true })
  expect([again.result.reason, again.result.steps]).toEqual(['early-stopping', 18])
  expect(again.metrics).toEqual(whole.metrics)
})

test('to resume a run that is done leaves its numbers', async () => {
  const output = join(root, 'done')
  const options = { output, args: { epochs: 1 }, evalExamples: examples(12) }
  const { result } = await run(options)
  const before = await readFile(join(output, 'metrics.json'), 'utf8')
  expect(JSON.parse(before).training).toMatchObject({ steps: 6, loss: result.loss, seconds: result.seconds })
  expect(result.seconds).toBeGreaterThan(0)
  expect(result.loss).toBeGreaterThan(0)
  await run({ ...options, resume: true })
  expect(await readFile(join(output, 'metrics.json'), 'utf8')).toBe(before)
})

test('of several evaluation sets, too', async () => {
  const evalExamples = { a: examples(12), a_b: examples(5) }
  const args = { epochs: 2, metricForBestModel: 'a_b_f1' }
  const output = join(root, 'pauses in sets')
  const { paused, result, metrics } = await run({ output, args, evalExamples, pauseAfter: { epochs: 1 } })
  expect([paused, result.steps]).toEqual([true, 6])
  expect(Object.keys(metrics)).toEqual(expect.arrayContaining(['a_loss', 'a_b_f1']))
  const end = await run({ output, args, evalExamples, resume: true })
  const report = await readFile(end.reportPath!, 'utf8')
  expect(report).not.toMatch(/samples per second/i)
  expect(report).toContain('</i>a_b <b>')
})

test('a run that pauses at evaluations, and is killed there, ends as one that does not', async () => {
  const args = { epochs: 4, warmupRatio: 0.3, learningRate: 0.01, loggingSteps: 4, saveStrategy: 'no' as const }
  const options = { args, evalExamples: examples(12) }
  const whole = await run({ output: join(root, 'whole'), ...options })
  const evaluations = whole.result.state.log_history.filter((entry) => 'eval_loss' in entry)
  const output = join(root, 'pauses')
  for (const [pauseAfter, epochs] of [
    [{ epochs: 1 }, 1],
    [{ epochs: 1 }, 1], // as if what asked for the pause had been killed before it knew of it
    [{ steps: 13 }, 3],
    [{ epochs: 4 }, 4],
  ] as const) {
    const { result, paused, metrics } = await run({ output, ...options, pauseAfter, resume: true })
    expect([result.steps, paused]).toEqual([6 * epochs, epochs < 4])
    expect(metrics.loss.value).toBe(evaluations[epochs - 1].eval_loss)
    expect(metrics.accuracy.low).toBeLessThanOrEqual(metrics.accuracy.value)
    const { metrics: written, training } = JSON.parse(await readFile(join(output, 'metrics.json'), 'utf8'))
    expect([written, training.steps]).toEqual([metrics, result.steps])
  }
  const weights = (folder: string) => readFile(join(root, folder, 'model.safetensors'))
  expect((await weights('pauses')).equals(await weights('whole'))).toBe(true)
  const again = JSON.parse(await readFile(join(output, 'trainer_state.json'), 'utf8'))
  const rates = ({ log_history }: typeof again) => log_history.map(({ learning_rate }: typeof again) => learning_rate)
  expect(rates(again)).toEqual(rates(whole.result.state))
})

test('without evaluation data there are no metrics, but a report', async () => {
  const output = join(root, 'plain')
  const { metrics, reportPath } = await run({ output, args: { maxSteps: 3 } })
  expect(metrics).toEqual({})
  expect(await readFile(reportPath!, 'utf8')).toContain('48 examples')
  const { training } = JSON.parse(await readFile(join(output, 'metrics.json'), 'utf8'))
  expect(training.steps).toBe(3)
})

test('the last evaluation of the training and the final metrics are the same numbers', async () => {
  const { result, metrics } = await run({
    output: join(root, 'same'),
    args: { epochs: 2, learningRate: 0.01 },
    evalExamples: examples(12),
  })
  const last = result.state.log_history.filter((entry) => 'eval_loss' in entry).at(-1)!
  for (const name of ['loss', 'accuracy', 'f1_macro']) expect(metrics[name].value).toBe(last[`eval_${name}`])
})

test.each([
  ['an unknown metric', { args: { metricForBestModel: 'f2' }, evalExamples: examples(6) }, /unknown metric "f2"/],
  ['evaluation without data', { args: { evalStrategy: 'epoch' as const } }, /there is no evaluation data/],
  [
    'a label that the model lacks',
    { trainExamples: [{ ...examples(1)[0], label: 'side' }] },
    /made\.csv, row 2: .*"side"/,
  ],
  ['no examples', { trainExamples: [] }, /no training example/],
  ['a length that the model cannot take', { maxLength: 9 }, /from 3 to 8, the model's limit, not 9/],
  ['a pause without evaluations', { pauseAfter: { epochs: 1 } }, /pauseAfter.epochs needs evaluations/],
  ['a pause at nothing', { pauseAfter: { steps: 0 } }, /pauseAfter.steps must be above 0, not 0/],
  ['weights that are all 0', { args: { classWeights: { up: 0, down: 0 } } }, /classWeights are 0 for all classes/],
  [
    'logs below a file',
    { args: { reportTo: ['jsonl' as const], loggingDir: join(import.meta.filename, 'logs') } },
    /finetune\.test\.ts is a file, expected a folder. Choose another loggingDir/,
  ],
  ['a setting out of range', { args: { epochs: 0 } }, /epochs must be a number above 0/],
])('%s is refused before the folder is made', async (_name, options, message) => {
  await expect(run({ output: join(root, 'refused'), ...options })).rejects.toThrow(message)
  expect(await readdir(root)).not.toContain('refused')
})

test("several evaluation sets, metrics of one's own and loggers", async () => {
  const output = join(root, 'sets')
  const labelled = examples(12)
  const options: Partial<FinetuneClassifierOptions> & { output: string } = {
    args: { epochs: 2, learningRate: 0.01, metricForBestModel: 'second_cost', reportTo: ['tensorboard', 'jsonl'] },
    evalExamples: { first: labelled, second: labelled.slice(0, 5) },
    // Twice the number of examples of the second class that are taken for the first.
    computeMetrics: ({ predictions, labels }) => ({
      cost: predictions.reduce((sum, predicted, i) => sum + (labels[i] === 1 && predicted === 0 ? 2 : 0), 0),
      predicted: predictions.length,
    }),
    output,
  }
  const { result, metrics, ownMetrics, reportPath } = await run(options)
  const names = ['accuracy', 'f1', 'f1_macro', 'f1_weighted', 'precision', 'recall', 'loss']
  expect(Object.keys(metrics)).toEqual(['first', 'second'].flatMap((set) => names.map((name) => `${set}_${name}`)))
  expect(ownMetrics).toMatchObject({ first_predicted: 12, second_predicted: 5 })
  const { log_history: log, best_metric } = result.state
  expect(log.filter((entry) => 'eval_second_cost' in entry).map(({ eval_second_cost }) => eval_second_cost)).toContain(
    best_metric,
  )
  expect(log.at(-1)).toMatchObject({ eval_second_cost: ownMetrics.second_cost, eval_second_predicted: 5 })
  expect(metrics.first_accuracy.value).toBe(log.at(-2)!.eval_first_accuracy)
  const json = JSON.parse(await readFile(join(output, 'metrics.json'), 'utf8'))
  expect(json).toMatchObject({ metrics, ownMetrics, sets: { first: { examples: 12 }, second: { examples: 5 } } })
  expect(await readFile(reportPath!, 'utf8')).toContain('17 examples')

  const lines = (await readFile(join(output, 'logs', 'log.jsonl'), 'utf8')).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual(log)
  expect((await readdir(join(output, 'logs'))).sort()).toEqual([expect.stringMatching(/^events\.out/), 'log.jsonl'])
  await run({ ...options, args: { maxSteps: 1 }, overwrite: true })
  expect(await readdir(join(output, 'logs'))).toEqual([])
})

test('callbacks are told of a run and may end it', async () => {
  const seen: string[] = []
  const { result } = await run({
    output: join(root, 'callbacks'),
    args: { maxSteps: 5 },
    callbacks: [
      (event, control) => {
        seen.push(event.type)
        if (event.type === 'step' && event.step === 2) control.stop()
      },
    ],
  })
  expect(result).toMatchObject({ reason: 'stopped', steps: 2 })
  expect(seen.slice(0, 2)).toEqual(['start', 'step'])
})
