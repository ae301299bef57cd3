import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError, DataError } from '../../core/errors.ts'
import { readAllTokenExamples, type TokenReadOptions } from './node.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bertsmith-tokens-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** Words, tags and row of each sentence. */
async function read(path: string, options?: TokenReadOptions) {
  return (await readAllTokenExamples(path, options)).map(({ words, tags, source }) => {
    expect(source.file).toBe(path)
    return [words.join('|'), tags?.join('|'), source.row]
  })
}

/** The message without the path. */
async function failure(path: string, options?: TokenReadOptions): Promise<{ code: string; message: string }> {
  try {
    await readAllTokenExamples(path, options)
  } catch (error) {
    if (error instanceof DataError || error instanceof ConfigError) {
      return { code: error.code, message: error.message.replace(path, 'FILE') }
    }
    throw error
  }
  throw new Error('expected an error')
}

describe('conll', () => {
  test('four columns between blanks, documents, CRLF, no line end at the end', async () => {
    const text =
      '-DOCSTART- -X- -X- O\r\n\r\nEU NNP B-NP B-ORG\r\nrejects VBZ B-VP O\r\n\r\n\r\nPeter NNP B-NP B-PER\r\nBlackburn NNP I-NP I-PER\r\n' +
      '-DOCSTART- -X- O O\r\n. . O O'
    expect(await read(file('a.conll', text))).toEqual([
      ['EU|rejects', 'B-ORG|O', 3],
      ['Peter|Blackburn', 'B-PER|I-PER', 7],
      ['.', 'O', 10],
    ])
  })

  test('tabs, a blank line of a tab and blanks, blanks around cells, blanks inside a word', async () => {
    const path = file('b.conll', '\ufeffEmpire\tB-loc\nNew York\tI-loc  \t\n\t \n #tag \tO\n\u00a0\tO\n')
    expect(await read(path)).toEqual([
      ['Empire|New York', 'B-loc|I-loc', 1],
      ['#tag|\u00a0', 'O|O', 4],
    ])
  })

  test('chosen columns, as numbers or digits', async () => {
    const path = file('c.conll', '1\tRome\tB-LOC\tNNP\n2\tis\tO\tVBZ\n')
    expect(await read(path, { textColumn: 1, labelColumn: 2 })).toEqual([['Rome|is', 'B-LOC|O', 1]])
    expect(await read(path, { textColumn: '1', labelColumn: '3' })).toEqual([['Rome|is', 'NNP|VBZ', 1]])
    expect(await read(path, { textColumn: 3, labelColumn: 0 })).toEqual([['NNP|VBZ', '1|2', 1]])
    expect(await read(path, { textColumn: 3 })).toEqual([['NNP|VBZ', undefined, 1]])
  })

  test('comments, where there are some', async () => {
    const path = file('d.conll', '# id 1\nRome B-LOC\n# O\n\n#Rome O\n')
    expect(await read(path, { comment: '# ' })).toEqual([
      ['Rome', 'B-LOC', 2],
      ['#Rome', 'O', 5],
    ])
    expect(await failure(path)).toMatchObject({
      code: 'FIELD_COUNT',
      message: expect.stringContaining('row 2: expected 3'),
    })
  })

  test('words alone, where no row has a tag', async () => {
    expect(await read(file('e.conll', 'In\nRome\n\n.\n'))).toEqual([
      ['In|Rome', undefined, 1],
      ['.', undefined, 4],
    ])
  })

  test('other extensions, gzip, a separator and a format by name', async () => {
    for (const name of ['a.bio', 'a.IOB', 'a.iob2', 'a.tsv', 'a.txt']) {
      expect(await read(file(name, 'In\tO\n'))).toEqual([['In', 'O', 1]])
    }
    expect(await read(file('a.conll.gz', gzipSync('In O\n')))).toEqual([['In', 'O', 1]])
    expect(await read(file('eng.train', 'In\tO\n'), { format: 'conll', separator: 'blank' })).toEqual([['In', 'O', 1]])
    expect(await read(file('x.conll', 'In  O\n'), { separator: 'tab' })).toEqual([['In  O', undefined, 1]])
  })
})

describe('jsonl', () => {
  test('tags or ner_tags, null, no words', async () => {
    const path = file(
      'a.jsonl',
      '{"tokens":["In","Rome"],"tags":["O","B-LOC"]}\r\n\n{"tokens":["."],"ner_tags":["O"],"tags":null}\n{"tokens":["a"]}\n{"tokens":[],"tags":[]}',
    )
    expect(await read(path)).toEqual([
      ['In|Rome', 'O|B-LOC', 1],
      ['.', 'O', 3],
      ['a', undefined, 4],
      ['', '', 5],
    ])
  })

  test('chosen keys', async () => {
    const path = file('b.ndjson', '{"words":["In"],"pos":["ADP"],"tags":["O"]}\n')
    expect(await read(path, { textColumn: 'words', labelColumn: 'pos' })).toEqual([['In', 'ADP', 1]])
  })
})

test.each<[string, string | Uint8Array, TokenReadOptions, string, string]>([
  ['no.conll', '', {}, 'EMPTY_FILE', 'FILE is empty'],
  ['blank.conll', '\n\t\n-DOCSTART- O\n', {}, 'EMPTY_FILE', 'FILE is empty'],
  ['bytes.conll', Uint8Array.of(65, 0, 66), {}, 'BINARY_FILE', 'binary file'],
  ['sheet.conll', Uint8Array.of(0x50, 0x4b, 3, 4), {}, 'BINARY_FILE', 'zip or Excel'],
  [
    'one.conll',
    'In O\nRome\n',
    {},
    'FIELD_COUNT',
    'FILE, row 2: expected 2 columns between blanks as in row 1, found 1 ("Rome"): a tag or another column is missing: add it',
  ],
  [
    'tab.conll',
    'In\tO\n\nRome\t \n',
    {},
    'FIELD_COUNT',
    'FILE, row 3: expected 2 columns between tabs as in row 1, found 1',
  ],
  [
    'more.conll',
    'In O\nNew York O\n',
    {},
    'FIELD_COUNT',
    'found 3 ("New York O"): a word with a blank in it needs tabs',
  ],
  ['more.tsv', 'In\tO\nNew\t\tO\n', {}, 'FIELD_COUNT', 'a tab too many'],
  [
    'first.conll',
    '\nRome\n',
    { requireLabel: true },
    'MISSING_COLUMN',
    'FILE, row 2: expected a word and its tag, such as "Rome B-LOC", found one column ("Rome")',
  ],
  ['word.tsv', 'In\tO\n\tO\n', {}, 'EMPTY_WORD', 'FILE, row 2, column 0: the word is empty'],
  ['tag.tsv', 'In\tO\tX\nat\t\tX\n', { labelColumn: 1 }, 'EMPTY_LABEL', 'FILE, row 2, column 1: the tag is empty'],
  [
    'far.conll',
    'In O\n',
    { labelColumn: 2 },
    'MISSING_COLUMN',
    'FILE, row 1, column 2: there is no such column: the row has 2 ("In O"), counted from 0',
  ],
  ['far2.conll', 'In O\n', { textColumn: 2 }, 'MISSING_COLUMN', '--text-column N'],
  ['name.conll', 'In O\n', { labelColumn: 'ner' }, 'COLUMN_NUMBER', 'the label column "ner" is no position'],
  ['same.conll', 'In O\n', { labelColumn: 0 }, 'SAME_COLUMN', 'cannot hold both'],
  ['a.parquet', 'x', {}, 'UNKNOWN_FORMAT', 'the extension ".parquet": expected .conll, .bio'],
  ['b', 'x', {}, 'UNKNOWN_FORMAT', 'a file name without an extension'],
  ['c.conll', 'In O\n', { format: 'constructor' as 'conll' }, 'UNKNOWN_FORMAT', 'format "constructor"'],
  ['empty.jsonl', '\n', {}, 'EMPTY_FILE', 'FILE is empty'],
  ['broken.jsonl', '{"tokens":["a"]}\n{"tokens":', {}, 'INVALID_JSON', 'FILE, row 2: expected one JSON object a line'],
  ['list.jsonl', '["a"]', {}, 'INVALID_JSON', 'such as {"tokens": ["…"], "tags": ["…"]}, found an array'],
  ['key.jsonl', '{"words":["a"]}', {}, 'MISSING_COLUMN', 'FILE, row 1: there is no "tokens". The keys are: "words"'],
  [
    'text.jsonl',
    '{"tokens":"a b"}',
    {},
    'LIST_TYPE',
    'FILE, row 1, column "tokens": expected a list of words, found a value of type string',
  ],
  ['number.jsonl', '{"tokens":["a",1]}', {}, 'LIST_TYPE', 'at place 2: write it as a string'],
  [
    'ids.jsonl',
    '{"tokens":["a"],"ner_tags":[3]}',
    {},
    'LIST_TYPE',
    'FILE, row 1, column "ner_tags": expected a list of tags as strings, found a value of type number ("3") at place 1: write names such as "B-LOC"',
  ],
  [
    'lengths.jsonl',
    '{"tokens":["a","b"],"tags":["O"]}',
    {},
    'LENGTHS_DIFFER',
    'FILE, row 1, column "tags": found 1 tags for the 2 words',
  ],
  ['untagged.jsonl', '{"tokens":["a"]}', { requireLabel: true }, 'MISSING_COLUMN', 'there is no "tags"'],
  ['null.jsonl', '{"tokens":["a"],"pos":null}', { requireLabel: true, labelColumn: 'pos' }, 'LIST_TYPE', 'found null'],
  ['void.jsonl', '{"tokens":["a",""]}', {}, 'EMPTY_WORD', 'word 2 is empty'],
])('%s is refused', async (name, content, options, code, message) => {
  expect(await failure(file(name, content), options)).toEqual({ code, message: expect.stringContaining(message) })
})

test('a file that is not there', async () => {
  expect((await failure(join(folder, 'nowhere.conll'))).code).toBe('FILE_NOT_FOUND')
})
