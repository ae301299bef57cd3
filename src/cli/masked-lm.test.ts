import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomStream } from '../core/random.ts'
import { collateMaskedTexts, encodeMaskedTexts } from '../data/mask-texts.ts'
import { loadTokenizer } from '../tokenizers/node.ts'
import { makeModelFolder, makeVocabulary, runHere, temporaryDirectory } from './program.samples.ts'

let folder: string
const at = (name: string) => join(folder, name)

/** Either four good words or four bad ones: what is masked can be told from the others, as good or bad. */
function texts(rows: number, seed: number): string {
  const random = randomStream(seed, 'texts')
  const kinds = [
    ['good', 'great'],
    ['bad', 'awful'],
  ]
  return Array.from({ length: rows }, (_, i) => {
    const words = kinds[i % 2]
    return `${Array.from({ length: 6 }, () => words[random.integer(2)]).join(' ')} film\n`
  }).join('')
}

beforeAll(async () => {
  folder = await temporaryDirectory()
  await makeVocabulary(at('tok'))
  await makeModelFolder(at('base'), at('tok'))
  await writeFile(at('train.txt'), texts(160, 1))
  await writeFile(at('test.txt'), texts(40, 2))
  await writeFile(at('long.txt'), `${'good great '.repeat(30)}\nfilm\n`)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function json(...args: string[]) {
  const { status, stdout, stderr } = await runHere([...args, '--json', '--threads', '1'])
  expect(status, stdout + stderr).toBe(0)
  return JSON.parse(stdout)
}

const finetune = (output: string, ...more: string[]) =>
  json(
    ...['finetune', '--task', 'masked-lm', '--model', at('base'), '--train', at('train.txt'), '--output', at(output)],
    ...['--batch-size', '8', '--learning-rate', '0.02', '--no-dropout', '--mask-probability', '0.3', ...more],
  )

describe('finetune, evaluate and predict, one after the other', () => {
  test('it learns what stands together, the same with the same seed', async () => {
    const { metrics } = await finetune('one', '--epochs', '4', '--eval', at('test.txt'))
    expect(Object.keys(metrics)).toEqual(['perplexity', 'masked_accuracy', 'loss'])
    expect(metrics.perplexity).toBeCloseTo(Math.exp(metrics.loss), 10)
    // 15 tokens where nothing is known, 4.9 by how often words come, 2 where it is seen which words stand around.
    expect(metrics.perplexity).toBeLessThan(4)
    expect(metrics.masked_accuracy).toBeGreaterThan(0.3)
    expect((await finetune('again', '--epochs', '4', '--eval', at('test.txt'))).metrics).toEqual(metrics)
  })

  test('a run goes on with the masks that it began with', async () => {
    await finetune('masks', '--max-steps', '4', '--save-steps', '2', '--save-strategy', 'steps')
    const again = ['--model', at('base'), '--train', at('train.txt'), '--output', at('masks'), '--resume']
    const { status, stderr } = await runHere(['finetune', '--task', 'masked-lm', ...again, '--max-steps', '4'])
    expect([status, stderr]).toEqual([2, expect.stringContaining('taskSettings')])
  })

  test('evaluate masks the same tokens each time, reads all of long texts, and compares two models', async () => {
    const args = ['evaluate', '--model', at('one'), '--mask-probability', '0.3']
    const first = await json(...args, '--data', at('test.txt'))
    expect(await json(...args, '--data', at('test.txt'), '--batch-size', '3')).toEqual(first)
    expect(first.metrics.perplexity.low).toBeLessThan(first.metrics.perplexity.high)
    expect((await json(...args, '--data', at('long.txt'))).examples).toBe(2)
    const { comparison } = await json(...args, '--data', at('test.txt'), '--compare', at('base'))
    expect(comparison.metrics.perplexity.difference).toBeLessThan(-5)
    expect(comparison.metrics.perplexity.p).toBeLessThan(0.01)
    // A model that was pre-trained on tokens and pairs is a language model too.
    await makeModelFolder(at('pairs'), at('tok'), 'pretraining')
    const pairs = await json('evaluate', '--model', at('pairs'), '--data', at('test.txt'), '--compare', at('one'))
    expect(pairs.comparison.metrics.perplexity.difference).toBeGreaterThan(5)
    const { uses } = await json('inspect', at('pairs'))
    expect(uses[0]).toBe(`bertsmith predict --model ${at('pairs')} "A text with a [MASK]."`)
  })

  test('predict fills masks', async () => {
    const { fills } = await json('predict', '--model', at('one'), 'bad awful [MASK] awful bad film', '--top-k', '2')
    expect(fills).toHaveLength(2)
    expect(['good', 'great', 'bad', 'awful']).toContain(fills[0].token)
  })
})

test('long texts become parts that are read once; words, and never special or unknown tokens, are masked', async () => {
  const tokenizer = await loadTokenizer(at('tok'))
  const example = { text: `${'good great '.repeat(9)}unheard`, source: { file: 'a.txt', row: 1 } }
  const items = encodeMaskedTexts([example], tokenizer, { maxLength: 9 })
  expect(items.map(({ ids }) => ids.length)).toEqual([9, 9, 7])
  const inner = items.flatMap(({ ids }) => [...ids.subarray(1, -1)])
  expect(inner).toEqual([...tokenizer.encode(example.text).ids].slice(1, -1))
  const batch = collateMaskedTexts(items, {
    epoch: 0,
    batch: 0,
    seed: 3,
    masking: { kind: 'whole-word', probability: 1 },
  })
  expect(batch.labels.length).toBe(18)
  expect([...batch.labels]).not.toContain(tokenizer.unkId)
  const again = collateMaskedTexts(items.slice(1), { epoch: 0, batch: 5, seed: 3 })
  const whole = collateMaskedTexts(items, { epoch: 0, batch: 0, seed: 3 })
  expect([...again.ids]).toEqual([...whole.ids.subarray(9)])
  expect([...collateMaskedTexts(items, { epoch: 1, batch: 0, seed: 3 }).ids]).not.toEqual([...whole.ids])
})

test.each([
  ['a masking that there is not', ['--masking', 'words'], 'FLAG_VALUE'],
  ['a share above 1', ['--mask-probability', '1.5'], 'MASK_PROBABILITY'],
  ['a metric of another task', ['--metric-for-best-model', 'accuracy', '--eval', 'test.txt'], 'UNKNOWN_METRIC'],
  ['class weights', ['--class-weights', 'balanced'], 'LOSS_OPTIONS'],
  ['a flag of another task', ['--stride', '3'], 'FLAG_TASK'],
])('%s is refused', async (_, flags, code) => {
  const args = ['finetune', '--task', 'masked-lm', '--model', at('base'), '--train', at('train.txt')]
  const output = ['--output', at(`refused ${code}`), '--json']
  const given = flags.map((flag) => (flag === 'test.txt' ? at(flag) : flag))
  const { status, stdout } = await runHere([...args, ...output, ...given])
  expect([status, JSON.parse(stdout).error.code]).toEqual([2, code])
})
