import { readFileSync } from 'node:fs'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { largestDifference } from '../../../test/answers.ts'
import { contents, temporaryFolder, unpack } from '../../../test/checkpoint-fixture.ts'
import { allWeights } from '../../../test/odd-model.ts'
import { CheckpointError, ConfigError } from '../../core/errors.ts'
import { collateSequences } from '../../data/collator.ts'
import { bertConfig } from '../../models/bert-config.ts'
import type { EncoderModel } from '../../models/model.ts'
import {
  AutoModel,
  AutoModelForMaskedLM,
  AutoModelForMultipleChoice,
  AutoModelForNextSentencePrediction,
  AutoModelForQuestionAnswering,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
  createModel,
  describeModel,
  type LoadModelOptions,
  loadModel,
} from './auto-model.ts'

/** transformers' answers in float64. */
const fixture: { sequences: number[][]; answers: Record<string, number[]> } = JSON.parse(
  readFileSync(new URL('auto-model.fixture.json', import.meta.url), 'utf8'),
)
const batch = collateSequences(
  fixture.sequences.map((ids) => ({
    ids: Int32Array.from(ids),
    typeIds: Int32Array.from(ids, (_, t) => Number(t >= Math.floor(ids.length / 2))),
  })),
)
const root = temporaryFolder()

/** What a model says of the fixture's sequences: its logits, of every token for a language model, or hidden vectors. */
async function answersOf(model: EncoderModel): Promise<Float32Array> {
  const maskedRows = Int32Array.from({ length: batch.tokens }, (_, i) => i)
  const { logits, lastHiddenState } = await model.forward({ ...batch, maskedRows })
  return (logits ?? lastHiddenState)!.data as Float32Array
}

/** Loads a folder, runs `use` and closes the model. */
async function withModel<T>(
  folder: string,
  task: string | undefined,
  options: LoadModelOptions,
  use: (model: EncoderModel) => Promise<T>,
): Promise<T> {
  const model = await loadModel(folder, task, { threads: 1, ...options })
  return use(model).finally(() => model.close())
}

/** A copy of a fixture's folder with other settings in its config.json. */
async function withConfig(name: string, as: string, changes: Record<string, unknown>): Promise<string> {
  const folder = await unpack(root, name, as)
  const file = join(folder, 'config.json')
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), ...changes }))
  return folder
}

const readJson = async (folder: string) => JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))

/** Collects what the logger is told. */
function listener() {
  const messages: string[] = []
  const note = (message: string) => messages.push(message)
  return { messages, logger: { debug() {}, info: note, warn: note, error: note } }
}

describe('checkpoints of transformers give its answers', () => {
  test.each([
    ['pretraining', 'masked-lm', 'BertForMaskedLM'],
    ['sharded', 'masked-lm', 'BertForMaskedLM'],
    ['base', undefined, 'BertModel'],
    ['float16', undefined, 'BertForSequenceClassification'],
    ['bfloat16', 'sequence-classification', 'BertForSequenceClassification'],
  ])('%s as %s', async (name, task, className) => {
    const folder = await unpack(root, name)
    await withModel(folder, task, {}, async (model) => {
      expect(model.className).toBe(className)
      const expected = fixture.answers[name]
      const scale = Math.max(1, ...expected.map(Math.abs))
      expect(largestDifference(await answersOf(model), expected) / scale).toBeLessThan(1e-5)
    })
  })

  test.each(['base', 'pretraining'])('%s as a bare encoder', async (name) => {
    const model = await AutoModel.fromPretrained(await unpack(root, name), { threads: 1 })
    const answers = await answersOf(model).finally(() => model.close())
    const expected = fixture.answers.base // the encoder of `pretraining`, saved on its own
    expect(model.className).toBe('BertModel')
    expect(largestDifference(answers, expected) / Math.max(1, ...expected.map(Math.abs))).toBeLessThan(1e-5)
  })

  test('of 2018, with gamma and beta', async () => {
    const folder = await unpack(root, 'legacy')
    await cp(join(await unpack(root, 'pretraining'), 'config.json'), join(folder, 'config.json'))
    await withModel(folder, 'masked-lm', { requireHead: true }, async (model) => {
      const expected = fixture.answers.pretraining
      const scale = Math.max(...expected.map(Math.abs))
      expect(largestDifference(await answersOf(model), expected) / scale).toBeLessThan(1e-5)
    })
  })
})

describe('a model that is saved and loaded again has the same bits', () => {
  test.each([
    ['pretraining', AutoModelForMaskedLM],
    ['float16', AutoModelForSequenceClassification],
  ])('%s', async (name, auto) => {
    const copy = join(root, `${name} again`)
    const first = await auto.fromPretrained(await unpack(root, name), { threads: 1 })
    await first.savePretrained(copy)
    const again = await auto.fromPretrained(copy, { threads: 1, requireHead: true })
    expect(contents(copy)).toEqual(['config.json', 'model.safetensors'])
    expect(await answersOf(again)).toEqual(await answersOf(first))
    expect(await allWeights(again)).toEqual(await allWeights(first))
    expect(again.config).toEqual(first.config)
    const bytes = readFileSync(join(copy, 'model.safetensors'))
    await again.savePretrained(copy) // over itself
    expect(readFileSync(join(copy, 'model.safetensors')).equals(bytes)).toBe(true)
    await Promise.all([first.close(), again.close()])
  })

  test('config.json has what transformers reads', async () => {
    const sizes = { vocabSize: 11, hiddenSize: 6, numHiddenLayers: 1, numAttentionHeads: 2, intermediateSize: 5 }
    const config = bertConfig({ ...sizes, maxPositionEmbeddings: 9, labels: ['ham', 'spam'], classifierDropout: 0.25 })
    const model = await AutoModelForSequenceClassification.fromConfig(config, { threads: 1 })
    const folder = join(root, 'fresh')
    await model.savePretrained(folder)
    await model.close()
    const json = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
    expect(json).toEqual({
      architectures: ['BertForSequenceClassification'],
      attention_probs_dropout_prob: 0.1,
      classifier_dropout: 0.25,
      dtype: 'float32',
      hidden_act: 'gelu',
      hidden_dropout_prob: 0.1,
      hidden_size: 6,
      id2label: { 0: 'ham', 1: 'spam' },
      initializer_range: 0.02,
      intermediate_size: 5,
      label2id: { ham: 0, spam: 1 },
      layer_norm_eps: 1e-12,
      max_position_embeddings: 9,
      model_type: 'bert',
      num_attention_heads: 2,
      num_hidden_layers: 1,
      pad_token_id: 0,
      position_embedding_type: 'absolute',
      problem_type: 'single_label_classification',
      tie_word_embeddings: true,
      type_vocab_size: 2,
      vocab_size: 11,
    })
    expect((await describeModel(folder)).config).toEqual(config)
  })
})

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
    const silent = await withConfig('float16', 'without architectures', { architectures: undefined })
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
      const folder = await withConfig('float16', type, { problem_type: type })
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
    const folder = await withConfig('float16', 'one label', one)
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
    const trained = await withConfig('float16', 'trained', { problem_type: 'regression' })
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

describe('what cannot be loaded is refused', () => {
  const load = (folder: string, task?: string) => loadModel(folder, task, { threads: 1 })

  test.each([
    ['an unknown model type', 'pretraining', { model_type: 'bart' }, 'masked-lm', 'MODEL_TYPE', /"bart".*"bert"/],
    ['no model type', 'pretraining', { model_type: null }, 'masked-lm', 'MODEL_TYPE', /null.*supported: bert/],
    [
      'an output matrix of its own',
      'pretraining',
      { tie_word_embeddings: false },
      'masked-lm',
      'UNTIED_EMBEDDINGS',
      /tie_word_embeddings is false/,
    ],
    ['an unknown problem type', 'float16', { problem_type: 'ranking' }, undefined, undefined, /problem_type/],
    ['a decoder', 'pretraining', { is_decoder: true }, 'masked-lm', 'DECODER', /is_decoder/],
    [
      'relative positions',
      'base',
      { position_embedding_type: 'relative_key' },
      undefined,
      'POSITION_EMBEDDINGS',
      /relative_key/,
    ],
    [
      'another hidden size',
      'base',
      { hidden_size: 15 },
      undefined,
      'WEIGHTS_MISMATCH',
      /expected \[23, 15\], found \[23, 12\]/,
    ],
    [
      'a layer too many',
      'base',
      { num_hidden_layers: 3 },
      undefined,
      'WEIGHTS_MISMATCH',
      /missing +bert\.encoder\.layer\.2/,
    ],
    [
      'a layer too few',
      'base',
      { num_hidden_layers: 1 },
      undefined,
      'WEIGHTS_MISMATCH',
      /unexpected +bert\.encoder\.layer\.1/,
    ],
  ])('%s', async (what, name, changes, task, code, message) => {
    const folder = await withConfig(name, what, changes)
    const loading = load(folder, task)
    await expect(loading).rejects.toThrow(message)
    await expect(loading).rejects.toThrow(what) // the folder is named
    if (code) await expect(loading).rejects.toMatchObject({ code })
  })

  test('an output matrix of its own matters only where it is used', async () => {
    const folder = await withConfig('pretraining', 'untied', { tie_word_embeddings: false })
    const { className } = await withModel(folder, 'sequence-classification', {}, async (model) => model)
    expect(className).toBe('BertForSequenceClassification')
    await expect(load(folder, 'pretraining')).rejects.toMatchObject({ code: 'UNTIED_EMBEDDINGS' })
  })

  test('an unknown task, a missing folder', async () => {
    const folder = await unpack(root, 'base')
    await expect(load(folder, 'masked-ml')).rejects.toThrow(ConfigError)
    await expect(load(folder, 'masked-ml')).rejects.toThrow(/did you mean "masked-lm"/)
    await expect(load(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'NO_FOLDER' })
    expect(() => createModel('masked-lm', 'bret', bertConfig())).toThrow(/did you mean "bert"/)
  })
})
