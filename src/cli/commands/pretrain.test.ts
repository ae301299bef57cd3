import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { randomStream } from '../../core/random.ts'
import { BertTokenizer } from '../../tokenizers/index.ts'
import { saveTokenizer } from '../../tokenizers/node.ts'
import { runHere } from '../program.samples.ts'

const root = temporaryFolder()
const words = ['the', 'cat', 'dog', 'sees', 'a', 'red', 'blue', 'bird', '.', '##dog']

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
    expect.arrayContaining(['model.safetensors', 'report.html', 'README.md', 'vocab.txt']),
  )
})

test('from a model, with words of the corpus added to its vocabulary', async () => {
  expect((await run('general', '--max-steps', '2')).status).toBe(0)
  const file = join(root, 'domain.txt')
  const documents = Array.from({ length: 6 }, (_, i) => `the catdog sees a bird .\n${i % 2 ? 'a' : 'the'} catdog .`)
  writeFileSync(file, documents.join('\n\n'))
  const adapt = (...more: string[]) => {
    const model = ['--model', join(root, 'general'), '--output', join(root, 'adapted')]
    const flags = ['--grow-vocabulary', '5', '--eval-share', '0.2', '--max-steps', '4', '--threads', '1']
    const saves = ['--save-strategy', 'steps', '--save-steps', '2']
    return runHere(['pretrain', '--corpus', file, ...model, ...flags, ...saves, ...more])
  }
  const { status, stderr } = await adapt()
  expect([status, stderr]).toEqual([
    0,
    expect.stringMatching(/1 word added .*, not 5 \(catdog\): 1\.2\d\d -> 1\.000 tokens a word/),
  ])
  expect(readFileSync(join(root, 'adapted', 'vocab.txt'), 'utf8')).toMatch(/##dog\ncatdog\n$/)
  expect(JSON.parse(readFileSync(join(root, 'adapted', 'config.json'), 'utf8')).vocab_size).toBe(16)
  // The same corpus gives the same words, so a run that is resumed goes on with the same model.
  const weights = () => readFileSync(join(root, 'adapted', 'model.safetensors'))
  const whole = weights()
  rmSync(join(root, 'adapted', 'checkpoint-4'), { recursive: true })
  rmSync(join(root, 'adapted', 'model.safetensors'))
  expect((await adapt('--resume')).status).toBe(0)
  expect(weights().equals(whole)).toBe(true)

  appendFileSync(file, '\n\nthe birddog and the birddog, a birddog, no birddog: birddog')
  const other = await adapt('--resume')
  expect([other.status, other.stderr]).toEqual([2, expect.stringMatching(/belongs to a run with other settings/)])
})

test('a corpus without words to add', async () => {
  const model = ['--model', join(root, 'general'), '--output', join(root, 'same')]
  const flags = ['--grow-vocabulary', '5', '--eval-share', '0.2', '--max-steps', '1', '--threads', '1']
  const { status, stderr } = await runHere(['pretrain', '--corpus', join(root, 'texts.txt'), ...model, ...flags])
  expect([status, stderr]).toEqual([0, expect.stringContaining('no word added to the vocabulary')])
})

test.each([
  ['0', /whole number of at least 1, not 0/],
  ['2.5', /not 2.5/],
  ['-1', /not -1/],
  ['many', /must be a number, not "many"/],
])('--grow-vocabulary %s is refused', async (words, message) => {
  const flags = ['--model', join(root, 'general'), '--output', join(root, 'no'), '--grow-vocabulary', words]
  const { status, stderr } = await runHere(['pretrain', '--corpus', join(root, 'texts.txt'), ...flags])
  expect([status, stderr]).toEqual([2, expect.stringMatching(message)])
})

test('--grow-vocabulary without --model is refused', async () => {
  const { status, stderr } = await run('no', '--grow-vocabulary', '3')
  expect([status, stderr]).toEqual([2, expect.stringMatching(/--model/)])
})

test.each([
  ['128', /LENGTH:SHARE.*"128"/s],
  ['9:0.5,21', /"21"/],
  ['9:0.5:x,21:0.5', /"9:0.5:x"/],
  ['9:0.5:0,21:0.5', /--phases must give phase 1 a batch of at least 1 text, not 0/],
  ['9:0.05,21:0.95', /--phases must give phase 1 one step at least: 0.05 of 4 steps \(--max-steps\) is none/],
  ['9:0..5,21:0.5', /"9:0..5"/],
  ['9:0.5,70000:0.5', /--phases must give phase 2 a length of 3 to 65535 tokens/],
  ['9:0.5,21:0.4', /add up to 1, not 0.5 \+ 0.4/],
  ['2:0.5,21:0.5', /--phases must give phase 1 a length of 3 to 65535 tokens, .* not 2/],
])('--phases %s is refused', async (phases, message) => {
  const { status, stderr } = await run('refused', '--phases', phases, '--max-steps', '4')
  expect([status, stderr]).toEqual([2, expect.stringMatching(message)])
  expect(readdirSync(root)).not.toContain('refused')
})

test.each([
  [['--max-length', '2'], /--max-length must be 3 to 65535 tokens, .* not 2/],
  [['--max-length', '100000'], /--max-length must be 3 to 65535 tokens, .* not 100000/],
  [['--objective', 'mlm,nsp', '--max-length', '4'], /--max-length must be 5 to 65535 tokens/],
  [
    ['--metric-for-best-model', 'nope'],
    /unknown metric "nope".*of this objective: loss, masked_lm_loss, perplexity, masked_accuracy\n/,
  ],
  [['--metric-for-best-model', 'pair_loss'], /unknown metric "pair_loss"/],
  [['--objective', 'rtd', '--metric-for-best-model', 'perplexity'], /Known metrics of this objective: loss\n/],
  [['--objective', 'rtd', '--generator-fraction', '0'], /--generator-fraction must be above 0 and at most 1, not 0/],
  [
    ['--objective', 'rtd', '--generator-fraction', '1.5'],
    /--generator-fraction must be above 0 and at most 1, not 1.5/,
  ],
  [['--generator-fraction', '0.5'], /--generator-fraction is for --objective rtd, .*not for mlm/],
])('%j is refused before anything is read', async (flags, message) => {
  const { status, stderr } = await run('refused', '--max-steps', '4', '--corpus', 'none.txt', ...flags)
  expect([status, stderr]).toEqual([2, expect.stringMatching(message)])
  expect(readdirSync(root)).not.toContain('refused')
})

test('a phase without a step that only the data show leaves nothing', async () => {
  const phases = ['--phases', '9:0.5:500,21:0.5', '--epochs', '1', '--dataloader-drop-last']
  const { status, stderr } = await run('refused', ...phases)
  expect(status, stderr).toBe(2)
  expect(readdirSync(root)).not.toContain('refused')
})

test('--resume of a run of another kind is refused by its name, and changes nothing', async () => {
  const folder = join(root, 'finetuned')
  mkdirSync(folder)
  const settings = JSON.stringify({ trainData: 'x' })
  writeFileSync(join(folder, 'training_args.json'), settings)
  const { status, stderr } = await run('finetuned', '--max-steps', '4', '--resume')
  expect([status, stderr]).toEqual([2, expect.stringContaining('holds a run of finetune, which pretrain cannot go on')])
  expect(readdirSync(folder)).toEqual(['training_args.json'])
  writeFileSync(join(folder, 'training_args.json'), JSON.stringify({ corpus: 'x' }))
  const model = ['--size', 'tiny', '--tokenizer', join(root, 'tokenizer')]
  const args = ['--task', 'text-classification', '--train', 'none.csv', '--output', folder, '--resume', ...model]
  const reverse = await runHere(['finetune', ...args])
  expect([reverse.status, reverse.stderr]).toEqual([
    2,
    expect.stringContaining('holds a run of pretrain, which finetune'),
  ])
})

test('--phases beside --max-length is refused', async () => {
  const { status, stderr } = await run('refused', '--phases', '9:1', '--max-length', '9')
  expect([status, stderr]).toEqual([2, expect.stringMatching(/contradict/)])
})

test('vectors that start from co-occurrences are for new models only', async () => {
  const start = ['--start-embeddings', 'cooccurrence', '--max-steps', '1']
  expect((await run('cooccurrence', ...start)).status).toBe(0)
  const adapt = ['pretrain', '--corpus', join(root, 'texts.txt'), '--model', join(root, 'cooccurrence')]
  const refused = await runHere([...adapt, '--output', join(root, 'refused'), ...start])
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('would replace what --model knows')])
  const unknown = await run('unknown', '--start-embeddings', 'cooccurence')
  expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('did you mean "cooccurrence"?')])
})
