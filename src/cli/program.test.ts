import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { labelledCsv, makeModelFolder, startProgram, temporaryDirectory } from './program.samples.ts'

let folder: string
beforeAll(async () => {
  folder = await temporaryDirectory()
  await writeFile(join(folder, 'train.csv'), labelledCsv(160, 1))
  await writeFile(join(folder, 'test.csv'), labelledCsv(40, 2))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs the program with --json; stdout must hold one JSON object and nothing else. */
async function json(...args: string[]): Promise<Record<string, never>> {
  const { status, stdout, stderr } = await startProgram(args.includes('--') ? args : [...args, '--json'], folder).done
  expect(status, stderr + stdout).toBe(0)
  expect(stdout.trim().split('\n')).toHaveLength(1)
  return JSON.parse(stdout)
}

test('tokenizer train, finetune, evaluate, predict and inspect, one after the other', async () => {
  const trained = await json(...'tokenizer train --input train.csv --vocab-size 60 --lowercase --output tok'.split(' '))
  expect(trained).toEqual({ output: 'tok', vocabSize: expect.any(Number), seconds: expect.any(Number) })
  expect(trained.vocabSize).toBeLessThanOrEqual(60)
  expect(await readdir(join(folder, 'tok'))).toContain('tokenizer.json')

  await makeModelFolder(join(folder, 'base'), join(folder, 'tok'))
  await writeFile(join(folder, 'run.yaml'), 'epochs: 50\nlearningRate: 0.02\nbatch-size: 16\neval-split: 0.2\n')
  const finetuned = await json(
    ...'finetune --task text-classification --model base --train train.csv --output out --threads 1'.split(' '),
    ...'--config run.yaml --epochs 8 --no-dropout --load-best-model-at-end --metric-for-best-model balanced_accuracy'.split(
      ' ',
    ),
  )
  // 128 of 160 rows in batches of 16 over 8 epochs, not the 50 of the file.
  expect(finetuned).toEqual({
    output: 'out',
    steps: 64,
    seconds: expect.any(Number),
    tokensPerSecond: expect.any(Number),
    metrics: expect.objectContaining({ accuracy: expect.any(Number), balanced_accuracy: expect.any(Number) }),
  })
  const { metrics } = finetuned as unknown as { metrics: Record<string, number> }
  expect(metrics.accuracy).toBeGreaterThan(0.9)
  const files = await readdir(join(folder, 'out'))
  for (const name of [
    'config.json',
    'model.safetensors',
    'tokenizer.json',
    'trainer_state.json',
    'metrics.json',
    'report.html',
    'README.md',
    'checkpoint-64',
  ]) {
    expect(files).toContain(name)
  }
  expect(files.filter((name) => name.startsWith('.') || name.endsWith('.tmp'))).toEqual([])
  const state = JSON.parse(await readFile(join(folder, 'out/trainer_state.json'), 'utf8'))
  expect(state).toMatchObject({ global_step: 64, max_steps: 64, train_batch_size: 16 })
  const report = await readFile(join(folder, 'out/report.html'), 'utf8')
  for (const part of ['Always “', 'positive', 'onnxruntime-node', 'balanced']) expect(report).toContain(part)

  const evaluated = (await json(...'evaluate --model out --data test.csv'.split(' '))) as unknown as {
    examples: number
    metrics: Record<string, { value: number; low: number; high: number }>
  }
  expect(evaluated.examples).toBe(40)
  for (const [name, { value, low, high }] of Object.entries(evaluated.metrics)) {
    expect(low, name).toBeLessThanOrEqual(value)
    expect(high, name).toBeGreaterThanOrEqual(value)
  }
  expect(evaluated.metrics.accuracy.value).toBeGreaterThan(0.9)

  const { predictions } = (await json(
    'predict',
    '--json',
    '--model',
    'out',
    'good great film',
    '--',
    '--awful dull',
  )) as unknown as {
    predictions: { text: string; label: string; score: number; scores: Record<string, number> }[]
  }
  expect(predictions.map(({ text, label }) => [text, label])).toEqual([
    ['good great film', 'positive'],
    ['--awful dull', 'negative'],
  ])
  const { scores, score } = predictions[0]
  expect(scores.positive).toBe(score)
  expect(scores.positive + scores.negative).toBeCloseTo(1, 6)

  const { status, stdout } = await startProgram(
    'predict --model out --input test.csv --output labels.csv'.split(' '),
    folder,
  ).done
  expect([status, stdout]).toEqual([0, 'labels.csv: 40 predictions\n'])
  const lines = (await readFile(join(folder, 'labels.csv'), 'utf8')).trim().split('\n')
  expect(lines[0]).toBe('text,text_pair,label,score,score_negative,score_positive')
  expect(lines).toHaveLength(41)
  expect(lines[1]).toMatch(/^"[a-z ]+, film",,positive,0\.\d+,/)

  const inspected = await json('inspect', 'out')
  expect(inspected).toMatchObject({
    modelType: 'bert',
    architecture: 'BertForSequenceClassification',
    layers: 2,
    hiddenSize: 12,
    maxLength: 16,
    labels: ['negative', 'positive'],
    uses: [
      'bertsmith predict --model out "A text."',
      'bertsmith evaluate --model out --data FILE',
      'bertsmith finetune --task text-classification --model out … (more training)',
      'bertsmith finetune --task TASK --model out … (a new head)',
    ],
  })
})
