import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import { corpusText, makePretrainingData } from './killed-runs.samples.ts'
import { runHere, testFolder } from './program.samples.ts'

const { folder, at, write } = testFolder()
const parquet = fileURLToPath(new URL('../data/pretraining/node/texts-none.fixture.parquet', import.meta.url))

beforeAll(async () => {
  await makePretrainingData(folder, 20)
  await write('empty.txt', '')
  await write('blank.txt', ' \n\n\t\n')
  await write('one.txt', 'good film\nbad film\ngreat film\n')
  await write('zeros.txt', Uint8Array.of(71, 111, 0, 1, 2))
  await write('word.txt', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 6, 0))
  await write('utf16.txt', Uint8Array.of(0xff, 0xfe, 103, 0))
  await write('latin1.txt', Buffer.concat([Buffer.from('good film\ncaf'), Uint8Array.of(0xe9), Buffer.from(' bad\n')]))
  await write('report.docx', 'good')
  const packed = gzipSync(corpusText(20))
  await write('cut.txt.gz', packed.subarray(0, packed.length - 100))
  await write('plain.txt.gz', 'good film\n')
  await write('field.jsonl', '{"text": "good film"}\n{"body": "bad film"}\n')
  await write('broken.jsonl', '{"text": "good film"}\n\n{"text": "bad film\n{"text": "great film"}\n')
  await write('numbers.jsonl', '{"text": 7}\n')
  await cp(parquet, at('texts.parquet'))
  await write('cut.parquet', (await readFile(parquet)).subarray(0, 900))
  await mkdir(at('pictures'))
  await write('pictures/a.png', 'x')
  await mkdir(at('wide'))
  const words = Array.from({ length: 40 }, (_, i) => `word${i}`)
  await write('wide/vocab.txt', ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words, ''].join('\n'))
})

/** A command that would work, with some flags replaced. */
function command(changes: Record<string, string>): string[] {
  const flags: Record<string, string> = {
    corpus: 'texts.txt',
    model: 'base',
    output: 'out',
    'eval-share': '0.2',
    'max-steps': '2',
    threads: '1',
    ...changes,
  }
  const isPath = (name: string) => ['corpus', 'model', 'output', 'tokenizer', 'logging-dir'].includes(name)
  return [
    'pretrain',
    ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, isPath(name) ? at(value) : value]),
    '--json',
  ]
}

/** What is wrong, the flags, the code, and what the message must say: where, and what to do. */
const cases: [name: string, changes: Record<string, string>, code: string, ...says: string[]][] = [
  ['an empty corpus', { corpus: 'empty.txt' }, 'EMPTY_CORPUS', 'empty.txt', 'check the files'],
  ['blank lines alone', { corpus: 'blank.txt' }, 'EMPTY_CORPUS', 'blank.txt', 'check the files'],
  ['no such file', { corpus: 'none.txt' }, 'FILE_NOT_FOUND', 'none.txt', 'check the path'],
  ['one document', { corpus: 'one.txt' }, 'ONE_DOCUMENT', 'blank line'],
  ['one document, for pairs', { corpus: 'one.txt', objective: 'mlm,nsp' }, 'ONE_DOCUMENT', 'blank line'],
  ['a folder without texts', { corpus: 'pictures' }, 'EMPTY_CORPUS', 'pictures', '.txt, .jsonl', '.parquet'],
  ['a binary file', { corpus: 'zeros.txt' }, 'BINARY_FILE', 'zeros.txt', 'offset 2', 'check the path'],
  ['a zip file', { corpus: 'word.txt' }, 'BINARY_FILE', 'word.txt', 'zip', 'unpack it'],
  ['UTF-16', { corpus: 'utf16.txt' }, 'BINARY_FILE', 'utf16.txt', 'save it as UTF-8'],
  ['Latin-1', { corpus: 'latin1.txt' }, 'INVALID_UTF8', 'latin1.txt, line 2', 'offset 13', 'iconv'],
  ['an unknown ending', { corpus: 'report.docx' }, 'UNKNOWN_FORMAT', 'report.docx', 'convert'],
  ['a gz file that is cut off', { corpus: 'cut.txt.gz' }, 'BROKEN_GZIP', 'cut.txt.gz', 'cut off', 'Fetch it again'],
  ['a gz file that is none', { corpus: 'plain.txt.gz' }, 'BROKEN_GZIP', 'plain.txt.gz', 'no gzip file'],
  [
    'jsonl without the field',
    { corpus: 'field.jsonl' },
    'MISSING_COLUMN',
    'field.jsonl, row 2',
    'no "text"',
    'The fields are: "body"',
  ],
  [
    'jsonl with a broken line',
    { corpus: 'broken.jsonl' },
    'INVALID_JSON',
    'broken.jsonl, row 3',
    'expected one JSON object a line',
    'Correct the line or remove it',
  ],
  ['a number for a text', { corpus: 'numbers.jsonl' }, 'TEXT_TYPE', 'numbers.jsonl, row 1', 'a number'],
  [
    'parquet without the column',
    { corpus: 'texts.parquet', 'text-column': 'body' },
    'MISSING_COLUMN',
    'texts.parquet',
    'no "body"',
    '"text", "number"',
  ],
  ['a parquet file that is cut off', { corpus: 'cut.parquet' }, 'BROKEN_PARQUET', 'cut.parquet', 'Fetch it again'],
  ['a tokenizer of another vocabulary than the model', { tokenizer: 'wide' }, 'VOCABULARY', '"word0"', '"good"'],
  [
    'logs in a file',
    { 'report-to': 'jsonl', 'logging-dir': 'one.txt' },
    'NOT_A_FOLDER',
    'Choose another --logging-dir',
  ],
  [
    'logs below a file',
    { 'report-to': 'jsonl', 'logging-dir': 'one.txt/logs' },
    'NOT_A_FOLDER',
    'one.txt is a file, expected a folder',
  ],
  // Flags are told before a corpus is read that would be refused, too.
  ...(
    [
      ['a share', { 'eval-share': '1.5' }, 'EVALUATION_SHARE', '--eval-share must be above 0 and below 1, not 1.5'],
      ['no repetition', { duplicates: '0' }, 'DUPLICATES', '--duplicates must be a whole number of at least 1, not 0'],
      [
        'a chance',
        { 'mask-probability': '2' },
        'MASK_PROBABILITY',
        '--mask-probability must be a number from 0 to 1, not 2',
      ],
      ['a length', { 'max-length': '99' }, 'MAX_LENGTH', '--max-length must be a whole number from 3 to 16'],
      ['no room for pairs', { objective: 'mlm,nsp', 'max-length': '4' }, 'MAX_LENGTH', '--max-length must be 5 to'],
      [
        'an end of documents',
        { documents: 'page' },
        'FLAG_VALUE',
        '--documents is one of blank-line, file, not "page"',
      ],
      ['a further corpus', { 'eval-corpus': 'general=none.txt' }, 'FILE_NOT_FOUND', 'none.txt', 'check the path'],
      ['layers', { 'reinitialize-layers': '9' }, 'ARGUMENT', '--reinitialize-layers must be at most 2'],
      [
        'a share, and a vocabulary that is to grow',
        { 'eval-share': '0', 'grow-vocabulary': '3' },
        'EVALUATION_SHARE',
        '--eval-share must be above 0 and below 1, not 0',
      ],
    ] as [string, Record<string, string>, string, ...string[]][]
  ).map(([name, changes, ...rest]): (typeof cases)[number] => [
    `${name} out of range`,
    { corpus: 'zeros.txt', ...changes },
    ...rest,
  ]),
]

test.each(cases)(
  '%s ends with status 2, says what is wrong and what to do, and leaves nothing half done',
  async (...given) => {
    const [, changes, code, ...says] = given
    const { status, stdout, stderr } = await runHere(command(changes))
    expect(status, stderr).toBe(2)
    const { error } = JSON.parse(stdout)
    for (const text of says) expect(error.message).toContain(text)
    expect(error.code).toBe(code)
    expect(stderr).not.toContain('    at ') // a stack trace
    expect(await readdir(folder)).not.toContain('out')
  },
)

test('what stood in the output folder stays there, an earlier corpus too', async () => {
  await mkdir(at('kept/corpus'), { recursive: true })
  await write('kept/notes.txt', 'mine')
  await write('kept/corpus/other.tokens', 'of another run')
  for (const corpus of ['one.txt', 'zeros.txt']) {
    expect((await runHere(command({ corpus, output: 'kept' }))).status).toBe(2)
    expect((await readdir(at('kept'), { recursive: true })).sort()).toEqual([
      'corpus',
      'corpus/other.tokens',
      'notes.txt',
    ])
  }
})

test('--overwrite does not replace the model that the run starts from, whatever its folder is called', async () => {
  await symlink(at('base'), at('link'))
  const weights = await readFile(at('base/model.safetensors'))
  for (const output of ['base', 'link', 'pictures/../base']) {
    const { status, stdout } = await runHere([...command({ output }), '--overwrite'])
    const { error } = JSON.parse(stdout)
    expect([status, error.code]).toEqual([2, 'OVERWRITE'])
    expect(error.message).toContain('is the folder of --model')
  }
  expect(await readFile(at('base/model.safetensors'))).toEqual(weights)
})
