import { cp, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { labelledCsv, makeBase, makeModelFolder, runHere, startProgram, testFolder } from './program.samples.ts'

const { folder, at, write } = testFolder()

beforeAll(async () => {
  await makeBase(folder)
  await makeModelFolder(at('classifier'), at('tok'), 'sequence-classification')
  await write('train.csv', labelledCsv(40, 1))
  await write('empty.csv', '')
  await write('other-columns.csv', 'sentence,label\ngood,positive\n')
  await write('no-label.csv', 'text,klass\ngood,positive\n')
  await write('new-label.csv', 'text,label\ngood film,positive\nodd film,neutral\n')
  await write('broken.csv', 'text,label\ngood film,positive\nbad, film,negative\n')
  await write('one-label.csv', 'text,label\ngood film,positive\nbright film,positive\n')
  await write('two.csv', 'text,label\ngood film,positive\nbad film,negative\n')
  await write('pairs.csv', 'text,text_pair,label\ngood,film,0\nbad,film,isNext\n')
  await write('twice.yaml', 'batch-size: 4\nbatchSize: 8\n')
  await write('typo.yaml', 'learningRat: 0.1\n')
  await write('type.json', '{"epochs": "many"}')

  await cp(at('base'), at('odd-heads'), { recursive: true })
  await edit('odd-heads/config.json', (config) => ({ ...config, num_attention_heads: 5 }))
  await cp(at('base'), at('cut'), { recursive: true })
  await truncate(at('cut/model.safetensors'), 3000)
  await symlink(at('train.csv'), at('link.csv'))
  await cp(at('base'), at('encoder'), { recursive: true })
  await edit('encoder/config.json', (config) => ({ ...config, architectures: ['BertModel'] }))
  await cp(at('base'), at('wide'), { recursive: true })
  await edit('wide/config.json', (config) => ({ ...config, intermediate_size: 18, num_hidden_layers: 3 }))
})

async function edit(name: string, change: (json: Record<string, unknown>) => unknown): Promise<void> {
  await writeFile(at(name), JSON.stringify(change(JSON.parse(await readFile(at(name), 'utf8')))))
}

/** A command that would work, with some flags replaced. */
function finetune(changes: Record<string, string>): string[] {
  const flags: Record<string, string> = {
    task: 'text-classification',
    model: at('base'),
    train: at('train.csv'),
    output: at('out'),
    'max-steps': '2',
    threads: '1',
    ...changes,
  }
  return ['finetune', ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])]
}

/** `cut` cannot be loaded, so what is refused for another reason is refused before that. */
const predictInto = (output: string) => [
  'predict',
  '--model',
  at('cut'),
  '--input',
  at('train.csv'),
  '--output',
  at(output),
]

const flags = (changes: Record<string, string>) => () =>
  finetune(Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, value.replace('@', `${folder}/`)])))

/** What is wrong, the command, and what the message must say. */
const cases: [name: string, args: () => string[], code: string, ...says: string[]][] = [
  ['an empty file', flags({ train: '@empty.csv' }), 'EMPTY_FILE', 'empty.csv'],
  ['a missing file', flags({ train: '@none.csv' }), 'FILE_NOT_FOUND', 'none.csv'],
  ['a missing text column', flags({ train: '@other-columns.csv' }), 'MISSING_COLUMN', 'row 1', '"text"', '"sentence"'],
  ['a missing label column', flags({ train: '@no-label.csv' }), 'MISSING_COLUMN', 'row 1', '"label"', '"klass"'],
  ['a broken row', flags({ train: '@broken.csv' }), 'FIELD_COUNT', 'broken.csv, row 3', 'expected 2 fields', 'found 3'],
  [
    'a label that training lacks',
    flags({ eval: '@new-label.csv' }),
    'UNKNOWN_LABEL',
    'new-label.csv, row 3',
    '"neutral"',
  ],
  ['one label only', flags({ train: '@one-label.csv' }), 'ONE_LABEL', '"positive"'],
  ['an odd number of heads', flags({ model: '@odd-heads' }), 'HEADS', 'config.json', '12', '5'],
  ['cut weights', flags({ model: '@cut' }), 'TRUNCATED', 'model.safetensors'],
  [
    'weights that do not fit',
    flags({ model: '@wide' }),
    'WEIGHTS_MISMATCH',
    'bert.encoder.layer.0.intermediate.dense.weight',
    'expected [18, 12], found [17, 12]',
    'bert.encoder.layer.1.output.dense.weight',
    'missing     bert.encoder.layer.2.attention.self.query.weight',
  ],
  ['a file as output folder', flags({ output: '@train.csv' }), 'NOT_A_FOLDER', 'train.csv'],
  ['an output below a file', flags({ output: '@train.csv/deep/out' }), 'NOT_A_FOLDER', 'train.csv'],
  [
    'logs in a file',
    flags({ 'report-to': 'jsonl', 'logging-dir': '@train.csv' }),
    'NOT_A_FOLDER',
    'other --logging-dir',
  ],
  [
    'the model to start from as output',
    () => [...finetune({ output: `${at('tok')}/../base` }), '--overwrite'],
    'OVERWRITE',
    'is the folder of --model',
  ],
  [
    'an output that holds the model to start from',
    () => [...finetune({ output: at('run'), model: at('run/checkpoint-2') }), '--overwrite'],
    'OVERWRITE',
    'holds --model',
  ],
  [
    'too few examples for a split',
    flags({ train: '@two.csv', 'eval-split': '0.5' }),
    'SPLIT_TOO_SMALL',
    '--eval-split 0.5 of',
    'two.csv: cannot split 2 items of 2 classes',
  ],
  [
    'a split out of range, before data are read',
    flags({ train: '@none.csv', 'eval-split': '1.5' }),
    'SPLIT_FRACTION',
    '--eval-split must be a share of the training data above 0 and below 1, such as 0.1, not 1.5',
  ],
  ['a metric without data', flags({ 'metric-for-best-model': 'f1' }), 'NO_EVAL_DATA', '--metric-for-best-model needs'],
  [
    'pairs of one kind',
    flags({ task: 'next-sentence', train: '@pairs.csv' }),
    'ONE_LABEL',
    'pairs.csv: all pairs have the label "isNext"',
  ],
  [
    'a setting in two spellings',
    flags({ config: '@twice.yaml' }),
    'CONFIG_FILE',
    'twice.yaml: "batchSize" is there twice',
  ],
  ['an earlier run as output', flags({ output: '@base' }), 'OUTPUT_NOT_EMPTY', '--resume', '--overwrite'],
  [
    'to resume where only a model is',
    () => [...finetune({ output: at('base') }), '--resume'],
    'NO_CHECKPOINT',
    'base',
    '--overwrite',
  ],
  ['an unknown flag', flags({ 'batch-sise': '4' }), 'UNKNOWN_FLAG', '--batch-sise', '--batch-size'],
  ['label smoothing out of range', flags({ 'label-smoothing': '2' }), 'ARGUMENT', '--label-smoothing'],
  ['a pattern without a match', flags({ freeze: 'embedings' }), 'NO_MATCH', 'freeze', '"embeddings"'],
  ['nothing to train', flags({ freeze: '*' }), 'NOTHING_TO_TRAIN', 'freeze'],
  ['an unknown optimizer', flags({ optimizer: 'lamp' }), 'OPTIMIZER', '"lamp"', 'did you mean "lamb"', 'adamw, lamb'],
  [
    'an unknown metric',
    flags({ 'eval-split': '0.2', 'metric-for-best-model': 'f2' }),
    'UNKNOWN_METRIC',
    '"f2"',
    '"f1"',
  ],
  ['a value out of range', flags({ 'batch-size': '0' }), 'ARGUMENT', '--batch-size'],
  ['no steps', flags({ 'max-steps': '0' }), 'ARGUMENT', '--max-steps', '-1 for no limit'],
  ['no number', flags({ epochs: 'many' }), 'FLAG_VALUE', '--epochs'],
  ['evaluation without data', flags({ 'eval-strategy': 'epoch' }), 'NO_EVAL_DATA', '--eval-split'],
  ['a length beyond the model', flags({ 'max-length': '17' }), 'MAX_LENGTH', '--max-length must be', '16', '17'],
  ['an unknown task', flags({ task: 'text-clasification' }), 'TASK', '"text-classification"'],
  ['a hub id', flags({ model: 'google-bert/bert-base-uncased' }), 'NOT_SUPPORTED', 'hub'],
  ['another device', flags({ device: 'cuda' }), 'DEVICE', 'cuda'],
  [
    'an unknown setting',
    flags({ config: '@typo.yaml' }),
    'UNKNOWN_SETTING',
    'typo.yaml',
    '"learningRat"',
    '"learningRate"',
  ],
  ['a setting of another type', flags({ config: '@type.json' }), 'CONFIG_FILE', 'type.json', '"epochs"', 'number'],
  ['an unknown command', () => ['finetun'], 'UNKNOWN_COMMAND', '"finetune"'],
  ['no command', () => [], 'NO_COMMAND', 'tokenizer train', '--help'],
  ['a flag without a command', () => ['--output', 'x'], 'NO_COMMAND', 'a command is missing', 'finetune'],
  ['a slip in front of no command', () => ['--hlep'], 'UNKNOWN_FLAG', '--help'],
  ['missing flags', () => ['evaluate'], 'MISSING_FLAG', '--model DIR', '--data FILE'],
  [
    'a model that does not classify',
    () => ['evaluate', '--model', at('encoder'), '--data', at('train.csv')],
    'NO_CLASSIFIER',
    'BertModel',
  ],
  ['a text without a mask', () => ['predict', '--model', at('base'), 'good', 'bad'], 'NO_MASK', 'text 1', '"good"'],
  [
    'a text that is too long',
    () => ['predict', '--model', at('base'), `[MASK]${' good'.repeat(14)}`],
    'TEXT_TOO_LONG',
    '17 tokens',
    'at most 16',
  ],
  [
    'no fills',
    () => ['predict', '--model', at('base'), '[MASK]', '--top-k', '0'],
    'FLAG_VALUE',
    '--top-k must be a whole number of at least 1',
  ],
  [
    'an encoder without a head',
    () => ['predict', '--model', at('encoder'), 'good'],
    'NO_CLASSIFIER',
    'BertModel',
    'finetune',
  ],
  [
    'a flag of another task',
    () => ['predict', '--model', at('classifier'), 'good', '--top-k', '3'],
    'FLAG_TASK',
    '--top-k',
    'masked-lm',
  ],
  ['nothing to predict', () => ['predict', '--model', at('base')], 'TEXTS', '--input'],
  [
    'a metric for evaluate',
    () => ['evaluate', '--model', at('classifier'), '--data', at('train.csv'), '--metrics', 'auc'],
    'UNKNOWN_METRIC',
    '"auc"',
  ],
  ['predictions in place of the texts', () => predictInto('train.csv'), 'OVERWRITE', 'is the file of --input'],
  ['the same, by another path', () => predictInto('base/../train.csv'), 'OVERWRITE', 'choose another --output'],
  ['the same, by a link', () => predictInto('link.csv'), 'OVERWRITE', 'choose another --output'],
  ['a model folder that is not there', () => ['inspect', '../nowhere/else/x'], 'NO_FOLDER', 'nowhere'],
]

describe('bad input ends with status 2, says what is wrong, and leaves nothing behind', () => {
  test.each(cases)('%s', async (_name, args, code, ...says) => {
    const before = await readdir(folder)
    const { status, stdout, stderr } = await runHere([...args(), '--json'])
    expect(status, stderr).toBe(2)
    const { error } = JSON.parse(stdout)
    expect(error.code).toBe(code)
    for (const text of says) expect(error.message).toContain(text)
    expect(stderr).not.toContain('    at ') // a stack trace
    expect(await readdir(folder)).toEqual(before)
  })

  test('also as a process of its own, without --json: the message alone on stderr', async () => {
    const { status, stdout, stderr } = await startProgram(finetune({ train: at('broken.csv') }), folder).done
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^error: .*broken\.csv, row 3: expected 2 fields as in the header, found 3.*\n$/)
  })
})

test('a text of 10 MB is cut, not refused, and the report says so', async () => {
  const long = 'good film '.repeat(1_000_000)
  await write('long.csv', `${labelledCsv(20, 3)}${long},positive\n`)
  const run = await runHere([
    ...finetune({ train: at('long.csv'), output: at('long-out'), 'eval-split': '0.5' }),
    '--json',
  ])
  expect(run.status, run.stderr).toBe(0)
  expect(run.stderr).toContain('1 of 21 texts are cut at 16 tokens')
  const report = await readFile(at('long-out/report.html'), 'utf8')
  expect(report).toContain('1 of 21 texts were cut at 16 tokens.')
  expect(report.length).toBeLessThan(1_000_000)
})

test('help and version', async () => {
  const program = await runHere(['--help'])
  const command = await runHere(['finetune', '--help'])
  const version = await runHere(['--version'])
  expect([program.status, command.status, version.status]).toEqual([0, 0, 0])
  for (const name of ['tokenizer train', 'finetune', 'evaluate', 'predict', 'inspect'])
    expect(program.stdout).toContain(name)
  for (const text of ['--train FILE', '--learning-rate', 'Example:', 'bertsmith finetune --task', '--seed']) {
    expect(command.stdout).toContain(text)
  }
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test('help shows what a command takes, and nothing else', async () => {
  const inspect = await runHere(['inspect', '--help'])
  expect(inspect.stdout).not.toMatch(/^Flags:/m)
  expect(inspect.stdout).toContain('Flags of every command:\n  --help')
  const pretrain = await runHere(['pretrain', '--help'])
  expect(pretrain.stdout).toContain('--ema-decay')
  for (const flag of ['--class-weights', '--label-smoothing', '--focal-gamma']) {
    expect(pretrain.stdout).not.toContain(flag)
    const refused = await runHere(['pretrain', '--corpus', 'a.txt', '--output', at('none'), flag, '1'])
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining(`unknown flag ${flag}`)])
  }
})
