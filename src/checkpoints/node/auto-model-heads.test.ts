/** Heads that start fresh, are kept or are refused, and what a classifier's outputs mean. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder, unpack } from '../../../test/checkpoint-fixture.ts'
import { allWeights } from '../../../test/odd-model.ts'
import { CheckpointError } from '../../core/errors.ts'
import { bertConfig } from '../../models/bert-config.ts'
import { batch, listener, readJson, withConfig, withModel } from './auto-model.samples.ts'
import {
  type AutoModel,
  AutoModelForMultipleChoice,
  AutoModelForNextSentencePrediction,
  AutoModelForQuestionAnswering,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
  describeModel,
  type LoadModelOptions,
  loadModel,
} from './auto-model.ts'

const root = temporaryFolder()

describe('a new head', () => {
  const head = ['classifier.weight', 'classifier.bias']

  test('on a bare encoder starts fresh and is reported; the encoder and its pooler are loaded', async () => {
    const folder = await unpack(root, 'base')
    const { messages, logger } = listener()
    const encoder = await withModel(folder, undefined, {}, allWeights)
    const labels = ['a', 'b', 'c', 'd']
    const load = (seed: number) => withModel(folder, 'sequence-classification', { labels, logger, seed }, allWeights)
    const first = await load(1)
    expect(messages).toEqual([expect.stringMatching(/base has no weights for classifier\.bias, classifier\.weight:/)])
    expect(first['classifier.weight']).toHaveLength(4 * 12)
    expect(first['classifier.bias']).toEqual(new Float32Array(4))
    for (const [name, values] of Object.entries(encoder)) expect(first[name], name).toEqual(values)
    expect(await load(1)).toEqual(first)
    expect((await load(2))['classifier.weight']).not.toEqual(first['classifier.weight'])
  })

  test('for masked words on a bare encoder, and a classifier on a language model', async () => {
    const { messages, logger } = listener()
    const base = await unpack(root, 'base')
    await withModel(base, 'masked-lm', { logger }, async ({ className }) => expect(className).toBe('BertForMaskedLM'))
    expect(messages[0]).toContain('cls.predictions.transform.dense.weight')
    const pretrained = await unpack(root, 'pretraining')
    await withModel(pretrained, 'sequence-classification', { logger }, async ({ config }) =>
      expect(config.labels).toEqual(['LABEL_0', 'LABEL_1']),
    )
    expect(messages[1]).toMatch(/for classifier\.bias, classifier\.weight:/)
  })

  test('for another number of classes replaces the old one', async () => {
    const folder = await unpack(root, 'float16')
    const { messages, logger } = listener()
    const task = 'sequence-classification'
    const old = await withModel(folder, task, { logger }, allWeights)
    expect(messages).toEqual([])
    const renamed = await withModel(folder, task, { logger, labels: ['x', 'y', 'z'] }, async (model) => {
      expect(model.config.labels).toEqual(['x', 'y', 'z'])
      return allWeights(model)
    })
    expect(renamed).toEqual(old) // other names alone keep the weights, but that may be a mistake
    expect(messages.splice(0)).toEqual([expect.stringMatching(/taken, with the names x, y, z/)])
    const two = await withModel(folder, task, { logger, labels: ['x', 'y'] }, allWeights)
    expect(messages).toHaveLength(1)
    for (const [name, values] of Object.entries(old)) {
      if (!head.includes(name)) expect(two[name], name).toEqual(values)
    }
    expect(two['classifier.bias']).toHaveLength(2)
  })

  test('with its labels in another order is refused, also where config.json does not name the head', async () => {
    const folder = await unpack(root, 'float16')
    const silent = await withConfig(root, 'float16', 'without architectures', { architectures: undefined })
    const labels = [...(await describeModel(folder)).config.labels].reverse()
    const task = 'sequence-classification'
    const refusal = { code: 'LABEL_ORDER', message: expect.stringMatching(/in the order .* not /) }
    await expect(loadModel(folder, undefined, { threads: 1, labels })).rejects.toMatchObject(refusal)
    await expect(loadModel(silent, task, { threads: 1, labels })).rejects.toMatchObject(refusal)
    const { messages, logger } = listener()
    const names = await withModel(
      silent,
      task,
      { logger, labels: ['x', 'y', 'z'] },
      async ({ config }) => config.labels,
    )
    expect(names).toEqual(['x', 'y', 'z'])
    expect(messages).toEqual([expect.stringMatching(/taken, with the names x, y, z/)])
  })

  test('is refused where one is required', async () => {
    const required = { threads: 1, requireHead: true }
    const missing = loadModel(await unpack(root, 'base'), 'sequence-classification', required)
    await expect(missing).rejects.toThrow(CheckpointError)
    await expect(missing).rejects.toThrow(/missing +classifier\.weight/)
    const other = loadModel(await unpack(root, 'float16'), undefined, { ...required, labels: ['x', 'y'] })
    await expect(other).rejects.toThrow(/mis-shaped +classifier\.weight/)
  })
})

describe('the head of a task', () => {
  const cases: [AutoModel, string, string[]][] = [
    [AutoModelForTokenClassification, 'BertForTokenClassification', ['classifier.bias', 'classifier.weight']],
    [AutoModelForQuestionAnswering, 'BertForQuestionAnswering', ['qa_outputs.bias', 'qa_outputs.weight']],
    [AutoModelForMultipleChoice, 'BertForMultipleChoice', ['classifier.bias', 'classifier.weight']],
    [
      AutoModelForNextSentencePrediction,
      'BertForNextSentencePrediction',
      ['cls.seq_relationship.bias', 'cls.seq_relationship.weight'],
    ],
  ]

  test.each(cases)('starts fresh on a bare encoder and is kept: %#, %s', async (auto, className, names) => {
    const { messages, logger } = listener()
    const labels = ['a', 'b', 'c']
    const first = await auto.fromPretrained(await unpack(root, 'base'), { threads: 1, logger, labels })
    expect(messages).toEqual([expect.stringContaining(`base has no weights for ${names.join(', ')}: they start fresh`)])
    const copy = join(root, className)
    await first.savePretrained(copy)
    const { id2label, ...json } = await readJson(copy)
    expect(json.architectures).toEqual([className])
    expect(json.problem_type).toBeUndefined()
    // Heads of two outputs take them from num_labels in transformers, whatever they mean.
    const isOfTwo = className.includes('Question') || className.includes('Next')
    expect(id2label).toEqual(isOfTwo ? undefined : { 0: 'a', 1: 'b', 2: 'c' })
    const again = await loadModel(copy, undefined, { threads: 1, requireHead: true })
    expect(again.className).toBe(className)
    expect(await allWeights(again)).toEqual(await allWeights(first))
    await Promise.all([first.close(), again.close()])
  })

  test('of sentence pairs is found in what pre-training left', async () => {
    const folder = await unpack(root, 'pretraining')
    await withModel(folder, 'next-sentence', { requireHead: true }, async (model) =>
      expect(await model.parameter('cls.seq_relationship.weight')).toHaveLength(24),
    )
  })
})

describe('what the outputs of a sequence classifier mean', () => {
  const task = 'sequence-classification'
  const problemType = async (folder: string, options: LoadModelOptions = {}) =>
    withModel(folder, task, options, async ({ config }) => config.problemType)

  test.each(['regression', 'multi_label_classification', 'single_label_classification'] as const)(
    'is told by config.json: %s',
    async (type) => {
      const folder = await withConfig(root, 'float16', type, { problem_type: type })
      expect(await problemType(folder)).toBe(type)
      const copy = join(root, `${type} again`)
      await withModel(folder, undefined, {}, (model) => model.savePretrained(copy))
      expect((await readJson(copy)).problem_type).toBe(type)
      expect((await describeModel(copy)).config.problemType).toBe(type)
    },
  )

  test('is one class of several if nothing is told, but a number where there is one label', async () => {
    expect(await problemType(await unpack(root, 'float16'))).toBe('single_label_classification')
    const one = { problem_type: undefined, id2label: { 0: 'score' }, label2id: { score: 0 } }
    const folder = await withConfig(root, 'float16', 'one label', one)
    await withModel(folder, undefined, {}, async (model) => {
      expect(model.config).toMatchObject({ problemType: 'regression', labels: ['score'] })
      expect((await model.forward(batch)).logits!.dims).toEqual([4, 1])
      await model.savePretrained(join(root, 'one label again'))
    })
    expect(await readJson(join(root, 'one label again'))).toMatchObject({
      problem_type: 'regression',
      id2label: { 0: 'score' },
    })
    expect(bertConfig({ labels: ['x'] }).problemType).toBe('regression')
  })

  test('may be given for a new classifier; a trained one for another meaning is told of', async () => {
    const { messages, logger } = listener()
    const type = 'multi_label_classification'
    const labels = ['a', 'b']
    const base = await unpack(root, 'base')
    expect(await problemType(base, { problemType: type, labels, logger })).toBe(type)
    expect(messages.splice(0)).toHaveLength(1) // that it starts fresh
    const trained = await withConfig(root, 'float16', 'trained', { problem_type: 'regression' })
    expect(await problemType(trained, { problemType: type, logger })).toBe(type)
    expect(messages).toEqual([
      expect.stringMatching(/trained for problem_type "regression" and is taken for "multi_label/),
    ])
  })

  test('one class of one is refused', async () => {
    const refusal = { code: 'ONE_LABEL', message: expect.stringMatching(/two labels or more.*only "x"/) }
    const options = { threads: 1, labels: ['x'] }
    const base = await unpack(root, 'base')
    const single = { ...options, problemType: 'single_label_classification' } as const
    await expect(loadModel(base, task, single)).rejects.toMatchObject(refusal)
    await expect(loadModel(base, 'token-classification', options)).rejects.toMatchObject(refusal)
    await expect(loadModel(base, task, { threads: 1, labels: [] })).rejects.toMatchObject({ code: 'ONE_LABEL' })
    const config = bertConfig({ size: 'tiny', labels: ['x'], problemType: 'single_label_classification' })
    expect(() => AutoModelForSequenceClassification.fromConfig(config)).toThrow(expect.objectContaining(refusal))
  })
})
