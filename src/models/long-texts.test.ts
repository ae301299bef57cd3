/** Texts in windows: what pooling does to logits and gradients; parity with PyTorch is in parity.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { distanceOf, largestDifference, norm } from '../../test/answers.ts'
import { fillByFormula, formulaBatch } from '../../test/formula.ts'
import { oddModel, oddSizes, withOddModel } from '../../test/odd-model.ts'
import { collateClassification, collateTexts, type EncodedSequence, type EncodedText } from '../data/collator.ts'
import { createEngine } from '../runtime/node/engine.ts'
import { checkAccumulation } from '../training/accumulation-check.ts'
import { AdamW } from '../training/optimizers/adamw.ts'
import type { Architecture } from './architecture.ts'
import { joinBatches, sliceBatch, splitBatch } from './batch-parts.ts'
import { bert } from './bert.ts'
import { type BertSettings, bertConfig } from './bert-config.ts'
import { electra } from './electra.ts'
import { electraConfig } from './electra-config.ts'
import { gradientGraph } from './graphs.ts'
import { sequenceClassification } from './heads/sequence-classification.ts'
import { type LongTextSettings, longTexts, type WindowPooling } from './long-texts.ts'
import { EncoderModel } from './model.ts'
import { sequenceLimit } from './sequence-limit.ts'

const lengths = [7, 2, 5, 11, 1, 6]
const { sequences } = formulaBatch(lengths, oddSizes.vocabSize, oddSizes.labels.length)

/** Sequences as the windows of one text. */
function joined(...windows: EncodedSequence[]): EncodedText {
  const flat = (of: (window: EncodedSequence) => Int32Array) =>
    Int32Array.from(windows.flatMap((each) => [...of(each)]))
  return {
    ids: flat(({ ids }) => ids),
    typeIds: flat(({ typeIds }) => typeIds),
    windows: Int32Array.from(windows, ({ ids }) => ids.length),
  }
}

/** Of one, three and two windows. */
const texts = [joined(sequences[0]), joined(...sequences.slice(1, 4)), joined(...sequences.slice(4))]
const items = texts.map((text, i) => ({ ...text, labelId: [4, 0, 2][i] }))
const poolings: WindowPooling[] = ['mean', 'max', 'attention']
const logitsOf = async (model: EncoderModel, of: readonly EncodedText[]) =>
  (await model.forward(collateTexts(of))).logits!.data as Float32Array

describe.each(poolings)('%s', (pooling) => {
  let model: EncoderModel
  beforeAll(async () => {
    model = await oddModel(sequenceClassification, { config: { longTexts: { pooling } } })
  })
  afterAll(() => model.close())

  test('a text of one window has the logits of the plain classifier', async () => {
    const plain = await oddModel(sequenceClassification)
    const expected = await logitsOf(plain, sequences)
    await plain.close()
    const alone = await logitsOf(
      model,
      sequences.map((sequence) => joined(sequence)),
    )
    // The softmax of one score is 1 as well.
    expect(alone).toEqual(expected)
    expect(await logitsOf(model, sequences)).toEqual(expected)
  })

  test('texts do not see what they are batched with, nor the order of their windows', async () => {
    const together = await logitsOf(model, texts)
    const classes = oddSizes.labels.length
    for (const [i, text] of texts.entries()) {
      const own = together.subarray(i * classes, (i + 1) * classes)
      expect(largestDifference(await logitsOf(model, [text]), own)).toBeLessThan(1e-6)
    }
    const reversed = await logitsOf(model, [joined(...sequences.slice(1, 4).reverse())])
    expect(largestDifference(reversed, together.subarray(classes, 2 * classes))).toBeLessThan(1e-6)
  })

  test('micro-batches add up, and batches are cut and joined by texts', async () => {
    const batch = collateClassification(items)
    expect(splitBatch(batch, 3)).toEqual(items.map((item) => collateClassification([item])))
    expect(joinBatches([sliceBatch(batch, 0, 2), sliceBatch(batch, 2, 3)])).toEqual(batch)
    const training = await model.compile({ optimizer: new AdamW(), accumulate: true, dropout: false, maxGradNorm: 0 })
    const whole = await training.gradients(batch)
    const summed = await training.gradients(splitBatch(batch, 2))
    expect(Math.abs(summed.loss / whole.loss - 1)).toBeLessThan(1e-6)
    for (const [name, gradient] of Object.entries(whole.gradients)) {
      if (name.endsWith('key.bias')) continue // zero but for rounding
      expect(distanceOf(summed.gradients[name], gradient) / norm(gradient), name).toBeLessThan(1e-6)
    }
    expect(await checkAccumulation(training, [sliceBatch(batch, 0, 2), sliceBatch(batch, 2, 3)])).toBeLessThan(1e-5)
  })

  test('the parameters are those of the classifier, and of attention', () => {
    const own = model.parameters.map(({ name }) => name).filter((name) => name.startsWith('window'))
    const expected = ['window_attention.hidden.weight', 'window_attention.score.weight']
    expect(own).toEqual(pooling === 'attention' ? expected : [])
  })
})

test.each(['bert', 'electra'] as const)('%s trains with dropout, on the pooled vectors of texts', async (type) => {
  const longTexts = { pooling: 'mean' } as const
  const settings = { ...oddSizes, longTexts, hiddenDropoutProb: 0.2, classifierDropout: 0.3 }
  const [architecture, config] = type === 'bert' ? [bert, bertConfig(settings)] : [electra, electraConfig(settings)]
  const definition = { architecture: architecture as unknown as Architecture, config, head: sequenceClassification }
  const sites = gradientGraph(definition).dropout.filter(({ input }) => input.startsWith('dropout:classifier'))
  const texts = { shape: ['examples', 12], probability: 0.3 }
  const windows = { input: 'dropout:classifier', shape: ['batch', 12], probability: 0.3 }
  expect(sites).toEqual(
    type === 'bert'
      ? [{ ...texts, input: 'dropout:classifier' }]
      : [windows, { ...texts, input: 'dropout:classifier#2' }],
  )
  const model = await EncoderModel.create(definition, createEngine, { threads: 1 }, fillByFormula)
  const batch = collateClassification(items)
  const step = async (seed: number) => {
    const training = await model.compile({ optimizer: new AdamW({ learningRate: 0 }), seed })
    return training.step(batch, { logits: true })
  }
  const [first, again, other] = [await step(1), await step(1), await step(2)]
  await model.close()
  expect(first.logits![0].dims).toEqual([3, 5])
  expect(again).toEqual(first)
  expect(other.loss).not.toBe(first.loss)
})

test('equal windows share the gradient of the maximum, so that it is that of one', () =>
  withOddModel(sequenceClassification, { config: { longTexts: { pooling: 'max' } } }, async (model) => {
    const training = await model.compile({ optimizer: new AdamW(), dropout: false, maxGradNorm: 0 })
    const once = await training.gradients(collateClassification([{ ...joined(sequences[0]), labelId: 1 }]))
    const twice = await training.gradients(
      collateClassification([{ ...joined(sequences[0], sequences[0]), labelId: 1 }]),
    )
    for (const [name, gradient] of Object.entries(once.gradients)) {
      if (name.endsWith('key.bias')) continue
      expect(distanceOf(twice.gradients[name], gradient) / norm(gradient), name).toBeLessThan(1e-6)
    }
  }))

describe('batches that do not fit', () => {
  const batch = collateClassification(items)
  const refused = (
    change: object,
    code: string,
    message: RegExp,
    config: BertSettings = { longTexts: { pooling: 'mean' } },
  ) =>
    withOddModel(sequenceClassification, { config }, (model) =>
      expect(model.forward({ ...batch, ...change }, { loss: true })).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      }),
    )
  test.each([
    [
      'windows that are no sequences',
      { windows: Int32Array.of(1, 3, 3) },
      'WINDOWS',
      /7 windows in all, .* 6 sequences/,
    ],
    ['a text without windows', { windows: Int32Array.of(1, 0, 5) }, 'WINDOWS', /example 1 .* 0 windows/],
    ['labels of sequences', { labels: new Int32Array(6) }, 'LABEL_COUNT', /6 labels for 3/],
    [
      'targets of sequences',
      { labels: undefined, targets: new Float32Array(30) },
      'LABEL_COUNT',
      /30 targets for 3 texts/,
    ],
  ])('%s', (_, change, code, message) => refused(change, code, message))
  test('a model that pools no windows', () => refused({}, 'WINDOWS', /does not pool/, {}))
})

describe('settings', () => {
  test('are completed: the model limit, a quarter of it', () => {
    expect(longTexts({ pooling: 'max' }, 512)).toEqual({ pooling: 'max', maxLength: 512, stride: 128 })
    const own = { pooling: 'mean', maxLength: 64, stride: 0, maxWindows: 3 } as const
    expect(bertConfig({ ...oddSizes, maxPositionEmbeddings: 64, longTexts: own }).longTexts).toEqual(own)
    expect(electraConfig({ longTexts: { pooling: 'mean' } }).longTexts!.stride).toBe(128)
  })

  test.each([
    [{ pooling: 'men' }, /pooling must be one of mean, max, attention, not "men".*did you mean "mean"/],
    [{ pooling: 'mean', windows: 3 }, /longTexts has no setting "windows"/],
    [{ pooling: 'mean', maxLength: 65 }, /maxLength must be a whole number from 3 to 64/],
    [{ pooling: 'mean', stride: 62 }, /longTexts: stride must be a whole number from 0 to 61.*windows of 64/],
    [{ pooling: 'mean', maxLength: 16, stride: 14 }, /stride .* from 0 to 13/],
    [{ pooling: 'mean', stride: 1.5 }, /stride/],
    [{ pooling: 'mean', maxWindows: 0 }, /maxWindows must be a whole number of at least 1; found 0/],
  ])('%j is refused', (settings, message) => {
    expect(() => longTexts(settings as LongTextSettings, 64)).toThrow(message)
  })

  test('the length of the windows is that of the model', () => {
    const model = { config: bertConfig({ ...oddSizes, longTexts: { pooling: 'mean', maxLength: 8 } }) }
    expect(sequenceLimit(model, { vocabSize: 97 })).toBe(8)
    expect(sequenceLimit(model, { vocabSize: 97 }, 8)).toBe(8)
    expect(() => sequenceLimit(model, { vocabSize: 97 }, 11)).toThrow(/windows of 8 tokens, not 11/)
  })
})
