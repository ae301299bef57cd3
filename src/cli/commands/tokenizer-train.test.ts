import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AutoTokenizer } from '../../tokenizers/node.ts'
import { runHere, temporaryDirectory } from '../program.samples.ts'

let folder: string
const at = (name: string) => join(folder, name)
const words = ['good', 'great', 'lovely', 'bad', 'dull', 'film', 'films', 'and', 'but', 'brightly']
const texts = Array.from({ length: 60 }, (_, i) => [1, 3, 7, 11].map((k) => words[(i * k + k) % 10]).join(' '))

beforeAll(async () => {
  folder = await temporaryDirectory()
  await writeFile(at('a.txt'), `${texts.slice(0, 20).join('\r\n')}\n\n`)
  await writeFile(
    at('b.csv'),
    `id,body\n${texts
      .slice(20, 40)
      .map((text, i) => `${i},"${text}"`)
      .join('\n')}\n`,
  )
  const rows = texts.slice(40).map((body) => JSON.stringify({ body }))
  await writeFile(at('c.jsonl.gz'), gzipSync(rows.join('\n')))
  await writeFile(at('blank.txt'), '\u200b\n')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const train = (model: string, ...args: string[]) =>
  runHere(['tokenizer', 'train', '--model', model, '--output', at(`out-${model}`), ...args])

test.each([
  ['wordpiece', '90', ['[CLS]', '[SEP]']],
  ['bpe', '300', ['<s>', '</s>']],
  ['unigram', '60', ['<s>', '</s>']],
])('%s: from txt, csv and packed jsonl to a folder that loads', async (model, size, [first, last]) => {
  const files = ['a.txt', 'b.csv', 'c.jsonl.gz'].map(at)
  const column = ['--text-column', 'body']
  // A txt file has no columns, so it goes alone.
  const both = await train(model, '--input', files[1], files[2], '--vocab-size', size, ...column, '--json')
  expect(both.status, both.stdout).toBe(0)
  const { output, vocabSize, seconds } = JSON.parse(both.stdout)
  expect({ output, seconds }).toEqual({ output: at(`out-${model}`), seconds: expect.any(Number) })
  expect(vocabSize).toBeLessThanOrEqual(Number(size))
  expect(both.stderr).toMatch(/Reading texts.*40[\s\S]*Learning pieces/)
  const tokenizer = await AutoTokenizer.fromPretrained(at(`out-${model}`))
  expect(tokenizer.vocabSize).toBe(vocabSize)
  const { ids, tokens } = tokenizer.encode(texts[0])
  expect([tokens[0], tokens.at(-1)]).toEqual([first, last])
  expect(tokenizer.decode(ids)).toBe(texts[0])

  const again = ['--input', files[0], '--vocab-size', size, '--lowercase', '--max-length', '64']
  const refused = await train(model, ...again)
  expect(refused.status).toBe(2)
  expect(refused.stderr).toMatch(
    /out-\w+ holds a tokenizer \(.*tokenizer\.json.*\): replace it with --overwrite, or choose/,
  )
  const plain = await train(model, ...again, '--overwrite')
  expect(plain.status, plain.stderr).toBe(0)
  expect(plain.stdout).toMatch(/out-\w+: \d+ tokens in [\d.]+ s\n/)
  expect((await AutoTokenizer.fromPretrained(at(`out-${model}`))).maxLength).toBe(64)
})

test.each([
  ['an unknown kind', 'bpee', [], 'TOKENIZER_MODEL', 'did you mean "bpe"?: use wordpiece, bpe, unigram'],
  ['a vocabulary for less than the bytes', 'bpe', ['--vocab-size', '200'], 'VOCAB_SIZE', 'need 261'],
  [
    'a vocabulary for less than the characters',
    'wordpiece',
    ['--vocab-size', '7'],
    'VOCAB_SIZE',
    'need 39. Choose a larger --vocab-size.',
  ],
  ['a vocabulary for less than the characters', 'unigram', ['--vocab-size', '7'], 'VOCAB_SIZE', 'special tokens'],
  ['a setting of the other kinds', 'unigram', ['--min-frequency', '2'], 'SETTING', '--min-frequency'],
  ['no size', 'bpe', ['--vocab-size', '0'], 'SETTING', '--vocab-size is 0'],
])('refuses %s: %s', async (_, model, args, code, message) => {
  const { status, stdout } = await train(model, '--input', at('a.txt'), ...args, '--overwrite', '--json')
  expect(status).toBe(2)
  expect(JSON.parse(stdout).error).toEqual({ code, message: expect.stringContaining(message) })
})

test.each([
  [['--vocab-size', '3'], /^error: --vocab-size 3 is too small: .*Choose a larger --vocab-size\.\n$/],
  [['--max-length', '0'], /^error: --max-length is 0: expected a whole number of 2 or more/],
])('%j is refused', async (flags, message) => {
  // A length is told before texts are read that would be refused, too.
  const file = flags[0] === '--max-length' ? 'none.txt' : 'a.txt'
  const { status, stderr } = await train('refused', '--model', 'wordpiece', '--input', at(file), ...flags)
  expect([status, stderr.slice(stderr.indexOf('error:'))]).toEqual([2, expect.stringMatching(message)])
  expect(await readdir(folder)).not.toContain('out-refused')
})

test('refuses texts without words and an output that is no folder, and leaves nothing behind', async () => {
  await mkdir(at('clean'))
  const empty = ['tokenizer', 'train', '--input', at('blank.txt'), '--json', '--output']
  const blank = await runHere([...empty, at('clean/tok')])
  expect(blank.status).toBe(2)
  expect(JSON.parse(blank.stdout).error.code).toBe('EMPTY_CORPUS')
  expect(await readdir(at('clean'))).toEqual([])
  const file = await runHere([...empty, at('blank.txt')])
  expect(JSON.parse(file.stdout).error.code).toBe('NOT_A_FOLDER')
})

test.each(['config.json', 'model.safetensors'])(
  'the tokenizer of a model stays, with --overwrite too: a folder with %s',
  async (name) => {
    const output = at(`model with ${name}`)
    await mkdir(output)
    await writeFile(join(output, name), '{}')
    await writeFile(join(output, 'vocab.txt'), 'good')
    for (const more of [[], ['--overwrite']]) {
      const args = ['tokenizer', 'train', '--input', at('a.txt'), '--vocab-size', '90', '--output', output, ...more]
      const { status, stderr } = await runHere(args)
      expect([status, stderr]).toEqual([
        2,
        expect.stringContaining(`a model (${name}): to it the ids of another tokenizer`),
      ])
    }
    expect((await readdir(output)).sort()).toEqual([name, 'vocab.txt'])
  },
)
