import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError, DataError } from '../core/errors.ts'
import { type ReadOptions, readAllExamples, readExamples, readTexts } from './node.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bertsmith-data-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** Text, pair, label and row of each example. */
async function read(path: string, options?: ReadOptions) {
  return (await readAllExamples(path, options)).map(({ text, textPair, label, source }) => {
    expect(source.file).toBe(path)
    return [text, textPair, label, source.row]
  })
}

async function failure(path: string, options?: ReadOptions): Promise<DataError | ConfigError> {
  try {
    await readAllExamples(path, options)
  } catch (error) {
    if (error instanceof DataError || error instanceof ConfigError) return error
    throw error
  }
  throw new Error('expected an error')
}

describe('formats', () => {
  test('csv: quotes, commas and line breaks in fields, byte order mark, CRLF, rows as a spreadsheet counts', async () => {
    const path = file('a.csv', '\ufefftext,label\r\n"good, ""really""\r\ngood",pos\r\n\r\nbad, neg \r\n')
    expect(await read(path)).toEqual([
      ['good, "really"\r\ngood', undefined, 'pos', 2],
      ['bad', undefined, 'neg', 4],
    ])
  })

  test('tsv: quotes are plain characters', async () => {
    const path = file('a.tsv', 'label\ttext\n1\tthe " film\n0\t"bad\\t"\n')
    expect(await read(path)).toEqual([
      ['the " film', undefined, '1', 2],
      ['"bad\\t"', undefined, '0', 3],
    ])
  })

  test('tsv without a header: columns by position, as number or digits', async () => {
    const path = file('b.tsv', 'good film\t1\nbad film\t0')
    const expected = [
      ['good film', undefined, '1', 1],
      ['bad film', undefined, '0', 2],
    ]
    expect(await read(path, { textColumn: 0, labelColumn: 1, requireLabel: true })).toEqual(expected)
    expect(await read(path, { textColumn: '0', labelColumn: '1', header: false })).toEqual(expected)
    expect(await read(path, { textColumn: 0, labelColumn: 'label', textPairColumn: 'text_pair' })).toEqual(
      expected.map(([text, , , row]) => [text, undefined, undefined, row]),
    )
  })

  test('positions below a header that is said to be there', async () => {
    const path = file('c.csv', 'sentence,y\ngood,1\n')
    expect(await read(path, { textColumn: 0, labelColumn: 1, header: true })).toEqual([['good', undefined, '1', 2]])
    expect(await read(path, { textColumn: 'sentence', labelColumn: 1 })).toEqual([['good', undefined, '1', 2]])
  })

  test('jsonl: label of any plain type, null is no label, blank lines pass', async () => {
    const path = file(
      'a.jsonl',
      '\ufeff{"text":"a\\nb","label":1}\r\n\n{"label":true,"text":"c","text_pair":"d"}\n{"text":"","label":null}\n{"text":"e"}',
    )
    expect(await read(path)).toEqual([
      ['a\nb', undefined, '1', 1],
      ['c', 'd', 'true', 3],
      ['', undefined, undefined, 4],
      ['e', undefined, undefined, 5],
    ])
  })

  test('txt: a text a line, no labels', async () => {
    const path = file('a.txt', 'one, "two"\r\n\n  three\t\n')
    expect(await read(path)).toEqual([
      ['one, "two"', undefined, undefined, 1],
      ['  three\t', undefined, undefined, 3],
    ])
    const texts: string[] = []
    for await (const text of readTexts(path)) texts.push(text)
    expect(texts).toEqual(['one, "two"', '  three\t'])
  })

  test('pairs by default and by chosen names', async () => {
    expect(await read(file('p.csv', 'text,text_pair,label\na,b,c\n'))).toEqual([['a', 'b', 'c', 2]])
    const options = { textColumn: 'premise', textPairColumn: 'hypothesis', labelColumn: 'gold' }
    expect(await read(file('q.csv', 'gold,hypothesis,premise\nc,b,a\n'), options)).toEqual([['a', 'b', 'c', 2]])
  })

  test('each format packed with gzip, extensions in any case, and a format given by name', async () => {
    const row = [['good', undefined, '1', 2]]
    expect(await read(file('z.csv.gz', gzipSync('text,label\ngood,1\n')))).toEqual(row)
    expect(await read(file('z.TSV.GZ', gzipSync('text\tlabel\ngood\t1\n')))).toEqual(row)
    expect(await read(file('z.ndjson.gz', gzipSync('\n{"text":"good","label":1}')))).toEqual(row)
    expect(await read(file('z.data', 'text,label\ngood,1\n'), { format: 'csv' })).toEqual(row)
    const members = Buffer.concat([gzipSync('one\n'), gzipSync('two\n')])
    expect((await read(file('z.txt.gz', members))).map(([text]) => text)).toEqual(['one', 'two'])
  })

  test('labels may be absent where they are not required', async () => {
    expect(await read(file('n.csv', 'text,other\na,b\n'))).toEqual([['a', undefined, undefined, 2]])
    expect(await read(file('o.csv', 'text,label\na,\n'))).toEqual([['a', undefined, undefined, 2]])
  })

  test('a text of 10 MB arrives whole in every format', async () => {
    const text = 'wörter "und" 日本 '.repeat(400_000)
    expect(Buffer.byteLength(text)).toBeGreaterThan(8e6)
    const quoted = `"${text.replaceAll('"', '""')}"`
    const paths = [
      file('long.csv', `text,label\n${quoted},1\nshort,0\n`),
      file('long.tsv', `text\tlabel\n${text}\t1\nshort\t0\n`),
      file('long.jsonl', `\n${JSON.stringify({ text, label: 1 })}\n{"text":"short","label":0}`),
    ]
    for (const path of paths) {
      const examples = await readAllExamples(path, { requireLabel: true })
      expect(examples.map(({ label, source }) => [label, source.row])).toEqual([
        ['1', 2],
        ['0', 3],
      ])
      expect(examples[0].text === text).toBe(true)
    }
  })

  test('stopping early closes the file', async () => {
    const path = file('stop.csv', `text,label\n${'good,1\n'.repeat(100_000)}`)
    let count = 0
    for await (const example of readExamples(path)) {
      expect(example.label).toBe('1')
      if (++count === 3) break
    }
    expect(count).toBe(3)
    rmSync(path)
  })
})

describe('errors say where, what and what to do', () => {
  const cases: [name: string, content: string | Uint8Array, options: ReadOptions, code: string, parts: RegExp[]][] = [
    ['empty.csv', '', {}, 'EMPTY_FILE', [/empty\.csv is empty/]],
    ['empty.jsonl', '\n \n', {}, 'EMPTY_FILE', [/is empty/]],
    ['empty.txt', '\n', {}, 'EMPTY_FILE', [/is empty/]],
    ['bare.csv', 'text,label\n', {}, 'EMPTY_FILE', [/a header and no rows/]],
    [
      'names.csv',
      'Texts,label\na,b\n',
      {},
      'MISSING_COLUMN',
      [
        /row 1: there is no text column "text"; did you mean "Texts"\?/,
        /The columns are: "Texts", "label"/,
        /--text-column/,
      ],
    ],
    [
      'data.tsv',
      'a stirring , funny and finally transporting film\t1\nbad\t0\n',
      { requireLabel: true },
      'MISSING_COLUMN',
      [/"a stirring , funny/, /looks like data/, /--text-column 0 --label-column 1/],
    ],
    [
      'data.csv',
      '"3","Fears for pension","Unions representing workers at Turner say so"\n',
      {},
      'MISSING_COLUMN',
      [/--text-column 2 --label-column 0/],
    ],
    [
      'nolabel.csv',
      'text,class\na,b\n',
      { requireLabel: true },
      'MISSING_COLUMN',
      [/no label column "label"/, /"class"/],
    ],
    [
      'nopair.csv',
      'text\na\n',
      { textPairColumn: 'b' },
      'MISSING_COLUMN',
      [/no text pair column "b"/, /--text-pair-column/],
    ],
    ['few.tsv', 'a\t1\n', { textColumn: 2 }, 'MISSING_COLUMN', [/no text column 2/, /2 columns, 0 to 1/]],
    ['twice.csv', 'text,text\na,b\n', {}, 'DUPLICATE_COLUMN', [/two columns are called "text"/]],
    [
      'header.tsv',
      'sentence\tlabel\na\t1\n',
      { textColumn: 0, labelColumn: 1 },
      'HEADER_AS_DATA',
      [/--text-column sentence/],
    ],
    ['mixed.tsv', 'a\t1\n', { textColumn: 0, labelColumn: 'y' }, 'MIXED_COLUMNS', [/--label-column 1/]],
    ['mixed2.tsv', 'a\t1\n', { textColumn: 0, requireLabel: true }, 'MIXED_COLUMNS', [/"label" is a name/]],
    ['same.tsv', 'a\t1\n', { textColumn: 0, labelColumn: 0 }, 'SAME_COLUMN', [/column 0/]],
    ['named.tsv', 'a\t1\n', { header: false }, 'HEADER_NEEDED', [/--text-column 0/]],
    ['minus.tsv', 'a\t1\n', { textColumn: -1 }, 'COLUMN_NUMBER', [/-1/]],
    [
      'count.csv',
      'text,label\na,1\n\nb, c,1\n',
      {},
      'FIELD_COUNT',
      [/count\.csv, row 4: expected 2 fields as in the header, found 3/, /quotes/],
    ],
    [
      'count.tsv',
      'a\t1\nb\n',
      { textColumn: 0 },
      'FIELD_COUNT',
      [/row 2: expected 2 fields as in the first row, found 1/],
    ],
    ['open.csv', 'text,label\na,1\n"b,2\nc,3\n', {}, 'UNTERMINATED_QUOTE', [/row 3/, /never closed/]],
    ['stray.csv', 'text,label\na,1\nthe "b",2\n', {}, 'STRAY_QUOTE', [/row 3/, /double each quote/]],
    ['stray2.csv', 'text,label\na,1\n"b" c,2\n', {}, 'STRAY_QUOTE', [/row 3/, /double each quote/]],
    ['bad.jsonl', '{"text":"a"}\n{"text":}\n', {}, 'INVALID_JSON', [/bad\.jsonl, row 2/, /\{\\"text\\":\}/]],
    ['array.jsonl', '["a"]\n', {}, 'INVALID_JSON', [/row 1/, /an array/]],
    ['document.jsonl', '[\n{"text":"a"}]\n', {}, 'INVALID_JSON', [/rewritten as JSON Lines/]],
    ['type.jsonl', '{"text":"a"}\n{"text":5}\n', {}, 'TEXT_TYPE', [/row 2, column "text"/, /number \("5"\)/]],
    ['null.jsonl', '{"text":null}\n', {}, 'TEXT_TYPE', [/row 1, column "text"/, /found null/]],
    ['key.jsonl', '{"Text":"a"}\n', {}, 'MISSING_COLUMN', [/row 1/, /did you mean "Text"/]],
    ['nolabel.jsonl', '{"text":"a"}\n', { requireLabel: true }, 'MISSING_COLUMN', [/no "label"/]],
    ['listlabel.jsonl', '{"text":"a","label":["b"]}\n', {}, 'LABEL_TYPE', [/row 1, column "label"/, /an array/]],
    ['emptylabel.csv', 'text,label\na,1\nb, \n', { requireLabel: true }, 'EMPTY_LABEL', [/row 3, column "label"/]],
    [
      'emptylabel.tsv',
      'a\t1\nb\t\n',
      { textColumn: 0, labelColumn: 1, requireLabel: true },
      'EMPTY_LABEL',
      [/row 2, column 1/],
    ],
    ['emptylabel.jsonl', '{"text":"a","label":""}', { requireLabel: true }, 'EMPTY_LABEL', [/row 1, column "label"/]],
    [
      'nulllabel.jsonl',
      '{"text":"a","label":null}',
      { requireLabel: true },
      'EMPTY_LABEL',
      [/row 1, column "label": the label is null: expected a string, number or boolean/],
    ],
    [
      'long.jsonl',
      '{"text":"a","label":9007199254740993}',
      {},
      'LABEL_TYPE',
      [/row 1, column "label"/, /rounded/, /became 9007199254740992: write the label in quotes/],
    ],
    ['labels.txt', 'a\n', { requireLabel: true }, 'MISSING_COLUMN', [/plain text/, /--format/]],
    ['image.csv', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 1]), {}, 'BINARY_FILE', [/zero byte at offset 4/]],
    ['wide.csv', Buffer.from('\ufefftext,label\na,1\n', 'utf16le'), {}, 'BINARY_FILE', [/UTF-16/, /UTF-8/]],
    ['packed.csv', gzipSync('text\na'), {}, 'BINARY_FILE', [/gzip/, /\.gz/]],
    [
      'latin.csv',
      Buffer.from('text,label\ncaf\u00e9,1\n', 'latin1'),
      {},
      'INVALID_UTF8',
      [/line 2/, /0xe9 at offset 14/, /iconv/],
    ],
    ['latin.tsv', Buffer.from('text\tlabel\na\t1\ncaf\u00e9', 'latin1'), {}, 'INVALID_UTF8', [/line 3/]],
    ['plain.txt.gz', 'not packed', {}, 'BROKEN_GZIP', [/plain\.txt\.gz/, /unpacked/]],
    ['cut.txt.gz', gzipSync('some text\n'.repeat(50)).subarray(0, 30), {}, 'BROKEN_GZIP', [/cut off/]],
    ['sheet.xlsx', 'x', {}, 'UNKNOWN_FORMAT', [/"\.xlsx"/, /\.jsonl/, /--format/]],
    ['noextension', 'x', {}, 'UNKNOWN_FORMAT', [/without an extension/]],
    ['toString.txt', 'x', { format: 'toString' as 'txt' }, 'UNKNOWN_FORMAT', [/format "toString"/]],
  ]
  test.each(cases)('%s', async (name, content, options, code, parts) => {
    const error = await failure(file(name, content), options)
    expect(`${error.code}: ${error.message}`).toMatch(new RegExp(`^${code}: `))
    for (const part of parts) expect(error.message).toMatch(part)
  })

  test('a file that is not there, and a folder', async () => {
    expect((await failure(join(folder, 'none.csv'))).code).toBe('FILE_NOT_FOUND')
    expect((await failure(join(folder, 'none.csv.gz'))).code).toBe('FILE_NOT_FOUND')
    expect((await failure(folder, { format: 'csv' })).code).toBe('FILE_UNREADABLE')
  })
})
