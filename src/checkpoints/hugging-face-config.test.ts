import { describe, expect, test } from 'vitest'
import { bytesOf, checkpointFixture } from '../../test/checkpoint-fixture.ts'
import { readCommonConfig, writeCommonConfig, writeLabels } from './hugging-face-config.ts'

const fixture = (folder: string) =>
  JSON.parse(new TextDecoder().decode(bytesOf(checkpointFixture.folders[folder]['config.json'])))
const read = (json: unknown) => readCommonConfig(json, 'config.json')

describe('readCommonConfig', () => {
  test('reads what transformers 5 writes', () => {
    expect(read(fixture('float16'))).toEqual({
      architectures: ['BertForSequenceClassification'],
      modelType: 'bert',
      labels: ['ham', 'spam', 'other'],
      problemType: null,
      longTexts: null,
      dtype: 'float16',
      transformersVersion: '5.18.0',
      tieWordEmbeddings: true,
    })
    expect(read(fixture('pretraining')).labels).toEqual(['LABEL_0', 'LABEL_1'])
  })

  test('reads what transformers 4 writes', () => {
    expect(read({ torch_dtype: 'torch.bfloat16', num_labels: 3 })).toMatchObject({
      dtype: 'bfloat16',
      labels: ['LABEL_0', 'LABEL_1', 'LABEL_2'],
    })
    expect(read({ label2id: { b: 1, a: 0 } }).labels).toEqual(['a', 'b'])
  })

  test('id2label decides; a contradiction is told', () => {
    const warnings: string[] = []
    const logger = { info() {}, warn: (message: string) => warnings.push(message) }
    const json = { id2label: { 0: 'no', 1: 'yes' }, label2id: { LABEL_0: 0, LABEL_1: 1 } }
    expect(readCommonConfig(json, 'config.json', logger).labels).toEqual(['no', 'yes'])
    expect(warnings).toEqual([expect.stringContaining('"label2id" says "LABEL_0" is 0')])
  })

  test.each([
    [{ id2label: { 0: 'a', 2: 'b' } }, '"id2label" must name each id from 0 to 1, but 1 is missing'],
    [{ id2label: { 0: 'a', 1: 5 } }, 'but 1 has no string'],
    [{ id2label: {} }, '"id2label" names no class'],
    [{ id2label: { 0: 'a' }, num_labels: 2 }, '"num_labels" is 2, but "id2label" names 1'],
    [{ problem_type: 'classification' }, '"problem_type" must be one of "regression"'],
    [{ architectures: 'Bert' }, '"architectures" must be an array of strings'],
  ])('%j is refused', (json, message) => {
    expect(() => read(json)).toThrow(`config.json: ${message.startsWith('"') ? message : ''}`)
    expect(() => read(json)).toThrow(message)
  })
})

describe('writeCommonConfig', () => {
  test.each(['float16', 'pretraining', 'base'])('gives the keys of %s back', (folder) => {
    const json = fixture(folder)
    const written = writeCommonConfig(read(json))
    expect(json).toMatchObject(written)
    expect(Object.keys(written)).toEqual(
      expect.arrayContaining(['architectures', 'model_type', 'dtype', 'transformers_version']),
    )
    expect('id2label' in written).toBe('id2label' in json)
  })

  test('labels must differ', () => {
    expect(() => writeLabels(['a', 'b', 'a'])).toThrow('the label "a" comes twice')
  })
})
