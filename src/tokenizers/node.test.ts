import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Tokenizer as NativeTokenizer } from 'tokenizers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BertTokenizer } from './bert-tokenizer.ts'
import { createTokenizer } from './files/bert-shape.ts'
import { formatTokenizerJson, parseTokenizerJson } from './files/tokenizer-json.ts'
import { loadTokenizer, saveTokenizer } from './node.ts'

const words = ['the', 'river', 'walk', '##ed', 'é', '7', '10', 'a', '"', '\\', '水', '__proto__', 'constructor']
const vocab = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words]
const text = 'The [MASK] walked 7 10 É "水" \\ x<new> __proto__'
const added = { content: '<new>', special: false, normalized: false, singleWord: false, lstrip: false, rstrip: true }
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenizer-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function loadBert(directory: string): Promise<BertTokenizer> {
  const tokenizer = await loadTokenizer(directory)
  expect(tokenizer).toBeInstanceOf(BertTokenizer)
  return tokenizer as BertTokenizer
}

test.each([
  {},
  { lowercase: false, maxLength: 512 },
  { stripAccents: false, handleChineseChars: false, maxLength: 64 },
  { cleanText: false, continuingSubwordPrefix: '##', maxInputCharsPerWord: 5 },
  { addedTokens: [{ ...added, id: vocab.length }] },
])('saved and loaded, %j is the same, and Hugging Face reads it', async (options) => {
  const directory = join(folder, 'deep', JSON.stringify(options).length.toString())
  const tokenizer = new BertTokenizer({ vocab, ...options })
  await saveTokenizer(tokenizer, directory)
  expect((await readdir(directory)).sort()).toEqual([
    'special_tokens_map.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'vocab.txt',
  ])
  expect(await readFile(join(directory, 'vocab.txt'), 'utf8')).toBe(`${vocab.join('\n')}\n`)
  const loaded = await loadBert(directory)
  const { addedTokens, maxLength, lowercase, stripAccents, handleChineseChars, cleanText, maxInputCharsPerWord } =
    tokenizer
  expect(loaded).toMatchObject({ addedTokens, lowercase, handleChineseChars, cleanText, maxInputCharsPerWord })
  expect([loaded.maxLength, loaded.stripAccents, loaded.vocabSize]).toEqual([
    maxLength,
    stripAccents,
    tokenizer.vocabSize,
  ])
  expect(loaded.encode(text).tokens).toEqual(tokenizer.encode(text).tokens)
  const reference = await NativeTokenizer.fromFile(join(directory, 'tokenizer.json')).encode(text, 'walked')
  expect([...loaded.encode(text, { textPair: 'walked' }).ids]).toEqual(reference.getIds())
  expect([...loaded.encode(text, { textPair: 'walked' }).typeIds]).toEqual(reference.getTypeIds())
})

async function write(name: string, files: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(folder, name))
  for (const [file, content] of Object.entries(files)) await writeFile(join(directory, file), content)
  return directory
}
const json = formatTokenizerJson(new BertTokenizer({ vocab }))

describe('folders as others write them', () => {
  test('vocab.txt with Windows line ends and the settings of tokenizer_config.json', async () => {
    const config = { do_lower_case: false, model_max_length: 1e30, mask_token: { content: 'walk' }, never_split: null }
    const directory = await write('vocab', {
      'vocab.txt': vocab.join('\r\n'),
      'tokenizer_config.json': JSON.stringify(config),
    })
    const tokenizer = await loadBert(directory)
    expect(tokenizer).toMatchObject({ lowercase: false, maxLength: undefined, maskId: vocab.indexOf('walk') })
    expect(tokenizer.vocabSize).toBe(vocab.length)
  })

  test('an old tokenizer.json: no model type, BertProcessing, truncation and padding left in', () => {
    const root = JSON.parse(json)
    root.model.type = undefined
    root.truncation = { direction: 'Right', max_length: 4, strategy: 'LongestFirst', stride: 0 }
    root.padding = { strategy: { Fixed: 128 }, direction: 'Right', pad_id: 0, pad_type_id: 0, pad_token: '[PAD]' }
    root.post_processor = { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] }
    const tokenizer = createTokenizer(parseTokenizerJson(JSON.stringify(root)))
    expect(tokenizer).toBeInstanceOf(BertTokenizer)
    expect(tokenizer.encode('the river the river the river').length).toBe(8)
  })

  test('added_tokens.json in both forms', async () => {
    const old = await write('old', { 'vocab.txt': vocab.join('\n'), 'added_tokens.json': '{"<new>": 18}' })
    const entry = { '18': { content: '<new>', lstrip: true, special: true } }
    const now = await write('now', { 'vocab.txt': vocab.join('\n'), 'added_tokens.json': JSON.stringify(entry) })
    const [first, second] = [await loadTokenizer(old), await loadTokenizer(now)]
    expect(first.encode('a <new>', { addSpecialTokens: false }).tokens).toEqual(['a', '<new>'])
    expect(first.addedTokens.at(-1)).toEqual({ ...added, id: 18, normalized: true, rstrip: false })
    expect(second.addedTokens.at(-1)).toEqual({ ...added, id: 18, special: true, lstrip: true, rstrip: false })
  })

  test('a special token that only the settings name gets the next id, as in transformers', async () => {
    const config = { tokenizer_class: 'PreTrainedTokenizerFast', pad_token: '<p>', additional_special_tokens: ['<q>'] }
    const directory = await write('named', { 'tokenizer.json': json, 'tokenizer_config.json': JSON.stringify(config) })
    const tokenizer = await loadTokenizer(directory)
    expect([tokenizer.tokenToId('<p>'), tokenizer.tokenToId('<q>')]).toEqual([vocab.length, vocab.length + 1])
    expect(tokenizer.encode('a<q>').tokens).toEqual(['[CLS]', 'a', '<q>', '[SEP]'])
  })

  test('sides, lengths and names of inputs', async () => {
    const config = {
      padding_side: 'left',
      truncation_side: 'left',
      model_max_length: 8,
      model_input_names: ['input_ids'],
    }
    const directory = await write('sides', { 'tokenizer.json': json, 'tokenizer_config.json': JSON.stringify(config) })
    expect((await loadTokenizer(directory)).definition).toMatchObject({
      paddingSide: 'left',
      truncationSide: 'left',
      maxLength: 8,
      modelInputNames: ['input_ids'],
    })
  })
})

test.each([
  ['TOKENIZER_FILE', 'tokenizer.json: no valid JSON in its 300 characters', { 'tokenizer.json': json.slice(0, 300) }],
  ['TOKENIZER_FILE', 'vocab', { 'tokenizer.json': json.replace(/"vocab": \{[^}]*\}/, '"vocab": 3') }],
  ['TOKENIZER_FILE', '"model" should be an object', { 'tokenizer.json': '{}' }],
  ['UNSUPPORTED_TOKENIZER', '"WordPuzzle"', { 'tokenizer.json': json.replaceAll('"WordPiece"', '"WordPuzzle"') }],
  ['UNSUPPORTED_TOKENIZER', '"NFX"', { 'tokenizer.json': json.replace('BertNormalizer', 'NFX') }],
  ['UNSUPPORTED_TOKENIZER', '"Bits"', { 'tokenizer.json': json.replace('BertPreTokenizer', 'Bits') }],
  ['UNSUPPORTED_TOKENIZER', '"Templates"', { 'tokenizer.json': json.replace('TemplateProcessing', 'Templates') }],
  [
    'UNSUPPORTED_TOKENIZER',
    'tokenizer_class is "T5Tokenizer", and there is no tokenizer.json that would say what it does',
    { 'vocab.txt': vocab.join('\n'), 'tokenizer_config.json': '{"tokenizer_class": "T5Tokenizer"}' },
  ],
  [
    'TOKENIZER_MISSING',
    'the vocabulary of a RobertaTokenizer: expected vocab.json and merges.txt',
    { 'vocab.json': '{"<s>": 0}', 'config.json': '{"model_type": "roberta"}' },
  ],
  ['TOKENIZER_FILE', 'merges.txt, line 2', { 'vocab.json': '{"<s>": 0}', 'merges.txt': '#version: 0.2\na b c\n' }],
  ['TOKENIZER_FILE', 'no sentencepiece model in its 7 bytes', { 'spiece.model': 'version' }],
  ['UNSUPPORTED_TOKENIZER', 'nothing says which tokenizer this vocabulary is for', { 'sentencepiece.bpe.model': 'x' }],
  [
    'VOCABULARY',
    `vocab.txt: token "river" comes twice, as id 6 (line 7) and as id ${vocab.length} (line ${vocab.length + 1})`,
    { 'vocab.txt': `${vocab.join('\n')}\nriver\n` },
  ],
  ['MISSING_SPECIAL_TOKEN', 'vocab.txt: the vocabulary lacks "[UNK]"', { 'vocab.txt': 'a\nb\n' }],
  ['TOKENIZER_FILE', '"padding_side"', { 'tokenizer.json': json, 'tokenizer_config.json': '{"padding_side": "up"}' }],
  ['TOKENIZER_MISSING', 'expected tokenizer.json, or vocab.txt', {}],
])('%s: %s', async (code, message, files) => {
  const directory = await write('broken', files as Record<string, string>)
  await expect(loadTokenizer(directory)).rejects.toThrow(
    expect.objectContaining({ name: 'TokenizerError', code, message: expect.stringContaining(message) }),
  )
})

test('a tokenizer.json without the unknown token of its model', async () => {
  const root = JSON.parse(json)
  root.added_tokens = root.added_tokens.filter((token: { content: string }) => token.content !== '[UNK]')
  root.model.vocab['[unused]'] = root.model.vocab['[UNK]']
  delete root.model.vocab['[UNK]']
  const directory = await write('unk', { 'tokenizer.json': JSON.stringify(root) })
  await expect(loadTokenizer(directory)).rejects.toThrow(
    expect.objectContaining({ name: 'TokenizerError', code: 'MISSING_SPECIAL_TOKEN' }),
  )
})

test('a save that fails leaves the old file and nothing beside it', async () => {
  const directory = await mkdtemp(join(folder, 'full'))
  await saveTokenizer(new BertTokenizer({ vocab }), directory)
  const before = await readFile(join(directory, 'tokenizer.json'), 'utf8')
  await expect(saveTokenizer(new BertTokenizer({ vocab }), join(directory, 'vocab.txt'))).rejects.toThrow()
  expect(await readFile(join(directory, 'tokenizer.json'), 'utf8')).toBe(before)
  expect((await readdir(directory)).length).toBe(4)
})
