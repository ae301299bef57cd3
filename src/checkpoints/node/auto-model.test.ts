import { readFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { largestDifference } from '../../../test/answers.ts'
import { contents, temporaryFolder, unpack } from '../../../test/checkpoint-fixture.ts'
import { allWeights } from '../../../test/odd-model.ts'
import { ConfigError } from '../../core/errors.ts'
import { bertConfig } from '../../models/bert-config.ts'
import type { EncoderModel } from '../../models/model.ts'
import { batch, fixture, withConfig, withModel } from './auto-model.samples.ts'
import {
  AutoModel,
  AutoModelForMaskedLM,
  AutoModelForSequenceClassification,
  createModel,
  describeModel,
  loadModel,
} from './auto-model.ts'

const root = temporaryFolder()

/** What a model says of the fixture's sequences: its logits, of every token for a language model, or hidden vectors. */
async function answersOf(model: EncoderModel): Promise<Float32Array> {
  const maskedRows = Int32Array.from({ length: batch.tokens }, (_, i) => i)
  const { logits, lastHiddenState } = await model.forward({ ...batch, maskedRows })
  return (logits ?? lastHiddenState)!.data as Float32Array
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
    const folder = await withConfig(root, name, what, changes)
    const loading = load(folder, task)
    await expect(loading).rejects.toThrow(message)
    await expect(loading).rejects.toThrow(what) // the folder is named
    if (code) await expect(loading).rejects.toMatchObject({ code })
  })

  test('an output matrix of its own matters only where it is used', async () => {
    const folder = await withConfig(root, 'pretraining', 'untied', { tie_word_embeddings: false })
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
