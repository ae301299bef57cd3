import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../test/checkpoint-fixture.ts'
import { ConfigError } from '../core/errors.ts'
import { type Flags, parseFlags, type ValuesOf } from './command.ts'
import { loraFlags, readLoraFlags, readSaveAdapter } from './lora-flags.ts'
import { labelledCsv, makeModelFolder, makeVocabulary, runHere } from './program.samples.ts'

const read = (line: string) => {
  const { values } = parseFlags(line.split(' ').filter(Boolean), loraFlags satisfies Flags)
  return readLoraFlags(values as ValuesOf<typeof loraFlags>)
}

describe('flags', () => {
  test('say how a model is adapted, and without any it is not', () => {
    expect(read('')).toBeUndefined()
    expect(read('--lora-rank 8')).toEqual({ rank: 8 })
    const line = '--lora-rank 8 --lora-alpha 16 --lora-targets query value --lora-dropout 0.05 --lora-rs'
    expect(read(`${line} --lora-modules-to-save LayerNorm`)).toEqual({
      rank: 8,
      alpha: 16,
      targets: ['query', 'value'],
      dropout: 0.05,
      rsLora: true,
      modulesToSave: ['LayerNorm'],
    })
  })

  test.each([
    ['--lora-alpha 16', /^--lora-alpha needs --lora-rank N, such as 8$/],
    ['--lora-rank 0', /^--lora-rank must be a whole number of at least 1, not 0$/],
    ['--lora-rank 8 --lora-dropout 1', /^--lora-dropout must be at least 0 and below 1, not 1$/],
    ['--lora-rank 8 --lora-alpha -1', /^--lora-alpha must be a number above 0, not -1$/],
    ['--lora-rnak 8', /--lora-rank/],
  ])('%s is refused', (line, message) => {
    expect(() => read(line)).toThrow(ConfigError)
    expect(() => read(line)).toThrow(message)
  })

  test('to save an adapter needs one', () => {
    expect(() => readSaveAdapter({ saveAdapter: true }, undefined)).toThrow(/^--save-adapter needs --lora-rank/)
    expect(readSaveAdapter({}, undefined)).toBe(false)
  })
})

const folder = temporaryFolder()
const at = (name: string) => join(folder, name)

beforeAll(async () => {
  await makeVocabulary(at('tokenizer'))
  await makeModelFolder(at('base'), at('tokenizer'))
})

test('finetune leaves a merged model and the adapter; evaluate takes the one', { timeout: 60_000 }, async () => {
  await writeFile(at('train.csv'), labelledCsv(60, 1))
  const command = [
    ...['finetune', '--task', 'text-classification', '--train', at('train.csv'), '--threads', '1', '--no-doctor'],
    ...['--lora-rank', '2', '--lora-alpha', '4', '--lora-targets', 'query', 'value', '--lora-dropout', '0.05'],
  ]
  const wrong = await runHere([...command, '--model', at('base'), '--output', at('wrong'), '--lora-targets', 'valeu'])
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean "value"?')])
  const random = await runHere([...command, '--size', 'tiny', '--tokenizer', at('tokenizer'), '--output', at('wrong')])
  expect([random.status, random.stderr]).toEqual([2, expect.stringContaining('give --model DIR, not --size')])

  const training = ['--eval', at('train.csv'), '--epochs', '1', '--save-adapter', '--json']
  const { status, stdout, stderr } = await runHere([
    ...[...command, '--model', at('base'), '--output', at('out'), ...training],
  ])
  expect([status, stderr]).toEqual([0, expect.stringMatching(/parameters, of which [\d,]+ are trained \(\d.* %\)/)])
  expect(readdirSync(at('out/adapter'))).toEqual(['adapter_config.json', 'adapter_model.safetensors'])
  expect(readFileSync(at('out/README.md'), 'utf8')).toMatch(/\| lora \| rank 2, alpha 4, .*\n\| trainedParameters \|/)
  const evaluated = await runHere(['evaluate', '--model', at('out'), '--data', at('train.csv'), '--json'])
  expect(JSON.parse(evaluated.stdout).metrics.loss.value).toBeCloseTo(JSON.parse(stdout).metrics.loss, 5)
})

test('pretrain adapts a language model, but not to new words', { timeout: 60_000 }, async () => {
  await writeFile(at('corpus.txt'), labelledCsv(40, 2).replaceAll('\n', '\n\n'))
  const command = ['pretrain', '--corpus', at('corpus.txt'), '--model', at('base'), '--output', at('adapted'), '--json']
  const adapters = ['--lora-rank', '2', '--max-length', '16', '--max-steps', '2', '--threads', '1', '--save-adapter']
  const grown = await runHere([...command, ...adapters, '--grow-vocabulary', '5'])
  expect([grown.status, grown.stdout]).toEqual([2, expect.stringContaining('leave out one of them')])
  const { status, stderr } = await runHere([...command, ...adapters])
  expect([status, stderr]).toEqual([0, expect.stringContaining('are trained')])
  const config = JSON.parse(readFileSync(at('adapted/adapter/adapter_config.json'), 'utf8'))
  expect(config).toMatchObject({ modules_to_save: ['cls'], task_type: null, base_model_name_or_path: at('base') })
})
