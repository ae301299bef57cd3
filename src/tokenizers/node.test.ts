import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Tokenizer } from 'tokenizers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BertTokenizer } from './bert-tokenizer.ts'
import { formatTokenizerJson, parseTokenizerJson } from './files/tokenizer-json.ts'
import { loadTokenizer, saveTokenizer } from './node.ts'

const words = ['the', 'river', 'walk', '##ed', 'é', '7', '10', 'a', '"', '\\', '水']
const vocab = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words]
const text = 'The [MASK] walked 7 10 É "水" \\ x<new> '
const added = { content: '<new>', special: false, normalized: false, singleWord: false, lstrip: false, rstrip: true }
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenizer-'))
})
afterAll(() => rm(folder, { recursive: true }))

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
  const loaded = await loadTokenizer(directory)
  const { addedTokens, maxLength, lowercase, stripAccents, handleChineseChars, cleanText, maxInputCharsPerWord } =
    tokenizer
  expect(loaded).toMatchObject({ addedTokens, lowercase, handleChineseChars, cleanText, maxInputCharsPerWord })
  expect([loaded.maxLength, loaded.stripAccents, loaded.vocab]).toEqual([maxLength, stripAccents, tokenizer.vocab])
  expect(loaded.encode(text).tokens).toEqual(tokenizer.encode(text).tokens)
  const reference = await Tokenizer.fromFile(join(directory, 'tokenizer.json')).encode(text, 'walked')
  expect([...loaded.encode(text, { textPair: 'walked' }).ids]).toEqual(reference.getIds())
  expect([...loaded.encode(text, { textPair: 'walked' }).typeIds]).toEqual(reference.getTypeIds())
})

describe('folders as others write them', () => {
  async function write(name: string, files: Record<string, string>): Promise<string> {
    const directory = await mkdtemp(join(folder, name))
    for (const [file, content] of Object.entries(files)) await writeFile(join(directory, file), content)
    return directory
  }
  const json = formatTokenizerJson(new BertTokenizer({ vocab }))

  test('vocab.txt with Windows line ends and the settings of tokenizer_config.json', async () => {
    const config = { do_lower_case: false, model_max_length: 1e30, mask_token: { content: 'walk' }, never_split: null }
    const directory = await write('vocab', {
      'vocab.txt': vocab.join('\r\n'),
      'tokenizer_config.json': JSON.stringify(config),
    })
    const tokenizer = await loadTokenizer(directory)
    expect(tokenizer).toMatchObject({ lowercase: false, maxLength: undefined, maskId: vocab.indexOf('walk') })
    expect(tokenizer.vocab).toEqual(vocab)
  })

  test('an old tokenizer.json: no model type, BertProcessing, truncation and padding left in', () => {
    const root = JSON.parse(json)
    root.model.type = undefined
    root.truncation = { direction: 'Right', max_length: 4, strategy: 'LongestFirst', stride: 0 }
    root.padding = { strategy: { Fixed: 128 }, direction: 'Right', pad_id: 0, pad_type_id: 0, pad_token: '[PAD]' }
    root.post_processor = { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] }
    const tokenizer = new BertTokenizer(parseTokenizerJson(JSON.stringify(root)))
    expect(tokenizer.encode('the river the river the river').length).toBe(8)
  })

  test.each([
    ['TOKENIZER_FILE', 'tokenizer.json: no valid JSON in its 300 characters', { 'tokenizer.json': json.slice(0, 300) }],
    [
      'TOKENIZER_FILE',
      '"model.vocab" should be an object',
      { 'tokenizer.json': json.replace(/"vocab": \{[^}]*\}/, '"vocab": 3') },
    ],
    ['UNSUPPORTED_TOKENIZER', 'model is "BPE"', { 'tokenizer.json': json.replaceAll('"WordPiece"', '"BPE"') }],
    ['UNSUPPORTED_TOKENIZER', 'normalizer is "NFC"', { 'tokenizer.json': json.replace('BertNormalizer', 'NFC') }],
    [
      'UNSUPPORTED_TOKENIZER',
      'pre_tokenizer is "ByteLevel"',
      { 'tokenizer.json': json.replace('BertPreTokenizer', 'ByteLevel') },
    ],
    [
      'UNSUPPORTED_TOKENIZER',
      'post_processor is "RobertaProcessing"',
      { 'tokenizer.json': json.replace('TemplateProcessing', 'RobertaProcessing') },
    ],
    [
      'UNSUPPORTED_TOKENIZER',
      'tokenizer_class is "RobertaTokenizer"',
      { 'tokenizer.json': json, 'tokenizer_config.json': '{"tokenizer_class": "RobertaTokenizer"}' },
    ],
    [
      'VOCABULARY',
      'vocab.txt: token "river" comes twice, as id 6 (line 7) and as id 16 (line 17)',
      { 'vocab.txt': `${vocab.join('\n')}\nriver\n` },
    ],
    ['MISSING_SPECIAL_TOKEN', 'vocab.txt: the vocabulary of 2 tokens lacks "[UNK]"', { 'vocab.txt': 'a\nb\n' }],
    ['TOKENIZER_MISSING', 'expected tokenizer.json, or vocab.txt', {}],
  ])('%s: %s', async (code, message, files) => {
    const directory = await write('broken', files as Record<string, string>)
    await expect(loadTokenizer(directory)).rejects.toThrow(
      expect.objectContaining({ name: 'TokenizerError', code, message: expect.stringContaining(message) }),
    )
  })
})

test('a save that fails leaves the old file and nothing beside it', async () => {
  const directory = await mkdtemp(join(folder, 'full'))
  await saveTokenizer(new BertTokenizer({ vocab }), directory)
  const before = await readFile(join(directory, 'tokenizer.json'), 'utf8')
  await expect(saveTokenizer(new BertTokenizer({ vocab }), join(directory, 'vocab.txt'))).rejects.toThrow()
  expect(await readFile(join(directory, 'tokenizer.json'), 'utf8')).toBe(before)
  expect((await readdir(directory)).length).toBe(4)
})
