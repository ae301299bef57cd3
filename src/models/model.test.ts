import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { largestDifference } from '../../test/answers.ts'
import { formulaBatch } from '../../test/formula.ts'
import { allWeights, oddModel, oddSizes, withOddModel } from '../../test/odd-model.ts'
import { realAttention } from '../../test/parity-case.ts'
import { ConfigError, DataError, RuntimeError } from '../core/errors.ts'
import { collateSequences, type EncodedSequence } from '../data/collator.ts'
import { createEngine } from '../runtime/node/engine.ts'
import { AdamW } from '../training/optimizers/adamw.ts'
import type { Architecture } from './architecture.ts'
import { bert } from './bert.ts'
import { bertConfig } from './bert-config.ts'
import { electraConfig } from './electra-config.ts'
import { forwardGraph, gradientGraph } from './graphs.ts'
import { maskedLm } from './heads/masked-lm.ts'
import { sequenceClassification } from './heads/sequence-classification.ts'
import { EncoderModel } from './model.ts'

const lengths = [7, 2, 5, 11, 1]
const made = formulaBatch(lengths, oddSizes.vocabSize, oddSizes.labels.length)
const everyRow = (batch: { tokens: number }) => Int32Array.from({ length: batch.tokens }, (_, row) => row)

describe('the other sequences of a batch', () => {
  /** Absolute, of values around 1: a product of another height may sum in another order. */
  const tolerance = 1e-6
  let classifier: EncoderModel
  let languageModel: EncoderModel
  beforeAll(async () => {
    classifier = await oddModel(sequenceClassification)
    languageModel = await oddModel(maskedLm)
  })
  afterAll(async () => {
    await classifier?.close()
    await languageModel?.close()
  })

  /** Everything that is computed of each sequence of a batch. */
  async function perSequence(sequences: readonly EncodedSequence[]): Promise<number[][]> {
    const batch = collateSequences(sequences)
    const output = await classifier.forward(batch, { outputHiddenStates: true, outputAttentions: true })
    const { logits } = await languageModel.forward({ ...batch, maskedRows: everyRow(batch) })
    const { hiddenSize, vocabSize, numAttentionHeads: heads, labels } = classifier.config
    const sizes = sequences.map(({ ids }) => ids.length)
    const rows = (data: ArrayLike<number>, b: number, width: number) =>
      Array.from(data).slice(batch.firstTokens[b] * width, (batch.firstTokens[b] + sizes[b]) * width)
    let cell = 0
    return sizes.map((size, b) => {
      const values = Array.from(output.logits!.data as Float32Array).slice(b * labels.length, (b + 1) * labels.length)
      values.push(...rows(logits!.data as Float32Array, b, vocabSize))
      for (const { data } of output.hiddenStates!) values.push(...rows(data as Float32Array, b, hiddenSize))
      for (const { data } of output.attentions!)
        values.push(...realAttention(data as Float32Array, sizes, heads).slice(cell, cell + heads * size * size))
      cell += heads * size * size
      return values
    })
  }

  test('and the padding that they cause change nothing', async ({ annotate }) => {
    const together = await perSequence(made.sequences)
    // Class logits; vocabulary logits, three hidden states and two layers' attention of each token.
    expect(together.map(({ length }) => length)).toEqual(lengths.map((n) => 5 + n * (97 + 3 * 12 + 2 * 3 * n)))
    let largest = 0
    for (const [b, sequence] of made.sequences.entries()) {
      const [alone] = await perSequence([sequence])
      largest = Math.max(largest, largestDifference(alone, together[b]))
      expect(largest, `sequence ${b}`).toBeLessThan(tolerance)
    }
    await annotate(`largest: ${largest.toExponential(1)}`)
  })

  test('nor where scores of attention lie far apart, in which padding must not be the best', async () => {
    const names = classifier.parameters.flatMap(({ name }) => (name.endsWith('query.weight') ? [name] : []))
    const plain = await Promise.all(names.map((name) => classifier.parameter(name)))
    await Promise.all(
      names.map((name, i) =>
        classifier.setParameter(
          name,
          plain[i].map((value) => 3000 * value),
        ),
      ),
    )
    const logits = async (sequences: readonly EncodedSequence[]) =>
      Array.from((await classifier.forward(collateSequences(sequences))).logits!.data as Float32Array)
    const together = await logits(made.sequences)
    const alone = (await Promise.all(made.sequences.map((sequence) => logits([sequence])))).flat()
    await Promise.all(names.map((name, i) => classifier.setParameter(name, plain[i])))
    expect(largestDifference(together, alone)).toBeLessThan(1e-4) // scores of some hundreds have fewer digits behind the point
  })

  test('may come in any order', async () => {
    const together = await perSequence(made.sequences)
    const reversed = (await perSequence([...made.sequences].reverse())).reverse()
    for (const [b, values] of reversed.entries()) expect(largestDifference(values, together[b])).toBeLessThan(tolerance)
  })

  test('weigh as much as their items in the loss', async () => {
    const { loss } = await classifier.forward(made.classification, { loss: true })
    let sum = 0
    for (const [b, sequence] of made.sequences.entries()) {
      const labels = made.classification.labels!.slice(b, b + 1)
      sum += (await classifier.forward({ ...collateSequences([sequence]), labels }, { loss: true })).loss!
    }
    expect(Math.abs(loss! - sum / lengths.length)).toBeLessThan(tolerance)
  })
})

describe('a model', () => {
  test('without a head gives hidden vectors alone', () =>
    withOddModel(undefined, {}, async (model) => {
      const output = await model.forward(made.classification)
      expect(output.lastHiddenState!.dims).toEqual([26, 12])
      expect(output.logits).toBeUndefined()
      expect(model.className).toBe('BertModel')
    }))

  test('starts from weights that its seed decides', async () => {
    const initial = (seed: number) => withOddModel(sequenceClassification, { formula: false, seed }, allWeights)
    const first = await initial(1)
    expect(await initial(1)).toEqual(first)
    expect((await initial(2))['classifier.weight']).not.toEqual(first['classifier.weight'])
    expect(first['bert.embeddings.LayerNorm.weight']).toEqual(new Float32Array(12).fill(1))
    expect(first['classifier.bias']).toEqual(new Float32Array(5))
  })

  test('gives the same bits for the same batch', () =>
    withOddModel(sequenceClassification, { threads: 2 }, async (model) => {
      const first = await model.forward(made.classification, { loss: true })
      expect(await model.forward(made.classification, { loss: true })).toEqual(first)
    }))

  test('rejects calls once it is closed', async () => {
    const model = await oddModel(sequenceClassification)
    await model.forward(made.classification)
    const before = Promise.allSettled([model.parameter('classifier.bias'), model.forward(made.classification)])
    const closing = model.close()
    const during = expect(model.forward(made.classification)).rejects.toThrow(RuntimeError)
    await Promise.all([closing, during, before]) // none is left waiting
    await expect(model.forward(made.classification)).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })
    await expect(model.parameter('classifier.bias')).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })
    await model.close() // a second time does no harm
  })

  test('is closed when its weights cannot be filled in', async () => {
    const definition = { architecture: bert as unknown as Architecture, config: bertConfig(oddSizes) }
    let opened: EncoderModel | undefined
    const creating = EncoderModel.create(definition, createEngine, { threads: 1 }, async (model) => {
      opened = model
      await model.setParameter('bert.pooler.dense.bias', new Float32Array(4))
      return new Set()
    })
    await expect(creating).rejects.toMatchObject({ code: 'PARAMETER_SIZE' })
    await expect(opened!.parameter('bert.pooler.dense.bias')).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })
  })
})

describe('what cannot be used is refused', () => {
  let model: EncoderModel
  beforeAll(async () => {
    model = await oddModel(sequenceClassification)
  })
  afterAll(() => model?.close())

  const batchOf = (ids: number[]) =>
    collateSequences([{ ids: Int32Array.from(ids), typeIds: new Int32Array(ids.length) }])
  const refusal = (type: new (...args: never[]) => Error, code: string, text: RegExp) => (error: unknown) => {
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ code, message: expect.stringMatching(text) })
    return true
  }
  const thrownBy = (action: () => unknown) => {
    try {
      action()
    } catch (error) {
      return error
    }
    throw new Error('nothing was thrown')
  }

  test.each([97, -1, 2 ** 31 - 1])('token id %i of a vocabulary of 97', (id) =>
    expect(model.forward(batchOf([5, id, 6]))).rejects.toSatisfy(
      refusal(DataError, 'TOKEN_ID', new RegExp(`${id}.*97`)),
    ),
  )

  test('a sequence that is longer than the position embeddings', async () => {
    await expect(model.forward(batchOf(Array(11).fill(5)))).resolves.toBeDefined()
    await expect(model.forward(batchOf(Array(12).fill(5)))).rejects.toSatisfy(refusal(DataError, 'TOO_LONG', /12.*11/))
  })

  test('a loss without labels', () =>
    expect(model.forward(collateSequences(made.sequences), { loss: true })).rejects.toSatisfy(
      refusal(DataError, 'BATCH_FIELD', /labels/),
    ))

  describe.each([
    [sequenceClassification, made.classification, 5],
    [maskedLm, made.maskedLm, 97],
  ])('labels of $task', (head, batch, classes) => {
    test.each([-1, -100, classes])('%i', (label) =>
      withOddModel(head, {}, (labelled) => {
        const labels = batch.labels!.map((each, i) => (i === 1 ? label : each))
        return expect(labelled.forward({ ...batch, labels }, { loss: true })).rejects.toThrow(DataError)
      }),
    )
    test('of another number than there are items', () =>
      withOddModel(head, {}, (labelled) =>
        expect(labelled.forward({ ...batch, labels: batch.labels!.slice(1) }, { loss: true })).rejects.toThrow(
          DataError,
        ),
      ))
  })

  test('masked language modelling without rows', () =>
    withOddModel(maskedLm, {}, (languageModel) =>
      expect(languageModel.forward(collateSequences(made.sequences))).rejects.toSatisfy(
        refusal(DataError, 'BATCH_FIELD', /maskedRows/),
      ),
    ))

  test('a setting without a value has its default', () => {
    expect(bertConfig({ ...oddSizes, labels: undefined, hiddenAct: undefined })).toMatchObject({
      hiddenAct: 'gelu',
      labels: ['LABEL_0', 'LABEL_1'],
    })
  })

  test('a forward graph that failed to load is loaded again', () =>
    withOddModel(sequenceClassification, {}, async (classifier) => {
      const { engine } = classifier
      const load = engine.loadForward
      engine.loadForward = () => Promise.reject(new Error('out of memory'))
      await expect(classifier.forward(made.classification)).rejects.toThrow('out of memory')
      engine.loadForward = load
      expect((await classifier.forward(made.classification)).logits).toBeDefined()
    }))

  describe('a training session that another one has replaced', () => {
    const options = { optimizer: new AdamW() }
    const stale = refusal(RuntimeError, 'STALE_SESSION', /compiled again.*use the new one/)

    test('whatever it is asked', () =>
      withOddModel(sequenceClassification, {}, async (classifier) => {
        const first = await classifier.compile(options)
        await first.step(made.classification)
        const state = await first.state()
        const second = await classifier.compile(options)
        await expect(first.step(made.classification)).rejects.toSatisfy(stale)
        await expect(first.gradients(made.classification)).rejects.toSatisfy(stale)
        await expect(first.state()).rejects.toSatisfy(stale)
        await expect(first.restore(state)).rejects.toSatisfy(stale)
        await expect(first.profile()).rejects.toSatisfy(stale)
        expect(first.steps).toBe(1)
        expect((await second.step(made.classification)).loss).toBeGreaterThan(0)
      }))

    test('while the other one is being compiled', () =>
      withOddModel(sequenceClassification, {}, async (classifier) => {
        const first = await classifier.compile(options)
        const compiling = [classifier.compile(options), classifier.compile(options)]
        await expect(first.step(made.classification)).rejects.toSatisfy(stale)
        const [second, third] = await Promise.all(compiling)
        await expect(second.step(made.classification)).rejects.toSatisfy(stale)
        expect((await third.step(made.classification)).loss).toBeGreaterThan(0)
      }))

    test('but not if that could not be compiled', () =>
      withOddModel(sequenceClassification, {}, async (classifier) => {
        const first = await classifier.compile(options)
        const load = classifier.engine.loadTraining
        classifier.engine.loadTraining = () => Promise.reject(new Error('out of memory'))
        await expect(classifier.compile(options)).rejects.toThrow('out of memory')
        classifier.engine.loadTraining = load
        expect((await first.step(made.classification)).loss).toBeGreaterThan(0)
      }))
  })

  test('a training session of a model that was closed', async () => {
    const classifier = await oddModel(sequenceClassification)
    const session = await classifier.compile({ optimizer: new AdamW() })
    const state = await session.state()
    await classifier.close()
    const closed = refusal(RuntimeError, 'ENGINE_CLOSED', /closed/)
    await expect(session.step(made.classification)).rejects.toSatisfy(closed)
    await expect(session.state()).rejects.toSatisfy(closed)
    await expect(session.restore(state)).rejects.toSatisfy(closed)
    await expect(classifier.compile({ optimizer: new AdamW() })).rejects.toSatisfy(closed)
  })

  test('an unknown output', () => {
    const error = thrownBy(() => forwardGraph(model.definition, ['logits', 'hiddenStates.3']))
    refusal(ConfigError, 'OUTPUT', /"hiddenStates\.3".*hiddenStates\.2/)(error)
  })

  test('a loss of a model without a head', () => {
    const headless = { architecture: bert as unknown as Architecture, config: bertConfig(oddSizes) }
    refusal(ConfigError, 'OUTPUT', /"loss"/)(thrownBy(() => forwardGraph(headless, ['loss'])))
    refusal(ConfigError, 'NO_HEAD', /head/)(thrownBy(() => gradientGraph(headless)))
  })

  test('an unknown parameter', async () => {
    await expect(model.parameter('classifier.wait')).rejects.toSatisfy(
      refusal(ConfigError, 'NO_PARAMETER', /classifier\.wait/),
    )
    await expect(model.setParameter('classifier.weight', new Float32Array(59))).rejects.toSatisfy(
      refusal(ConfigError, 'PARAMETER_SIZE', /60.*59/),
    )
  })

  test.each([
    ['heads that do not divide the hidden size', { numAttentionHeads: 5 }, 'HEADS', /12.*5/],
    ['an unknown activation', { hiddenAct: 'glue' }, 'ACTIVATION', /"glue".*gelu/],
    ['an unknown size', { size: 'huge' as 'base' }, 'SIZE', /"huge".*base/],
    ['no layers', { numHiddenLayers: 0 }, 'CONFIG_VALUE', /numHiddenLayers.*0/],
    ['half a token', { vocabSize: 96.5 }, 'CONFIG_VALUE', /vocabSize.*96\.5/],
    ['dropout of everything', { hiddenDropoutProb: 1 }, 'CONFIG_VALUE', /hiddenDropoutProb.*1/],
    ['dropout of less than nothing', { attentionProbsDropoutProb: -0.1 }, 'CONFIG_VALUE', /attentionProbs.*-0\.1/],
    ['dropout that is no number', { classifierDropout: Number.NaN }, 'CONFIG_VALUE', /classifierDropout.*NaN/],
    ['dropout as text', { hiddenDropoutProb: '0.1' } as object, 'CONFIG_VALUE', /hiddenDropoutProb.*"0\.1"/],
    ['a slip of the pen', { hiddenDropout: 0.1 } as object, 'CONFIG_KEY', /hiddenDropout.*hiddenDropoutProb/],
  ])('%s', (_, settings, code, text) => {
    refusal(ConfigError, code, text)(thrownBy(() => bertConfig({ ...oddSizes, ...settings })))
    refusal(ConfigError, code, text)(thrownBy(() => electraConfig({ ...oddSizes, ...settings })))
  })

  test('a slip of the pen in what only ELECTRA has', () => {
    const settings = { ...oddSizes, embedingSize: 7 }
    refusal(ConfigError, 'CONFIG_KEY', /"embedingSize".*"embeddingSize"/)(thrownBy(() => electraConfig(settings)))
  })
})
