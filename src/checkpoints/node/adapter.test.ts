/** Adapters in folders, against Python's peft: the fixture is that of scripts/fixtures/lora.py. */
import { readFileSync } from 'node:fs'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { largestDifference } from '../../../test/answers.ts'
import { bytesOf, contents, temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { fillByFormula, formulaBatch } from '../../../test/formula.ts'
import { allWeights, oddSizes } from '../../../test/odd-model.ts'
import { CheckpointError, ConfigError } from '../../core/errors.ts'
import { collateSequences } from '../../data/collator.ts'
import { bertConfig } from '../../models/bert-config.ts'
import { electraConfig } from '../../models/electra-config.ts'
import { isLoraParameter } from '../../models/lora.ts'
import type { EncoderModel } from '../../models/model.ts'
import { writeAdapterConfig } from '../adapter-config.ts'
import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE, mergeLora, saveAdapter } from './adapter.ts'
import {
  AutoModel,
  AutoModelForMaskedLM,
  AutoModelForSequenceClassification,
  createModel,
  type LoadModelOptions,
} from './auto-model.ts'
import { readJsonFile } from './config-file.ts'
import { saveTensors } from './save-weights.ts'
import { openWeights } from './weight-files.ts'

interface PeftFixture {
  /** base64 */
  files: Record<string, string>
  logits: number[]
}
const fixture: PeftFixture = JSON.parse(readFileSync(new URL('../adapter.fixture.json', import.meta.url), 'utf8'))
const root = temporaryFolder()
let languageModel: Promise<string>
const [base, encoder, peftFolder, ours] = ['base', 'encoder', 'peft', 'ours'].map((name) => join(root, name))
const { labels } = oddSizes
const { sequences } = formulaBatch([7, 2, 5], oddSizes.vocabSize, labels.length)
const batch = collateSequences(sequences)

/** Runs `use` on a model and closes it. */
async function using<T>(opening: Promise<EncoderModel>, use: (model: EncoderModel) => Promise<T>): Promise<T> {
  const model = await opening
  return use(model).finally(() => model.close())
}
const load = (options: LoadModelOptions, folder = base) =>
  AutoModelForSequenceClassification.fromPretrained(folder, { threads: 1, ...options })
const logits = async (model: EncoderModel) => (await model.forward(batch)).logits!.data as Float32Array
/** As if trained: every parameter that is not frozen has other values. */
async function change(model: EncoderModel) {
  for (const { name, isFrozen } of model.parameters)
    if (!isFrozen)
      await model.setParameter(
        name,
        (await model.parameter(name)).map((value, i) => value + 0.1 * Math.sin(i + 1)),
      )
}

async function makeLanguageModel(): Promise<string> {
  const folder = join(root, 'electra-lm')
  const config = electraConfig({ ...oddSizes, embeddingSize: 7 })
  await using(createModel('masked-lm', 'electra', config, { threads: 1 }), (model) => model.savePretrained(folder))
  return folder
}

beforeAll(async () => {
  languageModel = makeLanguageModel()
  await using(createModel('sequence-classification', 'bert', bertConfig(oddSizes), { threads: 1 }), async (model) => {
    await fillByFormula(model)
    await model.savePretrained(base)
  })
  await using(AutoModel.fromPretrained(base, { threads: 1 }), (model) => model.savePretrained(encoder))
  await mkdir(peftFolder)
  for (const [name, bytes] of Object.entries(fixture.files)) await writeFile(join(peftFolder, name), bytesOf(bytes))
  await using(load({ lora: { rank: 3, alpha: 5 } }), async (model) => {
    await change(model)
    await saveAdapter(model, ours)
  })
})

describe('a folder of peft', () => {
  test('gives its logits', () =>
    using(load({ adapter: peftFolder }), async (model) => {
      expect(model.definition.lora).toMatchObject({
        rank: 3,
        alpha: 5,
        dropout: 0.1,
        base: 'bert-odd',
        modulesToSave: [],
      })
      expect([...model.definition.lora!.targets].sort()).toEqual(['query', 'value'])
      expect(largestDifference(await logits(model), fixture.logits)).toBeLessThan(1e-5)
      const plain = await using(load({}), logits)
      expect(largestDifference(plain, fixture.logits)).toBeGreaterThan(1e-2)
    }))

  test('has the classifier, which the model under it need not have; the pooler is that of the model', async () => {
    const told: string[] = []
    const logger = { info: (text: string) => told.push(text), warn: (text: string) => told.push(text) }
    await using(load({ labels, adapter: peftFolder, requireHead: true, logger }), async (model) => {
      expect(largestDifference(await logits(model), fixture.logits)).toBeLessThan(1e-5)
    })
    await using(load({ labels, adapter: peftFolder, logger }, encoder), async (model) => {
      expect(largestDifference(await logits(model), fixture.logits)).toBeLessThan(1e-5)
    })
    expect(told).toEqual([])
  })

  test('with layers chosen by an expression has adapters where its tensors say', async () => {
    const folder = await changed(peftFolder, { target_modules: '.*\\.(query|value)', layers_to_transform: [0, 1] })
    await using(load({ adapter: folder }), async (model) => {
      expect(largestDifference(await logits(model), fixture.logits)).toBeLessThan(1e-5)
      expect(model.definition.lora!.targets).toContain('bert.encoder.layer.1.attention.self.value')
    })
  })

  test.each<[Record<string, unknown>, RegExp]>([
    [{ peft_type: 'IA3' }, /adapter_config\.json: an adapter of type IA3, expected LORA/],
    [{ use_dora: true }, /not supported: use_dora true\. Merge the adapter/],
    [{ bias: 'lora_only' }, /not supported: bias "lora_only"/],
    [
      { rank_pattern: { query: 4 }, lora_bias: true },
      /not supported: (rank_pattern \{"query":4\}, lora_bias true|lora_bias true, rank_pattern \{"query":4\})/,
    ],
    [{ init_lora_weights: 'pissa' }, /init_lora_weights is "pissa", which changed the model/],
    [{ r: 0 }, /"r" must be a whole number of at least 1, found 0/],
    [{ lora_alpha: -1 }, /adapter_config\.json: alpha must be a number above 0, not -1/],
    [{ a_setting_of_tomorrow: 1 }, /a_setting_of_tomorrow 1/],
  ])('is refused for %o', async (settings, message) => {
    const folder = await changed(peftFolder, settings)
    const error = await load({ adapter: folder }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toMatch(message)
  })
})

describe('our folder', () => {
  test("has peft's files, names and settings", async () => {
    expect(contents(ours)).toEqual([ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE])
    expect(await readJsonFile(join(ours, ADAPTER_CONFIG_FILE))).toEqual({
      base_model_name_or_path: base,
      bias: 'none',
      fan_in_fan_out: false,
      inference_mode: true,
      init_lora_weights: true,
      lora_alpha: 5,
      lora_dropout: 0,
      modules_to_save: ['pooler', 'classifier'],
      peft_type: 'LORA',
      r: 3,
      target_modules: ['query', 'value'],
      task_type: 'SEQ_CLS',
      use_rslora: false,
    })
    const shapesIn = async (folder: string) => {
      const weights = await openWeights(join(folder, ADAPTER_WEIGHTS_FILE))
      await weights.close()
      return Object.fromEntries([...weights.tensors.values()].map(({ name, shape }) => [name, shape]))
    }
    const pooler = 'base_model.model.bert.pooler.dense'
    const expected = { ...(await shapesIn(peftFolder)), [`${pooler}.weight`]: [12, 12], [`${pooler}.bias`]: [12] }
    expect(await shapesIn(ours)).toEqual(expected)
  })

  test('gives back what was saved, bit for bit', () =>
    using(load({ lora: { rank: 3, alpha: 5 } }), async (model) => {
      await change(model)
      await using(load({ labels, adapter: ours, requireHead: true }, encoder), async (again) => {
        expect(again.definition.lora).toEqual({ ...model.definition.lora, base })
        expect(await allWeights(again)).toEqual(await allWeights(model))
      })
    }))

  test('of a bare encoder has names without its prefix, and whole modules too', async () => {
    const folder = join(root, 'bare')
    const lora = { targets: ['dense'], modulesToSave: ['LayerNorm'], rsLora: true, base: 'somewhere' }
    const saved = await using(AutoModel.fromPretrained(encoder, { threads: 1, lora }), async (model) => {
      await change(model)
      await saveAdapter(model, folder)
      const { lora: used, ...plain } = model.definition
      const named = { ...plain, lora: { ...used!, targets: ['bert.encoder.layer.0.attention.self.query', 'key'] } }
      const names = ['encoder.layer.0.attention.self.query', 'key']
      expect(writeAdapterConfig(named)).toMatchObject({ target_modules: names })
      return allWeights(model)
    })
    const config = await readJsonFile(join(folder, ADAPTER_CONFIG_FILE))
    expect(config).toMatchObject({ task_type: 'FEATURE_EXTRACTION', modules_to_save: ['pooler', 'LayerNorm'] })
    expect(config).toMatchObject({ use_rslora: true, base_model_name_or_path: 'somewhere' })
    const weights = await openWeights(join(folder, ADAPTER_WEIGHTS_FILE))
    await weights.close()
    const prefix = 'base_model.model.encoder.layer.0.attention.output'
    expect([...weights.tensors.keys()].filter((name) => name.startsWith(prefix))).toEqual(
      ['LayerNorm.bias', 'LayerNorm.weight', 'dense.lora_A.weight', 'dense.lora_B.weight'].map((n) => `${prefix}.${n}`),
    )
    await using(AutoModel.fromPretrained(encoder, { threads: 1, adapter: folder }), async (model) => {
      expect(model.definition.lora).toMatchObject(lora)
      expect(await allWeights(model)).toEqual(saved)
    })
  })
})

describe('merging', () => {
  test('gives a plain model with the same logits, in memory and in a folder that loads as any', () =>
    using(load({ adapter: ours }), async (model) => {
      const expected = await logits(model)
      const folder = join(root, 'merged')
      await using(mergeLora(model, { threads: 1 }), async (plain) => {
        expect(plain.definition.lora).toBeUndefined()
        expect(plain.parameters.some(({ name, isFrozen }) => isFrozen || isLoraParameter(name))).toBe(false)
        expect(largestDifference(await logits(plain), expected)).toBeLessThan(1e-5)
        await model.savePretrained(folder)
        await using(load({ requireHead: true }, folder), async (loaded) => {
          expect(await allWeights(loaded)).toEqual(await allWeights(plain))
        })
      })
      expect(await logits(model)).toEqual(expected)
    }))

  test('goes with every task and architecture', async () => {
    const folder = await languageModel
    const masked = { ...batch, maskedRows: Int32Array.of(1, 4, 9) }
    const lora = { targets: ['query', 'embeddings_project'], rank: 2, alpha: 3 }
    await using(AutoModelForMaskedLM.fromPretrained(folder, { threads: 1, lora }), async (model) => {
      await change(model)
      const expected = (await model.forward(masked)).logits!.data as Float32Array
      await using(mergeLora(model, { threads: 1 }), async (plain) => {
        const found = (await plain.forward(masked)).logits!.data as Float32Array
        expect(largestDifference(found, expected)).toBeLessThan(1e-5)
      })
    })
  })
})

test('a language model has copies of its tied output matrix, as peft wants them, and of no other', async () => {
  const from = await languageModel
  const adapter = join(root, 'lm-adapter')
  const open = (options: LoadModelOptions) => AutoModelForMaskedLM.fromPretrained(from, { threads: 1, ...options })
  const saved = await using(open({ lora: {} }), async (model) => {
    await change(model)
    await saveAdapter(model, adapter)
    return allWeights(model)
  })
  expect(await using(open({ adapter }), allWeights)).toEqual(saved)
  const path = join(adapter, ADAPTER_WEIGHTS_FILE)
  const weights = await openWeights(path)
  const tensors = await Promise.all(
    [...weights.tensors.values()].map(async ({ name, shape }) => ({ name, shape, data: await weights.read(name) })),
  )
  await weights.close()
  const copy = tensors.find(({ name }) => name === 'base_model.model.generator_lm_head.weight')!
  expect(copy.data).toEqual(saved['electra.embeddings.word_embeddings.weight'])
  copy.data[5] += 1 // as peft trains it, apart from the embeddings
  await saveTensors(path, tensors)
  await expect(open({ adapter })).rejects.toThrow(
    /"generator_lm_head.weight" is not the model's "electra.embeddings.word_embeddings.weight"/,
  )
})

describe('refused', () => {
  test('an adapter of other shapes, with every name', async () => {
    const folder = await changed(ours, { r: 4 })
    const error = await load({ adapter: folder }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(CheckpointError)
    expect(error.message).toContain('the weights do not fit the model (8 mis-shaped)')
    const name = 'bert.encoder.layer.1.attention.self.value.lora_B.weight'
    expect(error.message).toMatch(new RegExp(`mis-shaped +${name} +expected \\[12, 4\\], found \\[12, 3\\]`))
    expect(error.message).toContain(`The adapter was made for ${base}: load that`)
  })

  test('an adapter for other labels', () =>
    expect(load({ labels: ['a', 'b'], adapter: ours }, encoder)).rejects.toThrow(
      /2 mis-shaped[\s\S]*classifier.weight +expected \[2, 12\], found \[5, 12\]/,
    ))

  test('an adapter of another base, with what is missing and what is too much', async () => {
    const folder = join(root, 'electra')
    const config = electraConfig(oddSizes)
    const create = createModel('sequence-classification', 'electra', config, { threads: 1 })
    await using(create, (model) => model.savePretrained(folder))
    const error = await load({ adapter: ours }, folder).catch((thrown) => thrown)
    expect(error.message).toContain('(8 missing, 12 unexpected)')
    expect(error.message).toMatch(/missing +electra\.encoder\.layer\.0\.attention\.self\.query\.lora_A\.weight/)
    expect(error.message).toMatch(/unexpected +bert\.encoder\.layer\.0\.attention\.self\.query\.lora_A\.weight/)
  })

  test('an adapter for other layers than its settings say', async () => {
    const folder = await changed(ours, { target_modules: ['query', 'key'] })
    await expect(load({ adapter: folder })).rejects.toThrow(
      /4 missing, 4 unexpected[\s\S]*missing +bert\S+key\.lora_A\.weight[\s\S]*unexpected +bert\S+value\.lora_B\.weight/,
    )
    const wrong = await changed(ours, { target_modules: ['query', 'v_proj'] })
    await expect(load({ adapter: wrong })).rejects.toThrow('targets: "v_proj" is no linear layer of the encoder')
  })

  test('a folder without an adapter', async () => {
    await expect(load({ adapter: base })).rejects.toThrow(/adapter_config\.json: there is no such file/)
    await expect(load({ adapter: join(root, 'nowhere') })).rejects.toThrow('there is no such folder')
    const folder = await changed(ours, {})
    await rm(join(folder, ADAPTER_WEIGHTS_FILE))
    await expect(load({ adapter: folder })).rejects.toThrow(/adapter_model\.safetensors: there is no such file.*\.bin/)
  })

  test('new adapters and trained ones at once; to save an adapter of a model without one', async () => {
    await expect(load({ adapter: ours, lora: {} })).rejects.toThrow('give one of the two')
    await expect(load({ lora: { targets: ['queri'] } })).rejects.toThrow('did you mean "query"?')
    await using(load({}), async (model) => {
      await expect(saveAdapter(model, join(root, 'none'))).rejects.toThrow('the model has no adapter')
    })
  })
})

let copies = 0
/** A copy of an adapter's folder with other settings. */
async function changed(folder: string, settings: Record<string, unknown>): Promise<string> {
  const copy = join(root, `changed-${copies++}`)
  await cp(folder, copy, { recursive: true })
  const path = join(copy, ADAPTER_CONFIG_FILE)
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...settings }))
  return copy
}
