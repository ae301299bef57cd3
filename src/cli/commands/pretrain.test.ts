import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { randomStream } from '../../core/random.ts'
import { BertTokenizer } from '../../tokenizers/index.ts'
import { saveTokenizer } from '../../tokenizers/node.ts'
import { runHere } from '../program.samples.ts'

const root = temporaryFolder()
const words = ['the', 'cat', 'dog', 'sees', 'a', 'red', 'blue', 'bird', '.']

beforeAll(async () => {
  const vocab = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words]
  mkdirSync(join(root, 'tokenizer'))
  await saveTokenizer(new BertTokenizer({ vocab }), join(root, 'tokenizer'))
  const random = randomStream(3, 'texts')
  const one = (...of: string[]) => of[random.integer(of.length)]
  const sentence = () => `the ${one('red', 'blue')} ${one('cat', 'dog')} sees a bird .`
  const documents = Array.from({ length: 9 }, () => Array.from({ length: 4 }, sentence).join('\n'))
  writeFileSync(join(root, 'texts.txt'), documents.join('\n\n'))
})

const run = (output: string, ...more: string[]) =>
  runHere([
    ...['pretrain', '--corpus', join(root, 'texts.txt'), '--output', join(root, output)],
    ...['--size', 'tiny', '--tokenizer', join(root, 'tokenizer'), '--eval-share', '0.2', '--threads', '1', ...more],
  ])

test('from scratch, in two phases', async () => {
  const phases = ['--phases', '9:0.5,21:0.5:2', '--max-steps', '4', '--json']
  const { status, stdout, stderr } = await run('two', ...phases, '--batch-size', '4')
  expect([status, stderr]).toEqual([0, expect.stringContaining('BertForMaskedLM')])
  expect(JSON.parse(stdout)).toMatchObject({ steps: 4, metrics: { perplexity: expect.any(Number) } })
  const config = JSON.parse(readFileSync(join(root, 'two', 'config.json'), 'utf8'))
  expect(config.max_position_embeddings).toBe(21)
  expect(readdirSync(join(root, 'two'))).toEqual(
    expect.arrayContaining(['model.safetensors', 'report.html', 'vocab.txt']),
  )
})

test.each([
  ['128', /LENGTH:SHARE.*"128"/s],
  ['9:0.5,21', /"21"/],
  ['9:0.5:x,21:0.5', /"9:0.5:x"/],
  ['9:0.5,21:0.4', /add up to 1, not 0.5 \+ 0.4/],
  ['2:0.5,21:0.5', /maxLength must be a whole number from 3/],
])('--phases %s is refused', async (phases, message) => {
  const { status, stderr } = await run('refused', '--phases', phases, '--max-steps', '4')
  expect([status, stderr]).toEqual([2, expect.stringMatching(message)])
})

test('--phases beside --max-length is refused', async () => {
  const { status, stderr } = await run('refused', '--phases', '9:1', '--max-length', '9')
  expect([status, stderr]).toEqual([2, expect.stringMatching(/contradict/)])
})
