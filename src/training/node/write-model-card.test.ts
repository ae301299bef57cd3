import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { createModel } from '../../checkpoints/node.ts'
import type { Example } from '../../data/example.ts'
import { bertConfig } from '../../models/bert-config.ts'
import { BertTokenizer } from '../../tokenizers/index.ts'
import { CARD_MARK } from '../report/card-mark.ts'
import { type FinetuneClassifierOptions, finetuneClassifier } from './finetune.ts'

const root = temporaryFolder()
const tokenizer = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'good', 'bad', 'film'] })
const labels = ['no', 'yes']

const examples = (count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    text: i % 2 === 0 ? 'bad film' : 'good film',
    label: labels[i % 2],
    source: { file: 'made.csv', row: i + 2 },
  }))

async function run(output: string, options: Partial<FinetuneClassifierOptions> = {}) {
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
  const args = { epochs: 1, seed: 5, ...options.args }
  const given = { model, tokenizer, trainExamples: examples(24), evalExamples: examples(8), watch: false }
  return finetuneClassifier({ ...given, output, ...options, args }).finally(() => model.close())
}

const cardOf = (output: string) => readFile(join(output, 'README.md'), 'utf8')

test("has the run's facts, with files' names but not their folders", async () => {
  const output = join(root, 'the model')
  const { cardPath, files, metrics } = await run(output, {
    trainSource: '/home/ann/secret/train.csv',
    evalSource: '/home/ann/secret/dev.csv',
    modelName: '/home/ann/.cache/huggingface/hub/models--google--bert_tiny/snapshots/0f1e',
    warnings: ['/home/ann/secret/train.csv: odd.'],
    card: { language: 'en' },
    args: { weightDecay: 0.01 },
  })
  expect(cardPath).toBe(join(output, 'README.md'))
  expect(files).toContain('README.md')
  const card = await cardOf(output)
  const { 'model-index': index, ...data } = parse(card.split('\n---\n')[0])
  expect(data).toEqual({
    language: 'en',
    library_name: 'transformers',
    pipeline_tag: 'text-classification',
    base_model: 'google/bert_tiny',
    tags: ['bertsmith', 'bert', 'text-classification'],
    metrics: ['accuracy', 'f1', 'precision', 'recall'],
  })
  expect(index[0].name).toBe('the model')
  expect(index[0].results[0].dataset).toEqual({ name: 'dev.csv', type: 'unknown' })
  expect(index[0].results[0].metrics[0].value).toBe(metrics.accuracy.value)
  expect(card).not.toContain('/home')
  for (const part of [
    'train.csv: odd.',
    '24 examples (train.csv)',
    '| weightDecay | 0.01 |',
    '| seed | 5 |',
    '| labels | no, yes |',
    '| onnxruntime-node |',
  ])
    expect(card).toContain(part)
  expect(card).not.toMatch(/adamBeta1|doctor/)
})

test('does not say where the logs are', async () => {
  const output = join(root, 'logged')
  const loggingDir = join(root, 'secret', 'logs')
  await run(output, { args: { maxSteps: 1, reportTo: ['jsonl'], loggingDir } })
  expect(await readdir(loggingDir)).not.toEqual([])
  expect(await cardOf(output)).not.toMatch(/secret|loggingDir|reportTo/)
})

test('several files, and parts of files, keep their names', async () => {
  const output = join(root, 'several')
  await run(output, {
    trainSource: '/a b/train.csv',
    evalSource: 'own=/a b/dev.csv, other=/c/=dev.csv',
    args: { maxSteps: 1 },
  })
  expect(await cardOf(output)).toContain('(own=dev.csv, other==dev.csv)')
  await run(output, {
    trainSource: '/a b/train.csv',
    evalSource: '0.2 of /a b/train.csv',
    overwrite: true,
    args: { maxSteps: 1 },
  })
  expect(await cardOf(output)).toContain('(0.2 of train.csv)')
})

test('without evaluation data it has no results', async () => {
  const output = join(root, 'plain')
  await run(output, { evalExamples: [], args: { maxSteps: 1 } })
  const card = await cardOf(output)
  expect(card).toContain('The model was not evaluated.')
  expect(card).not.toContain('model-index')
})

test('a README.md of the user stays, and one of ours is written anew until its line is taken away', async () => {
  const output = join(root, 'mine')
  await mkdir(output)
  await writeFile(join(output, 'README.md'), '# Mine\n')
  const first = await run(output)
  expect([first.cardPath, first.files.includes('README.md')]).toEqual([undefined, false])
  expect(await cardOf(output)).toBe('# Mine\n')
  await run(output, { overwrite: true })
  expect(await cardOf(output)).toBe('# Mine\n')

  await writeFile(join(output, 'README.md'), `${CARD_MARK}\n`)
  await run(output, { resume: true, card: { license: 'mit' } })
  const written = await cardOf(output)
  expect(written).toContain('license: mit')
  const kept = written.replace(`${CARD_MARK}\n`, '')
  await writeFile(join(output, 'README.md'), kept)
  await run(output, { resume: true })
  expect(await cardOf(output)).toBe(kept)
})

test('a run that replaces another takes the card away as it begins', async () => {
  const output = join(root, 'replaced')
  await run(output)
  const stopped = new AbortController()
  stopped.abort()
  await run(output, { overwrite: true, signal: stopped.signal })
  expect(await readdir(output)).not.toContain('README.md')
})
