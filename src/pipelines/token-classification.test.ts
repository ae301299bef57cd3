import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import { BertTokenizer } from '../tokenizers/index.ts'
import { trainBpe } from '../tokenizers/trainers/bpe.ts'
import { fakeTokenClassifier } from '../training/tasks/token-classifier.samples.ts'
import { tokenClassificationPipeline } from './token-classification.ts'

type Row = [entity: string, score: number, start: number, end: number]
interface Case {
  labels: string[]
  text: string
  ids: number[]
  logits: number[][]
  first: Row[]
  average: Row[]
  max: Row[]
}

const fixture = JSON.parse(readFileSync(new URL('token-classification.fixture.json', import.meta.url), 'utf8'))
const cases: Case[] = fixture.cases
const tokenizer = new BertTokenizer({ vocab: fixture.vocab })

/** Logits are stored with six digits behind the point. */
const tolerance = 2e-6

describe.each(['first', 'average', 'max'] as const)('as transformers, aggregation %s', (aggregation) => {
  test.each(cases)('$text, $labels.1', async (item) => {
    const model = fakeTokenClassifier(item.labels, (_, place, ids) => {
      expect([...ids]).toEqual(item.ids)
      return item.logits[place]
    })
    const find = tokenClassificationPipeline(model, tokenizer, { aggregation, scheme: 'none' })
    const found = await find(item.text)
    expect(found.map(({ entity, start, end }) => [entity, start, end])).toEqual(
      item[aggregation].map(([entity, , start, end]) => [entity, start, end]),
    )
    found.forEach(({ score, word, start, end }, i) => {
      expect(Math.abs(score - item[aggregation][i][1])).toBeLessThan(tolerance)
      expect(word).toBe(item.text.slice(start, end))
    })
  })
})

const labels = ['O', 'B-X', 'I-X']
const [first, next] = ['a', 'b'].map((letter) => fixture.vocab.indexOf(letter))
/** A word that begins with a begins an entity, one that begins with b continues one. */
const logitsOf = (id: number) => (id === first ? [0, 5, 0] : id === next ? [0, 1, 4] : [6, 0, 0])

test('a long text gives what it gives at once, whatever the windows', async () => {
  const text = `${Array.from({ length: 60 }, (_, i) => ['a', 'b', 'cde', '👍🏽', 'e', "b'", '  d'][(i * i + (i % 5)) % 7]).join(' ')} `
  const whole = await tokenClassificationPipeline(fakeTokenClassifier(labels, logitsOf, 512), tokenizer)(text)
  expect(whole.length).toBeGreaterThan(9)
  for (const [maxLength, stride] of [
    [3, 0],
    [7, 2],
    [12, 9],
    [64, undefined],
  ] as const) {
    const model = fakeTokenClassifier(labels, logitsOf, 512)
    const find = tokenClassificationPipeline(model, tokenizer, { maxLength, stride })
    expect(await find(text)).toEqual(whole)
    expect(Math.max(...model.batches.map(({ longest }) => longest))).toBe(maxLength)
  }
  const limited = fakeTokenClassifier(labels, logitsOf, 9)
  expect(await tokenClassificationPipeline(limited, tokenizer)(text)).toEqual(whole)
  expect(Math.max(...limited.batches.map(({ longest }) => longest))).toBe(9)
})

test('many texts and sentences of words keep their order', async () => {
  const find = tokenClassificationPipeline(fakeTokenClassifier(labels, logitsOf), tokenizer)
  const score = (row: number[], at: number) => Math.exp(row[at]) / row.reduce((sum, x) => sum + Math.exp(x), 0)
  const both = (score([0, 5, 0], 1) + score([0, 1, 4], 2)) / 2
  const close = (value: number) => expect.closeTo(value, 6)
  const done: number[] = []
  const answers = await find(['👍🏽 a b', { words: ['c', 'a', '\u200b', 'ae', 'b'] }, '', 'c', { words: [] }], {
    batchSize: 2,
    onProgress: (count) => done.push(count),
  })
  expect(answers).toEqual([
    [{ entity: 'X', score: close(both), word: 'a b', start: 5, end: 8 }],
    [
      { entity: 'X', score: close(score([0, 5, 0], 1)), word: 'a', start: 1, end: 2 },
      { entity: 'X', score: close(both), word: 'ae b', start: 3, end: 5 },
    ],
    [],
    [],
    [],
  ])
  expect(done.at(-1)).toBe(5)
  expect(await find('a b')).toEqual([{ entity: 'X', score: close(both), word: 'a b', start: 0, end: 3 }])
  expect(await find({ words: ['a', 'b'] })).toEqual([
    { entity: 'X', score: close(both), word: 'a b', start: 0, end: 2 },
  ])
  expect(await find([])).toEqual([])
})

test('a text without a word that has tokens', async () => {
  const model = fakeTokenClassifier(['NOUN', 'VERB'], () => [0, 1])
  const find = tokenClassificationPipeline(model, tokenizer)
  expect(await find(['', ' \u200b'])).toEqual([[], []])
  expect(model.batches).toEqual([])
  expect(await find('a \u200b b')).toMatchObject([{ entity: 'VERB', word: 'a \u200b b' }])
})

test('white space that a byte-level tokenizer counts to a word is not in the entity', async () => {
  const bytes = await trainBpe(['the old mill and the old miller'], { vocabSize: 300 })
  const old = bytes.encode(' old').ids[1]
  const find = tokenClassificationPipeline(
    fakeTokenClassifier(labels, (id) => (id === old ? [0, 5, 0] : [5, 0, 0])),
    bytes,
  )
  const text = 'the  old mill'
  const [{ word, start, end }] = await find(text)
  expect([word, text.slice(start, end)]).toEqual(['old', 'old'])
})

test('a scheme is kept to, settings that cannot be are refused, and the model is closed', async () => {
  const wrong = fakeTokenClassifier(labels, (id) => (id === next ? [0, 1, 4] : [6, 0, 0]))
  const find = tokenClassificationPipeline(wrong, tokenizer, { scheme: 'IOB2' })
  expect((await find('c b c'))[0].score).toBeLessThan(0.1) // of B-X, which alone may stand there
  expect(find.model).toBe(wrong)
  await find.close()
  const text = 'a b c d e'
  await expect(tokenClassificationPipeline(wrong, tokenizer, { maxLength: 2 })(text)).rejects.toThrow(ConfigError)
  await expect(tokenClassificationPipeline(wrong, tokenizer, { maxLength: 4, stride: 2 })(text)).rejects.toThrow(
    /stride/,
  )
})
