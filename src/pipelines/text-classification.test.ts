import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../test/checkpoint-fixture.ts'
import { allWeights } from '../../test/odd-model.ts'
import { createModel, loadModel } from '../checkpoints/node.ts'
import { CheckpointError, ConfigError, RuntimeError } from '../core/errors.ts'
import { collateSequences } from '../data/collator.ts'
import type { BertTokenizer } from '../tokenizers/index.ts'
import { saveTokenizer } from '../tokenizers/node.ts'
import { textClassification } from '../training/tasks/text-classification.ts'
import { saveClassifier } from './classifier.samples.ts'
import { pipeline } from './node.ts'
import { type TextClassificationPipeline, textClassificationPipeline } from './text-classification.ts'

const root = temporaryFolder()
const folder = join(root, 'model')
const words = ['good', 'great', 'lovely', 'bad', 'awful', 'dull']
const labels = ['down', 'so so', 'up']
/** Rounding of float32 sums in another order. */
const tolerance = 1e-6

let tokenizer: BertTokenizer
let classify: TextClassificationPipeline
beforeAll(async () => {
  tokenizer = await saveClassifier(folder, { words, labels })
  classify = await pipeline('text-classification', folder, { threads: 1 })
})
afterAll(() => classify?.close())

/** The probabilities that the model gives to ids, without the pipeline. */
async function probabilities(ids: number[], secondFrom = ids.length): Promise<Record<string, number>> {
  const typeIds = Int32Array.from(ids, (_, t) => Number(t >= secondFrom))
  const { logits } = await classify.model.forward(collateSequences([{ ids: Int32Array.from(ids), typeIds }]))
  const powers = Array.from(logits!.data as Float32Array, Math.exp)
  const sum = powers.reduce((a, b) => a + b)
  return Object.fromEntries(labels.map((label, c) => [label, powers[c] / sum]))
}

/** [CLS] words [SEP] */
const idsOf = (...text: string[]) => [2, ...text.map((word) => 5 + words.indexOf(word)), 3]

function expectScores(found: Record<string, number>, expected: Record<string, number>): void {
  expect(Object.keys(found)).toEqual(labels)
  for (const label of labels) expect(Math.abs(found[label] - expected[label]), label).toBeLessThan(tolerance)
}

test('one text gives one answer', async () => {
  const answer = await classify('good awful')
  const expected = await probabilities(idsOf('good', 'awful'))
  expectScores(answer.scores, expected)
  const best = labels.reduce((a, b) => (expected[b] > expected[a] ? b : a))
  expect(answer).toEqual({ text: 'good awful', label: best, score: answer.scores[best], scores: answer.scores })
})

test('many texts of mixed lengths keep their order, and batches change nothing', async () => {
  const texts = Array.from({ length: 41 }, (_, i) =>
    Array.from({ length: (i * 5) % 7 }, (_, k) => words[(i + k * k) % 6]).join(' '),
  )
  const answers = await classify(texts)
  expect(answers.map(({ text }) => text)).toEqual(texts)
  for (const [i, answer] of answers.entries()) {
    expectScores(answer.scores, await probabilities(idsOf(...texts[i].split(' ').filter(Boolean))))
  }
  expect(new Set(answers.map(({ label }) => label)).size).toBeGreaterThan(1)
  const progress: number[] = []
  const again = await classify(texts, { batchSize: 3, onProgress: (done) => progress.push(done) })
  for (const [i, { scores }] of again.entries()) expectScores(scores, answers[i].scores)
  expect(progress).toEqual([...Array.from({ length: 13 }, (_, i) => 3 * i + 3), 41])
})

test('a pair is judged together, with its second text in the second segment', async () => {
  const pair = { text: 'good', textPair: 'bad dull' }
  const expected = await probabilities([...idsOf('good'), ...idsOf('bad', 'dull').slice(1)], 3)
  const answer = await classify(pair)
  expect(answer).toMatchObject(pair)
  expectScores(answer.scores, expected)
  const [first, second] = await classify(['good', pair])
  expect('textPair' in first).toBe(false)
  expectScores(second.scores, expected)
})

test('no texts give no answers; an empty text is [CLS] [SEP]', async () => {
  expect(await classify([])).toEqual([])
  const expected = await probabilities([2, 3])
  expectScores((await classify('')).scores, expected)
  expectScores((await classify(['']))[0].scores, expected)
})

test('a text that is too long is cut to what the model takes, or to less', async () => {
  const long = Array(50).fill('good bad').join(' ')
  const six = ['good', 'bad', 'good', 'bad', 'good', 'bad']
  expectScores((await classify(long)).scores, await probabilities(idsOf(...six)))
  const shorter = await pipeline('text-classification', folder, { threads: 1, maxLength: 4 })
  expectScores((await shorter(long)).scores, await probabilities(idsOf('good', 'bad')))
  await shorter.close()
})

test('a signal ends it between batches', async () => {
  const controller = new AbortController()
  const texts = Array(9).fill('good')
  const done: number[] = []
  const onProgress = (count: number) => {
    done.push(count)
    controller.abort()
  }
  const running = classify(texts, { batchSize: 2, signal: controller.signal, onProgress })
  await expect(running).rejects.toMatchObject({ name: 'AbortError' })
  expect(done).toEqual([2])
})

describe('a pipeline', () => {
  test('is found by its other name', async () => {
    const sentiment = await pipeline('sentiment-analysis', folder, { threads: 1 })
    expect(await sentiment('good')).toEqual(await classify('good'))
    expect(await allWeights(sentiment.model)).toEqual(await allWeights(classify.model))
    await sentiment.close()
    await expect(sentiment('good')).rejects.toThrow(RuntimeError)
  })

  test.each(['text-clasification', 'constructor', ''])('of an unknown task "%s" is refused', async (task) => {
    const making = pipeline(task as 'text-classification', folder)
    await expect(making).rejects.toThrow(ConfigError)
    await expect(making).rejects.toThrow(
      /unknown pipeline .*known: text-classification, .*fill-mask, .*sentiment-analysis, ner\)/,
    )
  })

  test('says what a folder lacks: a tokenizer, a classifier', async () => {
    await mkdir(join(root, 'empty'))
    await expect(pipeline('text-classification', join(root, 'empty'))).rejects.toThrow(/no tokenizer here/)
    const encoder = join(root, 'encoder')
    const model = await createModel('masked-lm', 'bert', classify.model.config, { threads: 1 })
    await model.savePretrained(encoder)
    await model.close()
    await saveTokenizer(tokenizer, encoder)
    const making = pipeline('text-classification', encoder, { threads: 1 })
    await expect(making).rejects.toThrow(CheckpointError)
    await expect(making).rejects.toThrow(/missing +classifier\.weight/)
  })
})

test.each(['regression', 'multi_label_classification'])(
  'a model of %s is refused: softmax would say nothing',
  async (type) => {
    const other = join(root, type)
    await cp(folder, other, { recursive: true })
    const file = join(other, 'config.json')
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), problem_type: type }))
    const refusal = { code: 'PROBLEM_TYPE', message: expect.stringContaining(`"${type}"`) }
    await expect(pipeline('text-classification', other, { threads: 1 })).rejects.toMatchObject(refusal)
    const model = await loadModel(other, undefined, { threads: 1 })
    expect(() => textClassificationPipeline(model, tokenizer)).toThrow(expect.objectContaining(refusal))
    const encode = () => textClassification.encode([], { model, tokenizer, maxLength: 9 })
    expect(encode).toThrow(expect.objectContaining(refusal))
    await model.close()
  },
)
