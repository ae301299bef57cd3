import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { collectMultiLabels, labelTargets } from './multi-label-example.ts'
import { type MultiLabelReadOptions, readAllMultiLabelExamples } from './node.ts'

const root = temporaryFolder()

async function read(name: string, text: string, options: MultiLabelReadOptions = {}) {
  const path = join(root, name)
  await writeFile(path, text)
  return readAllMultiLabelExamples(path, options)
}

const labelsOf = async (...args: Parameters<typeof read>) => (await read(...args)).map(({ labels }) => labels)

describe('labels', () => {
  test.each([
    ['a.csv', 'text,label\none,a|b\ntwo,\nthree, b \n', {}],
    ['b.csv', 'text,label\none,"a,b"\ntwo,\nthree,b\n', { labelSeparator: ',' }],
    ['c.tsv', 'one\ta;b\ntwo\t\nthree\tb\n', { textColumn: 0, labelColumn: 1, labelSeparator: ';' }],
    ['d.csv', 'text,a,b\none,1,1\ntwo,0,0\nthree,0,1\n', { labelColumns: ['a', 'b'] }],
    ['e.jsonl', '{"text":"one","label":["a","b"]}\n{"text":"two","label":[]}\n{"text":"three","label":["b"]}\n', {}],
    [
      'f.jsonl',
      '{"text":"one","a":1,"b":true}\n{"text":"two","a":0,"b":false}\n{"text":"three","a":0,"b":1}\n',
      { labelColumns: ['a', 'b'] },
    ],
  ] as const)('of %s', async (name, text, options) => {
    expect(await labelsOf(name, text, options)).toEqual([['a', 'b'], [], ['b']])
  })

  test('a pair of texts and where it stands', async () => {
    const [example] = await read('pair.csv', 'text,text_pair,label\none,two,a|b\n')
    expect(example).toEqual({
      text: 'one',
      textPair: 'two',
      labels: ['a', 'b'],
      source: { file: join(root, 'pair.csv'), row: 2 },
    })
  })

  test('become targets', async () => {
    const examples = await read('targets.csv', 'text,label\none,c|a\ntwo,\nthree,b\n')
    const labels = collectMultiLabels(examples)
    expect(labels).toEqual(['a', 'b', 'c'])
    expect(labelTargets(examples, labels).map((row) => [...row])).toEqual([
      [1, 0, 1],
      [0, 0, 0],
      [0, 1, 0],
    ])
    expect(() => labelTargets(examples, ['a', 'b'])).toThrow(
      /targets\.csv, row 2: label "c" is not one .*Known labels: "a", "b"\. Labels of the data: "a", "b", "c"\./,
    )
  })
})

describe('what is refused names file, row and field', () => {
  test.each([
    ['no label column', 'a.csv', 'text,class\none,a\n', {}, 'MISSING_COLUMN', /row 1: .*label column "label"/],
    ['an empty label', 'a.csv', 'text,label\none,a||b\n', {}, 'EMPTY_LABEL', /row 2, column "label": .*"a\|\|b"/],
    ['a label twice', 'a.csv', 'text,label\none,a|a\n', {}, 'DUPLICATE_LABELS', /row 2, column "label": .*"a"/],
    ['a broken row', 'a.csv', 'text,label\none,a,b\n', {}, 'FIELD_COUNT', /row 2: expected 2 fields/],
    [
      'another separator',
      'a.csv',
      'text,label\none,"a,b"\ntwo,a\n',
      {},
      'LABEL_SEPARATOR',
      /"a,b".*--label-separator ','/,
    ],
    [
      'a mark that is none',
      'a.csv',
      'text,x\none,1\ntwo,yes\n',
      { labelColumns: ['x'] },
      'LABEL_MARK',
      /row 3, column "x": .*found "yes"/,
    ],
    ['no key', 'a.jsonl', '{"text":"one"}\n', {}, 'MISSING_COLUMN', /row 1: there is no "label"/],
    [
      'a single label',
      'a.jsonl',
      '{"text":"one","label":"a"}\n',
      {},
      'LABEL_TYPE',
      /row 1, column "label": .*an array/,
    ],
    ['an odd label', 'a.jsonl', '{"text":"one","label":["a",{}]}\n', {}, 'LABEL_TYPE', /row 1, .*label 2 of the array/],
    [
      'a column twice',
      'a.csv',
      'text,x\none,1\n',
      { labelColumns: ['x', 'x'] },
      'SAME_COLUMN',
      /labelColumns has "x" twice/,
    ],
    ['a key twice', 'a.jsonl', '{"text":"one","x":1}\n', { labelColumns: ['x', 'x'] }, 'SAME_COLUMN', /"x" twice/],
    ['a long number', 'a.jsonl', '{"text":"one","label":[9007199254740993]}\n', {}, 'LABEL_TYPE', /row 1, .*in quotes/],
    ['plain text', 'a.txt', 'one\n', {}, 'MISSING_COLUMN', /a\.txt is plain text/],
  ] as const)('%s', async (_what, name, text, options, code, message) => {
    const reading = read(name, text, options as MultiLabelReadOptions)
    await expect(reading).rejects.toMatchObject({ code })
    await expect(reading).rejects.toThrow(message)
  })
})
