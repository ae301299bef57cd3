/** How long texts are read, kept in a model's folder. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { oddSizes } from '../../../test/odd-model.ts'
import { type BertSettings, bertConfig } from '../../models/bert-config.ts'
import type { LongTextSettings } from '../../models/long-texts.ts'
import { createModel, describeModel, type LoadModelOptions, loadModel } from './auto-model.ts'
import { CONFIG_FILE } from './config-file.ts'

const root = temporaryFolder()
const folder = (name: string) => join(root, name)
const threads = { threads: 1 }

async function save(name: string, settings: BertSettings, task: string | null = 'sequence-classification') {
  const model = await createModel(task, 'bert', bertConfig({ ...oddSizes, ...settings }), threads)
  await model.savePretrained(folder(name)).finally(() => model.close())
}

async function load(name: string, options: LoadModelOptions = {}, task = 'sequence-classification') {
  const lines: string[] = []
  const logger = { info: (line: string) => lines.push(line), warn: (line: string) => lines.push(line) }
  const model = await loadModel(folder(name), task, { ...threads, ...options, logger })
  const names = model.parameters.map(({ name }) => name).filter((each) => each.startsWith('window_attention.'))
  const kept = names.length > 0 ? await model.parameter(names[0]) : undefined
  return model.close().then(() => ({ longTexts: model.config.longTexts, names, kept, lines: lines.join('\n') }))
}

const attention: LongTextSettings = { pooling: 'attention', maxLength: 9, stride: 2, maxWindows: 5 }

beforeAll(async () => {
  await save('plain', {})
  await save('attention', { longTexts: attention })
  await save('tokens', {}, 'token-classification')
})

test('config.json has it under a key of its own, and it is read again', async () => {
  const json = JSON.parse(await readFile(join(folder('attention'), CONFIG_FILE), 'utf8'))
  expect(json.bertsmith_long_texts).toEqual({ pooling: 'attention', max_length: 9, stride: 2, max_windows: 5 })
  expect(json.architectures).toEqual(['BertForSequenceClassification'])
  const loaded = await load('attention', { requireHead: true })
  expect(loaded.longTexts).toEqual(attention)
  expect(loaded.names).toHaveLength(2)
  expect(loaded.lines).toBe('')
  const plain = JSON.parse(await readFile(join(folder('plain'), CONFIG_FILE), 'utf8'))
  expect(Object.keys(plain)).not.toContain('bertsmith_long_texts')
  expect((await describeModel(folder('plain'))).config).not.toHaveProperty('longTexts')
})

test('it may be added, changed and taken away', async () => {
  const added = await load('plain', { longTexts: { pooling: 'attention' }, labels: oddSizes.labels })
  expect(added.longTexts).toEqual({ pooling: 'attention', maxLength: 11, stride: 2 })
  expect(added.lines).toMatch(/no weights for window_attention\.hidden\.weight, window_attention\.score\.weight/)
  const changed = await load('attention', { longTexts: { pooling: 'mean', stride: 3 } })
  expect([changed.longTexts, changed.names]).toEqual([{ pooling: 'mean', maxLength: 11, stride: 3 }, []])
  expect((await load('attention', { longTexts: null })).longTexts).toBeUndefined()
  expect((await load('attention', { newHead: true })).longTexts).toBeUndefined()
  expect((await load('attention', {}, 'token-classification')).longTexts).toBeUndefined()
})

test('attention that starts fresh does not hide that labels are in another order', () =>
  expect(load('plain', { longTexts: { pooling: 'attention' }, labels: oddSizes.labels.toReversed() })).rejects.toThrow(
    /was trained with the labels in the order/,
  ))

test('attention is part of a trained head', () =>
  expect(load('plain', { longTexts: { pooling: 'attention' }, requireHead: true })).rejects.toThrow(/window_attention/))

describe('what cannot be is refused', () => {
  test('for heads of tokens, and without a head', async () => {
    const wrong = { code: 'LONG_TEXTS', message: expect.stringMatching(/for sequence classification, not for/) }
    const longTexts = { pooling: 'mean' } as const
    await expect(load('tokens', { longTexts }, 'token-classification')).rejects.toMatchObject(wrong)
    await expect(save('x', { longTexts }, 'token-classification')).rejects.toMatchObject(wrong)
    await expect(save('x', { longTexts }, null)).rejects.toMatchObject(wrong)
  })

  test.each([
    [
      { pooling: 'median', max_length: 9, stride: 2 },
      /config\.json, bertsmith_long_texts: "pooling" must be one of "mean"/,
    ],
    [{ pooling: 'mean', stride: 2 }, /"max_length" is missing/],
    [{ pooling: 'mean', max_length: 9, stride: 2, window: 3 }, /unknown key/],
    [
      { pooling: 'mean', max_length: 9, stride: 7 },
      /config\.json, bertsmith_long_texts: stride must be a whole number from 0 to 6/,
    ],
    [{ pooling: 'mean', max_length: 12, stride: 2 }, /maxLength .* from 3 to 11/],
    ['mean', /"bertsmith_long_texts" must be an object or null/],
  ])('config.json with %j', async (value, message) => {
    await save('broken', {})
    const file = join(folder('broken'), CONFIG_FILE)
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), bertsmith_long_texts: value }))
    await expect(describeModel(folder('broken'))).rejects.toThrow(message)
  })
})
