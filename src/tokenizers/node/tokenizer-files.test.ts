import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Tokenizer as JsTokenizer } from '@huggingface/tokenizers'
import { Tokenizer as NativeTokenizer } from 'tokenizers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BertTokenizer } from '../bert-tokenizer.ts'
import { formatTokenizerFiles } from '../files/format-config.ts'
import { loadTokenizer, saveTokenizer } from '../node.ts'

interface Fixture {
  texts: string[]
  pairs: [string, string][]
  cases: {
    name: string
    files: Record<string, string | { base64: string }>
    encoded: { ids: number[]; types: number[]; tokens: string }[]
  }[]
}

const fixture: Fixture = JSON.parse(await readFile(new URL('tokenizer-files.fixture.json', import.meta.url), 'utf8'))
const inputs: [string, string | undefined][] = [
  ...fixture.texts.map((text): [string, undefined] => [text, undefined]),
  ...fixture.pairs,
]
/**
 * Where @huggingface/tokenizers 0.2 itself differs from tokenizers: punctuation marks in a row are one word, \w is ASCII. It
 * also takes an empty second text for none, and gives RobertaProcessing's second texts the type 1.
 */
const otherInJs: readonly [name: string, text: RegExp][] = [
  ['DebertaV2Tokenizer', /\p{P}{2}|\p{S}{2}|\p{P}\p{S}|\p{S}\p{P}/u],
  ['PreTrainedTokenizerFast', /[^\0-\x7f]/],
]
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenizer-files-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function write(name: string, files: Fixture['cases'][number]['files']): Promise<string> {
  const directory = join(folder, name)
  await mkdir(directory, { recursive: true })
  for (const [file, content] of Object.entries(files)) {
    await writeFile(
      join(directory, file),
      typeof content === 'string' ? content : Buffer.from(content.base64, 'base64'),
    )
  }
  return directory
}

describe.each(fixture.cases)('$name', ({ name, files, encoded }) => {
  test('gives the ids, types and decoded text of transformers', async () => {
    const tokenizer = await loadTokenizer(await write(name, files))
    for (const [i, [text, textPair]] of inputs.entries()) {
      const encoding = tokenizer.encode(text, { textPair })
      expect([...encoding.ids], text).toEqual(encoded[i].ids)
      expect([...encoding.typeIds], text).toEqual(encoded[i].types)
      expect(tokenizer.decode(encoded[i].ids, { skipSpecialTokens: false }), text).toBe(encoded[i].tokens)
    }
  })

  test('saved, it is the same here, in tokenizers and in the tokenizers of transformers.js', async () => {
    const tokenizer = await loadTokenizer(await write(name, files))
    const saved = join(folder, 'saved', name)
    await saveTokenizer(tokenizer, saved)
    const again = await loadTokenizer(saved)
    expect(formatTokenizerFiles(again)).toEqual(formatTokenizerFiles(tokenizer))
    const native = NativeTokenizer.fromFile(join(saved, 'tokenizer.json'))
    const js = new JsTokenizer(
      JSON.parse(await readFile(join(saved, 'tokenizer.json'), 'utf8')),
      JSON.parse(await readFile(join(saved, 'tokenizer_config.json'), 'utf8')),
    )
    for (const [i, [text, textPair]] of inputs.entries()) {
      expect([...again.encode(text, { textPair }).ids], text).toEqual(encoded[i].ids)
      const fromNative = await native.encode(text, textPair ?? null)
      expect([fromNative.getIds(), fromNative.getTypeIds()], text).toEqual([encoded[i].ids, encoded[i].types])
      if (textPair === '' || otherInJs.some(([part, pattern]) => name.includes(part) && pattern.test(text))) continue
      const fromJs = js.encode(text, { text_pair: textPair, return_token_type_ids: true })
      expect(fromJs.ids, text).toEqual(encoded[i].ids)
      if (tokenizer.definition.postProcessor?.type !== 'RobertaProcessing') {
        expect(fromJs.token_type_ids, text).toEqual(encoded[i].types)
      }
    }
  })
})

test('BERT, DistilBERT and ELECTRA are a BertTokenizer, others are not', async () => {
  const kinds = await Promise.all(
    fixture.cases.map(async ({ name, files }) => {
      const tokenizer = await loadTokenizer(await write(name, files))
      return [name, tokenizer instanceof BertTokenizer]
    }),
  )
  const fast = [
    'BertTokenizer, saved',
    'BertTokenizer cased, saved',
    'DistilBertTokenizer, saved',
    'ElectraTokenizer, saved',
  ]
  expect(kinds.filter(([, isBert]) => isBert).map(([name]) => name)).toEqual([...fast, 'vocab.txt'])
})

test.each([
  ['BertTokenizer, saved', 'BertTokenizer', ['vocab.txt']],
  ['DistilBertTokenizer, saved', 'DistilBertTokenizer', ['vocab.txt']],
  ['MPNetTokenizer, saved', 'MPNetTokenizer', ['vocab.txt']],
  ['RobertaTokenizer, saved', 'RobertaTokenizer', []],
  ['DebertaTokenizer, saved', 'DebertaTokenizer', []],
  ['XLMRobertaTokenizer, saved', 'XLMRobertaTokenizer', []],
  ['CamembertTokenizer, saved', 'CamembertTokenizer', []],
  ['AlbertTokenizer, saved', 'AlbertTokenizer', []],
  ['DebertaV2Tokenizer, saved', 'DebertaV2Tokenizer', []],
  ['PreTrainedTokenizerFast, saved', 'PreTrainedTokenizerFast', []],
  ['spiece.model', 'AlbertTokenizer', []],
  ['spm.model', 'PreTrainedTokenizerFast', []],
])('%s is saved for the class %s', async (name, tokenizerClass, more) => {
  const { files } = fixture.cases.find((each) => each.name === name)!
  const saved = join(folder, 'class', name)
  await saveTokenizer(await loadTokenizer(await write(name, files)), saved)
  expect((await readdir(saved)).sort()).toEqual([
    'special_tokens_map.json',
    'tokenizer.json',
    'tokenizer_config.json',
    ...more,
  ])
  const config = JSON.parse(await readFile(join(saved, 'tokenizer_config.json'), 'utf8'))
  expect(config.tokenizer_class).toBe(tokenizerClass)
})
