/** Vectors of texts: of short ones against transformers' hidden states, of long ones against what they are defined to be. */
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Answers, largestDifference } from '../../test/answers.ts'
import { temporaryFolder } from '../../test/checkpoint-fixture.ts'
import { formulaBatch } from '../../test/formula.ts'
import { oddModel } from '../../test/odd-model.ts'
import { collateSequences } from '../data/collator.ts'
import type { WholeEncoding } from '../data/text-windows.ts'
import { sequenceClassification } from '../models/heads/sequence-classification.ts'
import type { EncoderModel } from '../models/model.ts'
import { BertTokenizer } from '../tokenizers/index.ts'
import { saveClassifier } from './classifier.samples.ts'
import { type FeatureExtractionPipelineOptions, featureExtractionPipeline } from './feature-extraction.ts'
import { pipeline } from './node.ts'

/** Of vectors around 1: float32 rounding over a few layers. */
const tolerance = 1e-5
const root = temporaryFolder()
const answers = new Answers(new URL('../models/fixtures/bert-odd-sequence-classification.safetensors', import.meta.url))
const { lengths } = answers.case
const width = 12
const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i))
const tokenizer = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...letters] })
const longText = letters.slice(0, 23).join(' ')

let model: EncoderModel
beforeAll(async () => {
  model = await oddModel(undefined)
})
afterAll(() => model.close())

/** transformers' last hidden vectors of sequence b: rows of numbers. */
function hiddenOf(b: number): number[][] {
  const hidden = answers.get('hidden.2')
  const first = lengths.slice(0, b).reduce((sum, length) => sum + length, 0)
  return Array.from({ length: lengths[b] }, (_, t) => [
    ...hidden.subarray((first + t) * width, (first + t + 1) * width),
  ])
}

const mean = (rows: number[][]) => rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length)
const largest = (rows: number[][]) => rows[0].map((_, i) => Math.max(...rows.map((row) => row[i])))

describe('short texts, against transformers', () => {
  const { sequences } = formulaBatch(lengths, 97, 5)
  /** Texts "0", "1" and "2" are the sequences of the fixture. */
  const numbered = {
    encode: (text: string): WholeEncoding => {
      const { ids, typeIds } = sequences[Number(text)]
      return { ids, typeIds, sequenceIds: Array.from(ids, (_, t) => (t === 0 || t === ids.length - 1 ? null : 0)) }
    },
  }
  test.each([
    ['cls', ([first]: number[][]) => first],
    ['mean', mean],
    ['max', largest],
  ] as const)('%s', async (pooling, pool) => {
    const embed = featureExtractionPipeline(model, numbered)
    const vectors = await embed(['2', '0', '1'], { pooling, batchSize: 2 })
    expect(vectors).toHaveLength(3)
    for (const [i, b] of [2, 0, 1].entries())
      expect(largestDifference(vectors[i], pool(hiddenOf(b))), `${b}`).toBeLessThan(tolerance)
    const one = await embed('0', { pooling, normalize: true })
    const expected = pool(hiddenOf(0))
    const length = Math.sqrt(expected.reduce((sum, x) => sum + x * x, 0))
    expect(
      largestDifference(
        one,
        expected.map((x) => x / length),
      ),
    ).toBeLessThan(tolerance)
  })
})

describe('long texts', () => {
  const maxLength = 9 // windows of [CLS], 7 letters and [SEP]: a-g, f-l, k-q, p-v, u-w
  const stride = 2
  const starts = [0, 5, 10, 15, 20]
  /** The hidden vectors of each window, as the tokenizer makes them. */
  async function windows(): Promise<number[][][]> {
    const first = tokenizer.encode(longText, { maxLength, stride, truncation: true, returnOverflowingTokens: true })
    const all: number[][][] = []
    for (const { ids, typeIds } of [first, ...first.overflowing]) {
      const { lastHiddenState } = await model.forward(collateSequences([{ ids, typeIds }]))
      const data = lastHiddenState!.data
      all.push(Array.from(ids, (_, t) => [...data.subarray(t * width, (t + 1) * width)]))
    }
    expect(all.map((rows) => rows.length)).toEqual([9, 9, 9, 9, 5])
    return all
  }
  const embed = (longTexts: FeatureExtractionPipelineOptions['longTexts']) =>
    featureExtractionPipeline(model, tokenizer, { maxLength, longTexts })

  test('the mean counts each token once: where it has most context', async () => {
    const all = await windows()
    // Of f and g, f stands last but one in the first window and first in the second, g last in the first and second in the other.
    const windowOf = (letter: number) =>
      starts.reduce((best, start, w) => {
        const end = Math.min(start + 7, 23)
        if (letter < start || letter >= end) return best
        const context = (of: number) => Math.min(letter - starts[of], Math.min(starts[of] + 7, 23) - 1 - letter)
        return best < 0 || context(w) > context(best) ? w : best
      }, -1)
    const rows = [
      all[0][0],
      ...Array.from({ length: 23 }, (_, letter) => all[windowOf(letter)][letter - starts[windowOf(letter)] + 1]),
      all[4][4],
    ]
    expect([windowOf(4), windowOf(5), windowOf(6), windowOf(7)]).toEqual([0, 0, 1, 1])
    expect(largestDifference(await embed({ stride })(longText), mean(rows))).toBeLessThan(tolerance)
    const apart = await embed({ stride })(['a b', longText, 'c'], { batchSize: 1 })
    expect(largestDifference(apart[1], mean(rows))).toBeLessThan(tolerance)
  })

  test.each([
    ['cls', 'mean', ([first]: number[][]) => first, mean],
    ['cls', 'max', ([first]: number[][]) => first, largest],
    ['mean', 'max', mean, largest],
    ['max', 'mean', largest, mean],
    ['max', 'max', largest, largest],
  ] as const)('%s of tokens, %s of windows', async (pooling, windowPooling, pool, poolWindows) => {
    const expected = poolWindows((await windows()).map(pool))
    const vector = await embed({ pooling: windowPooling, stride })(longText, { pooling })
    expect(largestDifference(vector, expected)).toBeLessThan(tolerance)
  })

  test('may be cut, or have so many windows at most', async () => {
    const [first, second] = await windows()
    const cut = await embed(null)(longText)
    expect(largestDifference(cut, mean(first))).toBeLessThan(tolerance)
    const two = await embed({ stride, maxWindows: 2 })(longText, { pooling: 'cls' })
    expect(largestDifference(two, mean([first[0], second[0]]))).toBeLessThan(tolerance)
  })
})

test('any folder has an encoder', async () => {
  await saveClassifier(root, { words: letters, labels: ['a', 'b'] })
  const embed = await pipeline('feature-extraction', root, { threads: 1, maxLength: 6 })
  const vectors = await embed(['a b', longText])
  expect(vectors.map(({ length }) => length)).toEqual([12, 12])
  await embed.close()
  await rm(root, { recursive: true, force: true })
})

test('what cannot be is refused', async () => {
  const embed = featureExtractionPipeline(model, tokenizer)
  await expect(embed('a', { pooling: 'men' as 'mean' })).rejects.toThrow(/one of cls, mean, max, not "men".*"mean"/)
  const wrong = (options: object) => () => featureExtractionPipeline(model, tokenizer, options)
  expect(wrong({ longTexts: { pooling: 'attention' } })).toThrow(/mean or max here, not "attention"/)
  expect(wrong({ longTexts: { stride: 9 } })).toThrow(/stride must be a whole number from 0 to 8/)
  expect(wrong({ longTexts: { strides: 9 } })).toThrow(/no setting "strides".*did you mean "stride"/)
  expect(wrong({ maxLength: 12 })).toThrow(/maxLength must be a whole number from 3 to 11/)
  const headed = await oddModel(sequenceClassification)
  expect(() => featureExtractionPipeline(headed, tokenizer)).toThrow(/BertForSequenceClassification gives no vectors/)
  await headed.close()
})
