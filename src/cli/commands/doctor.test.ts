import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomStream } from '../../core/random.ts'
import { makeModelFolder, runHere, temporaryDirectory } from '../program.samples.ts'

let folder: string
const at = (name: string) => join(folder, name)

/** Words that come more often in texts of the one or the other label. */
const sides = ['u', 'd'].map((side) =>
  Array.from({ length: 30 }, (_, i) => `${side}${String.fromCharCode(97 + (i % 26), 97 + (i >> 1))}`),
)

/** Rows that are all different, of which the words tell the label. */
function rows(size: number, seed: number): string[] {
  const random = randomStream(seed, 'doctor')
  return Array.from({ length: size }, (_, i) => {
    const side = () => sides[random.uniform() < 0.8 ? i % 2 : 1 - (i % 2)]
    const words = Array.from({ length: 10 }, () => side()[random.integer(30)])
    return `${words.join(' ')},${i % 2 === 0 ? 'up' : 'down'}`
  })
}
const csv = (lines: readonly string[], head = 'text,label') => `${[head, ...lines].join('\n')}\n`

beforeAll(async () => {
  folder = await temporaryDirectory()
  await mkdir(at('tok'))
  await writeFile(at('tok/vocab.txt'), ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...sides.flat(), ''].join('\n'))
  await makeModelFolder(at('base'), at('tok'))
  const train = rows(400, 1)
  await writeFile(at('train.csv'), csv(train))
  await writeFile(at('dev.csv'), csv(rows(40, 2)))
  await writeFile(at('leaking.csv'), csv([...rows(40, 2), train[5]]))
  await writeFile(at('wrong.csv'), csv([...rows(40, 2), 'ua ub ud,upp']))
  await writeFile(
    at('columns.csv'),
    csv(
      train.map((row, i) => `${row},${i % 3},note ${i} of the author`),
      'text,label,stars,remark',
    ),
  )
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const files = (values: Record<string, string>) =>
  Object.entries(values).flatMap(([flag, name]) => [`--${flag}`, at(name)])
const doctor = (values: Record<string, string>, ...flags: string[]) =>
  runHere(['doctor', '--task', 'text-classification', ...files(values), ...flags])
const clean = { train: 'train.csv', eval: 'dev.csv', model: 'base' }

describe('doctor', () => {
  test('clean data', async () => {
    const { status, stdout, stderr } = await doctor(clean, '--strict')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^doctor: nothing found \(\d+\.\d s\)\n$/)
  })

  test('warnings stop with --strict only', async () => {
    const values = { ...clean, eval: 'leaking.csv' }
    const calm = await doctor(values)
    expect(calm.status).toBe(0)
    expect(calm.stdout).toContain('doctor: 1 warning (')
    expect(calm.stdout).toContain('warning LEAKAGE: 1 of 41 evaluation examples (2.4 %)')
    expect(calm.stdout).toContain(`leaking.csv, row 42: `)
    expect(calm.stdout).toContain('train.csv, row 7)')
    const strict = await doctor(values, '--strict')
    expect(strict.status).toBe(2)
    expect(strict.stderr).toBe('error: the doctor found 1 warning: --strict stops for warnings\n')
    expect((await doctor(values, '--strict', '--skip', 'duplicates')).status).toBe(0)
  })

  test('errors stop always; --json is one object with findings and counts', async () => {
    const { status, stdout } = await doctor({ ...clean, eval: 'wrong.csv' }, '--json')
    expect(status).toBe(2)
    const result = JSON.parse(stdout)
    expect(result.error).toEqual({
      code: 'DOCTOR',
      message: 'the doctor found 1 error: errors must be corrected first',
    })
    expect(result.counts).toEqual({ error: 1, warning: 0, info: 0 })
    expect(result).toMatchObject({ trainExamples: 400, evalExamples: 41 })
    expect(result.findings[0]).toMatchObject({
      code: 'UNSEEN_LABEL',
      severity: 'error',
      examples: [{ place: `${at('wrong.csv')}, row 42`, text: 'ua ub ud', note: 'upp' }],
    })
    expect(Object.keys(result.findings[0])).toEqual(['code', 'severity', 'message', 'advice', 'counts', 'examples'])
  })

  test('settings, columns, and a start from random weights', async () => {
    const { stdout } = await doctor(
      { train: 'columns.csv', tokenizer: 'tok' },
      '--size',
      'tiny',
      '--json',
      '--max-length',
      '16',
    )
    const { findings } = JSON.parse(stdout)
    expect(findings.map(({ code }: { code: string }) => code)).toEqual(['LEARNING_RATE', 'FEW_STEPS', 'UNUSED_COLUMNS'])
    expect(findings[2].message).toContain('"stars" looks like labels, "remark" looks like texts')
  })

  test('without a tokenizer it says what it does not check', async () => {
    const { status, stderr } = await doctor({ train: 'train.csv' })
    expect([status, stderr]).toEqual([
      0,
      'without --model DIR or --tokenizer DIR nothing is said of lengths and unknown words\n',
    ])
  })

  test.each([
    ['an unknown check', ['--skip', 'leak'], 'UNKNOWN_CHECK'],
    ['a model and a size', ['--size', 'tiny'], 'MODEL'],
    ['an unknown flag', ['--stict'], 'UNKNOWN_FLAG'],
  ])('%s is refused', async (_, flags, code) => {
    const { status, stdout } = await doctor(clean, '--json', ...flags)
    expect(status).toBe(2)
    expect(JSON.parse(stdout).error.code).toBe(code)
  })
})

describe('finetune', () => {
  const finetune = (values: Record<string, string>, ...flags: string[]) =>
    runHere([
      'finetune',
      '--task',
      'text-classification',
      '--threads',
      '1',
      '--overwrite',
      ...files({ ...clean, ...values }),
      ...flags,
    ])

  test('tells what it found, and keeps it in metrics.json and the report', async () => {
    const output = { eval: 'leaking.csv', output: 'out' }
    const { status, stderr } = await finetune(output, '--max-steps', '2', '--batch-size', '16')
    expect(status).toBe(0)
    expect(stderr).toContain('doctor: 2 warnings (')
    const { findings } = JSON.parse(await readFile(at('out/metrics.json'), 'utf8'))
    expect(findings.map(({ code }: { code: string }) => code)).toEqual(['LEAKAGE', 'FEW_STEPS'])
    const report = await readFile(at('out/report.html'), 'utf8')
    expect(report).toContain('<h2>Doctor</h2>')
    expect(report).toContain('stand word for word in the training data')
  })

  test('--strict stops before anything is written, --no-doctor looks at nothing', async () => {
    const strict = await finetune({ eval: 'leaking.csv', output: 'strict' }, '--strict', '--json')
    expect(strict.status).toBe(2)
    expect(JSON.parse(strict.stdout)).toMatchObject({ error: { code: 'DOCTOR' }, counts: { warning: 1 } })
    await expect(readFile(at('strict/config.json'))).rejects.toThrow()
    const silent = await finetune({ eval: 'leaking.csv', output: 'silent' }, '--no-doctor', '--max-steps', '1')
    expect(silent.status).toBe(0)
    expect(silent.stderr).not.toContain('doctor')
    expect(JSON.parse(await readFile(at('silent/metrics.json'), 'utf8'))).not.toHaveProperty('findings')
  })

  test('a run that cannot come to anything is stopped, with what was trained so far', async () => {
    // Without an evaluation in between, which would tell first that one class is always predicted.
    const stuck = ['--learning-rate', '1e-30', '--optimizer', 'sgd', '--epochs', '2', '--eval-strategy', 'no']
    const flags = ['--strict', ...stuck, '--json']
    const { status, stdout, stderr } = await finetune({ output: 'stuck' }, ...flags)
    expect(status).toBe(2)
    const { error, findings } = JSON.parse(stdout)
    expect(error).toMatchObject({ code: 'DOCTOR', message: expect.stringContaining('LOSS_AT_CHANCE') })
    expect(findings.map(({ code }: { code: string }) => code)).toContain('LOSS_AT_CHANCE')
    expect(stderr).toContain('warning LOSS_AT_CHANCE: The training loss is 0.69')
    expect(await readFile(at('stuck/checkpoint-80/config.json'), 'utf8')).toContain('BertForSequenceClassification')
  })
})
