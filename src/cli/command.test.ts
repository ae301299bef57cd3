import { describe, expect, test } from 'vitest'
import { checkFlags, type Flags, parseFlags, settingsFromFile } from './command.ts'

const flags: Flags = {
  epochs: { type: 'number', description: '' },
  'batch-size': { type: 'number', description: '' },
  input: { type: 'string', many: true, description: '' },
  'text-column': { type: 'string', description: '' },
  resume: { type: 'boolean', description: '' },
}
const parse = (line: string) => parseFlags(line.split(' '), flags)

describe('a command line', () => {
  test.each([
    ['--epochs 3', { epochs: 3 }],
    ['--epochs=1e-2', { epochs: 0.01 }],
    ['--epochs -1', { epochs: -1 }],
    ['--resume', { resume: true }],
    ['--no-resume', { resume: false }],
    ['--resume=false', { resume: false }],
    ['--input a b --resume --input c', { input: ['a', 'b', 'c'], resume: true }],
    ['--input=a --batch-size 4', { input: ['a'], batchSize: 4 }],
    ['--text-column 0', { textColumn: '0' }],
  ])('%s', (line, values) => {
    expect(parse(line).values).toEqual(values)
  })

  test('what is no flag is kept in order, and so is all behind --', () => {
    expect(parse('a --epochs 2 b -- --resume -x')).toEqual({
      values: { epochs: 2 },
      positionals: ['a', 'b', '--resume', '-x'],
    })
  })

  test.each([
    ['--epoch 3', /unknown flag --epoch; did you mean --epochs\?/],
    ['--constructor 3', /unknown flag --constructor/],
    ['--no-epochs', /unknown flag --no-epochs/],
    ['--resume=yes', /--resume is true or false, not "yes"/],
    ['--epochs three', /--epochs must be a number, not "three"/],
    ['--epochs', /--epochs needs a value/],
    ['--input --resume', /--input needs a value/],
    ['-e 3', /unknown flag -e/],
  ])('%s is refused', (line, message) => {
    expect(() => parse(line)).toThrow(message)
  })
})

test('a path that is empty is refused; other texts may be', () => {
  const paths: Flags = {
    output: { type: 'string', required: true, value: 'DIR', description: '' },
    eval: { type: 'string', many: true, value: 'FILE|NAME=FILE', description: '' },
    'label-separator': { type: 'string', value: 'TEXT', description: '' },
  }
  expect(() => checkFlags({ output: '' }, paths)).toThrow(/^--output is empty: give --output DIR$/)
  expect(() => checkFlags({ output: 'out', eval: ['a.csv', ''] }, paths)).toThrow(
    '--eval is empty: give --eval FILE|NAME=FILE, or leave it out',
  )
  checkFlags({ output: 'out', eval: ['a.csv'], labelSeparator: '' }, paths)
})

describe('a config file', () => {
  test('takes names in camel case and as flags, and numbers where a column is meant', () => {
    const settings = { batchSize: 4, 'text-column': 0, input: 'a.txt', resume: true }
    expect(settingsFromFile(settings, flags, 'x.yaml')).toEqual({
      batchSize: 4,
      textColumn: '0',
      input: ['a.txt'],
      resume: true,
    })
  })

  test.each([
    [{ batchsize: 4 }, /x.yaml: unknown setting "batchsize"; did you mean "batchSize"/],
    [{ epochs: '3' }, /x.yaml: "epochs" must be a number, not "3"/],
    [{ input: [true] }, /"input" must be a list of strings/],
    [[1], /x.yaml must hold names and values/],
  ])('%j is refused', (settings, message) => {
    expect(() => settingsFromFile(settings, flags, 'x.yaml')).toThrow(message)
  })
})
