import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../core/errors.ts'
import { encodeTokens, type TokenExample } from '../../data/token-classification/index.ts'
import type { EncoderModel } from '../../models/model.ts'
import { BertTokenizer } from '../../tokenizers/index.ts'
import { type PredictTokensOptions, predictTokens } from './predict-tokens.ts'
import { tokenClassification, tokenClassificationTask } from './token-classification.ts'
import { fakeTokenClassifier } from './token-classifier.samples.ts'

const pieces = ['a', 'b', 'c', 'd', '##a', '##b', '##c', '##d']
const tokenizer = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...pieces] })
const labels = ['O', 'B-X', 'I-X', 'B-Y', 'I-Y']

/** Logits that say: a is O, b begins X, c continues X, d begins Y; pieces that go on say I-Y. */
const rows: Record<string, number[]> = {
  a: [3, 0, 0, 0, 0],
  b: [0, 3, 1, 0, 0],
  c: [0, 0, 3, 0, 0],
  d: [0, 0, 0, 2, 0],
}
const logitsOf = (id: number) => rows[pieces[id - 5]] ?? [0, 0, 0, 0, 9]
const model = fakeTokenClassifier(labels, logitsOf)
const softmaxAt = (row: number[], at: number) => Math.exp(row[at]) / row.reduce((sum, x) => sum + Math.exp(x), 0)

const example = (words: string, tags?: string, row = 1): TokenExample => ({
  words: words.split(' ').filter(Boolean),
  ...(tags !== undefined && { tags: tags.split(' ').filter(Boolean) }),
  source: { file: 'x.conll', row },
})
const examples = [
  example('a b c', 'O B-X I-X', 1),
  example('d', 'B-X', 5),
  example('', '', 7),
  example('a b c a a d bcd', 'O B-X I-X O O O B-X', 8),
]
const named = (ids: Int32Array) => Array.from(ids, (id) => labels[id]).join(' ')

async function run(
  options: PredictTokensOptions & { maxLength?: number; overflow?: 'cut'; labelAllPieces?: boolean } = {},
) {
  const { maxLength, overflow, labelAllPieces, ...rest } = options
  const { items } = encodeTokens(examples, tokenizer, { labels, maxLength, overflow, labelAllPieces })
  return predictTokens(model, items, rest)
}

test('tags, probabilities and the mean loss, in the order of the sentences', async () => {
  const { sentences, loss } = await run()
  expect(sentences.map(({ sentence }) => sentence.example)).toEqual(examples)
  expect(sentences.map(({ predictions }) => named(predictions))).toEqual([
    'O B-X I-X',
    'B-Y',
    '',
    'O B-X I-X O O B-Y B-X',
  ])
  const expected = [rows.a, rows.b, rows.c].map((row) => softmaxAt(row, row.indexOf(3)))
  expected.forEach((value, i) => {
    expect(sentences[0].probabilities[i]).toBeCloseTo(value, 6)
  })
  // The true label of each word's first piece.
  const wanted: [string, number][] = [
    ['a', 0],
    ['b', 1],
    ['c', 2],
    ['d', 1],
    ['a', 0],
    ['b', 1],
    ['c', 2],
    ['a', 0],
    ['a', 0],
    ['d', 0],
    ['b', 1],
  ]
  const sum = wanted.reduce((total, [piece, label]) => total - Math.log(softmaxAt(rows[piece], label)), 0)
  expect(loss).toBeCloseTo(sum / wanted.length, 6)
  expect(sentences.map(({ labelled }) => labelled)).toEqual([3, 1, 0, 7])
})

test('neither batches nor windows change what a model says that looks at single tokens', async () => {
  const whole = await run()
  for (const options of [
    { batchSize: 1 },
    { batchSize: 2, maxLength: 5 },
    { maxLength: 3 },
    { maxLength: 6, batchSize: 3 },
  ]) {
    const { sentences, loss } = await run(options)
    expect(sentences.map(({ predictions }) => named(predictions))).toEqual(
      whole.sentences.map(({ predictions }) => named(predictions)),
    )
    expect(loss).toBeCloseTo(whole.loss, 12)
  }
})

test('words behind a cut are outside of entities, with probability 0', async () => {
  const { sentences } = await run({ maxLength: 4, overflow: 'cut' })
  expect(named(sentences[3].predictions)).toBe('O B-X O O O O O')
  expect([...sentences[3].probabilities.subarray(2)]).toEqual([0, 0, 0, 0, 0])
  expect(sentences[3].labelled).toBe(2)
})

test('aggregations of a word of several pieces', async () => {
  const last = async (aggregation: 'first' | 'average' | 'max') =>
    named((await run({ aggregation, labelAllPieces: true, scheme: 'none' })).sentences[3].predictions)
      .split(' ')
      .at(-1)
  expect(await last('first')).toBe('B-X')
  expect(await last('average')).toBe('I-Y')
  expect(await last('max')).toBe('I-Y')
  await expect(run({ aggregation: 'simple' as 'first' })).rejects.toThrow(ConfigError)
})

test('a scheme keeps impossible sequences out', async () => {
  const { items } = encodeTokens([example('a c d a c')], tokenizer)
  const tags = async (scheme?: PredictTokensOptions['scheme']) =>
    named((await predictTokens(model, items, { scheme })).sentences[0].predictions)
  expect(await tags('none')).toBe('O I-X B-Y O I-X')
  expect(await tags('IOB2')).toBe('O O B-Y O O')
  expect((await predictTokens(model, items)).loss).toBeNaN()
})

test('progress counts sequences, a signal ends it between batches', async () => {
  const done: number[] = []
  await run({ batchSize: 2, onProgress: (count) => done.push(count) })
  expect(done).toEqual([3, 4]) // the one without words is done at once
  const controller = new AbortController()
  const aborted = run({ batchSize: 1, signal: controller.signal, onProgress: () => controller.abort() })
  await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
})

test('true labels are not shown to the model, and a label that is to be predicted has a row', async () => {
  await run()
  for (const batch of model.batches) expect(batch.labels).toBeUndefined()
})

describe('as a task', () => {
  const encoder = model as unknown as EncoderModel
  const encode = (some: readonly TokenExample[]) =>
    tokenClassification.encode(some, { model: encoder, tokenizer: tokenizer as never, maxLength: 5 })

  test('examples that are encoded in parts stay apart, and metrics are of whole entities', async () => {
    const items = [...encode(examples.slice(0, 2)).items, ...encode(examples.slice(2)).items]
    expect(encode(examples).truncated).toBe(0)
    const predictions = await tokenClassification.predict(encoder, items)
    // Right: two of X with two words, and the last; B-Y stands where X is, and where nothing is.
    const values = tokenClassification.metrics(predictions, tokenClassification.metricNames)
    expect(values).toEqual({ f1: 6 / 9, precision: 3 / 5, recall: 3 / 4, f1_macro: 6 / 7 / 2, accuracy: 9 / 11 })
    const evaluated = await tokenClassification.evaluate(encoder, items, { batchSize: 4 })
    expect(evaluated).toEqual({ loss: predictions.loss, ...values })
    expect(tokenClassification.details(encoder, predictions)).toEqual({
      sentences: 4,
      words: 11,
      perType: {
        X: { precision: 1, recall: 3 / 4, f1: 6 / 7, support: 4 },
        Y: { precision: 0, recall: 0, f1: 0, support: 0 },
      },
    })
    const { f1, loss } = tokenClassification.intervals(predictions, ['f1'], 1)
    expect(f1.value).toBe(6 / 9)
    expect(f1.low).toBeLessThanOrEqual(f1.value)
    expect(loss.value).toBe(predictions.loss)
    expect(loss.high).toBeGreaterThan(loss.low)
  })

  test('the report has entities by type, and the sentences where they are wrong', async () => {
    const predictions = await tokenClassification.predict(encoder, encode(examples).items)
    const report = tokenClassification.report(
      encoder,
      { trainExamples: examples.slice(0, 1), evalExamples: examples },
      predictions,
    )
    expect(report.labelCounts).toEqual([{ label: 'X', train: 1, eval: 4 }])
    expect(report.perClass?.map(({ label, support }) => [label, support])).toEqual([
      ['X', 4],
      ['Y', 0],
    ])
    expect(report.wrongExamples).toEqual([
      {
        text: 'd',
        label: 'd (X)',
        predicted: 'd (Y)',
        score: expect.closeTo(softmaxAt(rows.d, 3), 6),
        source: 'x.conll, row 5',
        marks: [
          { start: 0, end: 1, side: 'truth', name: 'X' },
          { start: 0, end: 1, side: 'guess', name: 'Y' },
        ],
      },
      {
        text: 'a b c a a d bcd',
        label: '(none)',
        predicted: 'd (Y)',
        score: expect.closeTo(softmaxAt(rows.d, 3), 6),
        source: 'x.conll, row 8',
        marks: [{ start: 10, end: 11, side: 'guess', name: 'Y' }],
      },
    ])
    const none = tokenClassification.report(encoder, { trainExamples: examples, evalExamples: [] }, undefined)
    expect(none).toMatchObject({ labelCounts: [{ label: 'X', train: 4 }], perClass: undefined })
  })

  test('tags that the model does not know are found before anything else', () => {
    expect(() => tokenClassification.check(encoder, examples)).not.toThrow()
    expect(() => tokenClassification.check(encoder, [example('a', 'B-Z', 3)])).toThrow(/x\.conll, row 3, word 1/)
    expect(() => tokenClassification.check(encoder, [example('a')])).toThrow(/has no tags/)
    expect(() => tokenClassification.findMetric('f2')).toThrow(ConfigError)
    expect(tokenClassification.findMetric('f1_weighted')).toBe('f1_weighted')
  })

  test('options reach the encoding and the tags', async () => {
    const task = tokenClassificationTask({ overflow: 'cut', labelAllPieces: true, aggregation: 'max', scheme: 'none' })
    const { items, truncated } = task.encode(examples, { model: encoder, tokenizer: tokenizer as never, maxLength: 6 })
    expect([items.length, truncated]).toEqual([4, 1])
    expect(Array.from(task.targets(items[1]))).toEqual([-100, 1, -100])
    expect(task.length(items[1])).toBe(3)
    const batch = task.collate(items, { epoch: 0, batch: 0 })
    expect([...batch.maskedRows!]).toEqual([1, 2, 3, 6, 11, 12, 13, 14])
    const { sentences } = await task.predict(encoder, items)
    expect(named(sentences[3].predictions)).toBe('O B-X I-X O O O O')
  })

  test('parts of speech: words alone are judged', async () => {
    const tagger = fakeTokenClassifier(['NOUN', 'VERB'], (id) => [0, id === 5 ? 1 : -1]) as unknown as EncoderModel
    const some = [example('a b', 'VERB VERB')]
    const { items } = tokenClassification.encode(some, { model: tagger, tokenizer: tokenizer as never, maxLength: 9 })
    const predictions = await tokenClassification.predict(tagger, items)
    expect(tokenClassification.metrics(predictions, ['accuracy', 'f1'])).toEqual({ accuracy: 0.5, f1: Number.NaN })
    expect(tokenClassification.details(tagger, predictions)).toEqual({ sentences: 1, words: 2, perType: {} })
    expect(tokenClassification.report(tagger, { trainExamples: some, evalExamples: some }, predictions)).toEqual({})
  })
})
