import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomStream } from '../core/random.ts'
import { pipeline } from '../pipelines/node.ts'
import { makeModelFolder, runHere, temporaryDirectory } from './program.samples.ts'
import { tokenClassification } from './tasks/token-classification.ts'

let folder: string
const at = (name: string) => join(folder, name)

const people = ['ada', 'bob', 'eve']
const places = ['rome', 'oslo', 'bonn']

/** Sentences such as "ada saw old rome", in which people are of one word and places of two. */
function sentences(count: number, seed: number): { tokens: string[]; tags: string[] }[] {
  const random = randomStream(seed, 'sentences')
  const one = (words: readonly string[]) => words[random.integer(words.length)]
  return Array.from({ length: count }, (_, i) =>
    i % 4 === 3
      ? { tokens: ['saw', 'the', 'film', '.'], tags: ['O', 'O', 'O', 'O'] }
      : {
          tokens: [...[one(people), 'saw', 'the', 'old', one(places)].slice(0, i % 4 === 2 ? 3 : 5), '.'],
          tags: [...['B-person', 'O', 'O', 'B-place', 'I-place'].slice(0, i % 4 === 2 ? 3 : 5), 'O'],
        },
  )
}

const conll = (data: ReturnType<typeof sentences>) =>
  data.map(({ tokens, tags }) => `${tokens.map((word, i) => `${word}\t${tags[i]}\n`).join('')}\n`).join('')
const jsonl = (data: ReturnType<typeof sentences>) => data.map((each) => `${JSON.stringify(each)}\n`).join('')

beforeAll(async () => {
  folder = await temporaryDirectory()
  await mkdir(at('tok'))
  const words = [...people, ...places, 'saw', 'the', 'old', 'film', '.']
  await writeFile(at('tok/vocab.txt'), ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words, ''].join('\n'))
  await makeModelFolder(at('base'), at('tok'))
  await writeFile(at('train.conll'), conll(sentences(48, 1)))
  await writeFile(at('train.jsonl'), jsonl(sentences(48, 1)))
  await writeFile(at('test.jsonl'), jsonl(sentences(12, 2)))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const train = (output: string, ...more: string[]) => [
  ...['finetune', '--task', 'token-classification', '--model', at('base'), '--train', at('train.conll')],
  ...['--eval-split', '0.25', '--epochs', '6', '--batch-size', '6', '--learning-rate', '1e-2', '--threads', '1'],
  ...['--save-strategy', 'steps', '--save-steps', '20', '--save-total-limit', '0', '--output', at(output), ...more],
]

async function json(args: string[]) {
  const { status, stdout, stderr } = await runHere([...args, '--json'])
  expect(status, stdout + stderr).toBe(0)
  return { result: JSON.parse(stdout), stderr }
}

describe('finetune, evaluate, predict and pipeline, one after the other', () => {
  test('finetune learns, and the folder says what', async () => {
    const { result } = await json(train('ner'))
    expect(result.steps).toBe(36)
    expect(result.metrics.f1).toBeGreaterThan(0.9)
    const metrics = JSON.parse(await readFile(at('ner/metrics.json'), 'utf8'))
    expect(metrics.labels).toEqual(['O', 'B-person', 'I-person', 'B-place', 'I-place'])
    expect(Object.keys(metrics.perType)).toEqual(['person', 'place'])
    const report = await readFile(at('ner/report.html'), 'utf8')
    expect(report).toContain('Each word’s most frequent tag')
    expect(report).toMatch(/<h2>By label<\/h2>/)
  })

  test('a run that ended in between is resumed to the same weights', async () => {
    await mkdir(at('again'))
    await cp(at('ner/checkpoint-20'), at('again/checkpoint-20'), { recursive: true })
    const { stderr } = await json(train('again', '--resume'))
    expect(stderr).toContain('going on from')
    expect(await readFile(at('again/model.safetensors'))).toEqual(await readFile(at('ner/model.safetensors')))
  })

  test('the same sentences as JSON Lines give the same weights', async () => {
    await json([...train('from-jsonl'), '--train', at('train.jsonl')])
    expect(await readFile(at('from-jsonl/model.safetensors'))).toEqual(await readFile(at('ner/model.safetensors')))
  })

  test('evaluate has intervals, and a table by type of entity', async () => {
    const args = ['evaluate', '--model', at('ner'), '--data', at('test.jsonl'), '--threads', '1']
    const { result } = await json([...args, '--metrics', 'f1', 'recall_macro'])
    expect(result.examples).toBe(12)
    expect(Object.keys(result.metrics)).toEqual(['f1', 'recall_macro', 'loss'])
    expect(result.metrics.f1.value).toBeGreaterThan(0.9)
    const { stdout } = await runHere(args)
    expect(stdout).toMatch(/entity +precision +recall +f1 +entities/)
    expect(stdout).toMatch(/person +\d\.\d{4} +\d\.\d{4} +\d\.\d{4} +9\n/)
  })

  test('predict finds what the pipeline finds, with places in the text', async () => {
    const find = await pipeline('ner', at('ner'), { threads: 1 })
    const text = 'Eve saw the old Bonn. The film.'
    const expected = await find(text)
    const words = await find({ words: ['bob', 'saw', 'the', 'old', 'oslo'] })
    await find.close()
    const predict = ['predict', '--model', at('ner'), '--threads', '1']
    const { result } = await json([...predict, text])
    expect(result).toEqual({ entities: expected })
    expect(expected.map(({ entity, word }) => [entity, word])).toEqual([
      ['person', 'Eve'],
      ['place', 'old Bonn'],
    ])
    for (const { word, start, end } of expected) expect(text.slice(start, end)).toBe(word)
    expect(words.map(({ entity, word, start, end }) => [entity, word, start, end])).toEqual([
      ['person', 'bob', 0, 1],
      ['place', 'old oslo', 3, 5],
    ])
    const two = await json([...predict, text, 'the film .'])
    expect(two.result).toEqual({ entities: [expected, []] })
  })

  test('predict reads words and texts from files, and writes a line a text or an entity', async () => {
    await writeFile(at('texts.csv'), 'text\neve saw the film\nthe film\n')
    const predict = ['predict', '--model', at('ner'), '--threads', '1', '--input']
    const fromWords = await json([...predict, at('test.jsonl')])
    expect(fromWords.result.entities).toHaveLength(12)
    const fromConll = await json([...predict, at('train.conll')])
    expect(fromConll.result.entities).toHaveLength(48)
    await json([...predict, at('texts.csv'), '--output', at('out.jsonl')])
    await json([...predict, at('texts.csv'), '--output', at('out.csv')])
    const records = (await readFile(at('out.jsonl'), 'utf8')).trim().split('\n')
    expect(JSON.parse(records[0])).toMatchObject({ text: 'eve saw the film', entities: [{ entity: 'person' }] })
    expect((await readFile(at('out.csv'), 'utf8')).split('\n').map((line) => line.replace(/0\.\d+/, 'p'))).toEqual([
      'text,entity,score,word,start,end',
      'eve saw the film,person,p,eve,0,3',
      'the film,,,,,',
      '',
    ])
  })

  test('--tag-scheme has a model of other tags, and data of other tags judged by it', async () => {
    await json([...train('bioes', '--tag-scheme', 'BIOES', '--max-steps', '4')])
    const { labels } = JSON.parse(await readFile(at('bioes/metrics.json'), 'utf8'))
    expect(labels.slice(0, 5)).toEqual(['O', 'B-person', 'I-person', 'E-person', 'S-person'])
    const evaluate = ['evaluate', '--model', at('bioes'), '--data', at('test.jsonl'), '--threads', '1']
    const { stderr: note } = await json([...evaluate, '--tag-scheme', 'BIOES'])
    expect(note).toContain('test.jsonl: the tags look like IOB2 and are converted to BIOES')
    const { status, stderr } = await runHere([...evaluate, '--tag-scheme', 'IOB2'])
    expect(status).toBe(0) // its labels are among the model's
    expect(stderr).not.toContain('error')
  })

  test('tags that mark no entities are judged by words', async () => {
    const tagged = sentences(24, 3).map(({ tokens }) => ({
      tokens,
      tags: tokens.map((word) => (people.includes(word) || places.includes(word) ? 'NAME' : 'WORD')),
    }))
    await writeFile(at('pos.jsonl'), jsonl(tagged))
    await json([...train('pos'), '--train', at('pos.jsonl')])
    const args = ['evaluate', '--model', at('pos'), '--data', at('pos.jsonl'), '--threads', '1']
    const { stdout, status } = await runHere(args)
    expect(status).toBe(0)
    expect(stdout).toMatch(/accuracy +1\.0000/)
    expect(stdout).toMatch(/tag +precision +recall +f1 +words/)
    expect(stdout).not.toContain('recall_macro') // nor other metrics of entities, which there are none of
    expect(stdout).not.toMatch(/^ +f1 /m)
    const { error } = JSON.parse((await runHere([...args, '--metrics', 'f1', '--json'])).stdout)
    expect(error.message).toContain('f1 is of entities, which the tags do not mark: accuracy is of words')
  })
})

describe('tags that are a letter alone stay so', () => {
  const text = 'ada\tB\nbell\tI\nsaw\tO\n\nfilm\tO\nbob\tB\n'
  test.each([
    ['IOB2', ['B', 'I', 'O', 'O', 'B'], ['O', 'B', 'I']],
    ['IOB1', ['I', 'I', 'O', 'O', 'I'], ['O', 'B', 'I']],
    ['BIOES', ['B', 'E', 'O', 'O', 'S'], ['O', 'B', 'I', 'E', 'S']],
  ])('in %s', async (tagScheme, tags, labels) => {
    await writeFile(at('letters.conll'), text)
    const warnings: string[] = []
    const examples = await tokenClassification.read(at('letters.conll'), { tagScheme }, (each) => warnings.push(each))
    expect(examples.flatMap((example) => example.tags)).toEqual(tags)
    expect(tokenClassification.labels(examples, 'letters.conll')).toEqual(labels)
    const told = `the tags look like IOB2 and are converted to ${tagScheme}`
    expect(warnings).toEqual(tagScheme === 'IOB2' ? [] : [expect.stringContaining(told)])
  })
})

/** What is wrong, the file, what the message must say, and flags. */
const broken: [name: string, file: string, text: string, code: string, says: string[], ...flags: string[]][] = [
  ['an empty file', 'a.conll', '', 'EMPTY_FILE', ['a.conll']],
  ['a word without a tag', 'b.conll', 'eve\tB-person\nsaw\n', 'FIELD_COUNT', ['b.conll, row 2', 'expected 2 columns']],
  ['no tags at all', 'c.conll', 'eve\nsaw\n', 'MISSING_COLUMN', ['c.conll, row 1', '--label-column']],
  [
    'fewer tags than words',
    'd.jsonl',
    '{"tokens": ["eve"], "tags": ["B-person"]}\n{"tokens": ["eve", "saw"], "tags": ["O"]}\n',
    'LENGTHS_DIFFER',
    ['d.jsonl, row 2', '"tags"', '1 tags', '2 words'],
  ],
  ['no JSON', 'e.jsonl', '{"tokens": ["eve"], "tags": ["O"]\n', 'INVALID_JSON', ['e.jsonl, row 1']],
  [
    'tags as numbers',
    'f.jsonl',
    '{"tokens": ["eve"], "ner_tags": [3]}\n',
    'LIST_TYPE',
    ['f.jsonl, row 1', '"ner_tags"', 'write names such as "B-LOC"'],
  ],
  [
    'a tag with a slip of the pen',
    'g.conll',
    'eve\tB-person\n\nsaw\tO\nrome\tB_place\n',
    'TAG',
    ['g.conll, row 3, word 2', '"B_place"', '"B-person"'],
  ],
  [
    'a tag without its type',
    'm.conll',
    'eve\tB-person\nbob\tB-\n\nsaw\tO\n',
    'TAG',
    ['m.conll, row 1, word 2 of the sentence ("bob")', 'the tag "B-" has no type', 'such as "B-person"'],
  ],
  [
    'a tag that breaks the scheme that is named',
    'n.conll',
    'eve\tB-person\n\nsaw\tO\nold\tI-place\nrome\tI-place\n\noslo\tB-place\n',
    'TAG_SCHEME',
    ['n.conll, row 3, word 2 of the sentence ("old"), "I-place" behind "O", where IOB2 has B- on the first word'],
    '--tag-scheme',
    'IOB2',
  ],
  ['letters of two schemes', 'h.conll', 'eve\tS-person\nbob\tU-person\n', 'TAG_SCHEME', ['h.conll', 'BIOES', 'BILOU']],
  ['one tag alone', 'i.conll', 'eve\tO\n\nsaw\tO\n', 'ONE_LABEL', ['i.conll', '"O"', '--label-column']],
  [
    'a column that is not there',
    'j.conll',
    'eve\tO\n',
    'MISSING_COLUMN',
    ['j.conll', '--label-column'],
    '--label-column',
    '4',
  ],
  ['an unknown scheme', 'k.conll', 'eve\tO\n', 'FLAG_VALUE', ['--tag-scheme', 'IOB2'], '--tag-scheme', 'IOB3'],
  [
    'a flag of another task',
    'l.conll',
    'eve\tO\n',
    'FLAG_TASK',
    ['--null-threshold', 'question-answering'],
    '--null-threshold',
    '1',
  ],
]

describe('bad input ends with status 2 and says what is wrong', () => {
  test.each(broken)('%s', async (_, file, text, code, says, ...flags) => {
    await writeFile(at(file), text)
    const { status, stdout, stderr } = await runHere([...train('bad', '--train', at(file), ...flags), '--json'])
    expect(status, stderr).toBe(2)
    const { error } = JSON.parse(stdout)
    expect(error.code, error.message).toBe(code)
    for (const part of says) expect(error.message).toContain(part)
  })

  test('evaluation data with tags that the model does not have names both lists', async () => {
    await writeFile(at('other.conll'), 'eve\tB-person\nsaw\tO\n\nfilm\tB-work\n')
    const { status, stdout } = await runHere(['evaluate', '--model', at('ner'), '--data', at('other.conll'), '--json'])
    expect(status).toBe(2)
    const { error } = JSON.parse(stdout)
    expect(error.code).toBe('UNKNOWN_LABEL')
    expect(error.message).toContain('other.conll, row 4, word 1 of the sentence ("film"): the tag "B-work"')
    expect(error.message).toContain('Known tags: "O", "B-person", "I-person", "B-place", "I-place"')
    expect(error.message).toContain('Tags of the data: "B-person", "B-work", "O"')
  })

  test('a metric that there is not names those that there are', async () => {
    const args = ['evaluate', '--model', at('ner'), '--data', at('test.jsonl'), '--metrics', 'exact', '--json']
    const { error } = JSON.parse((await runHere(args)).stdout)
    expect(error.code).toBe('UNKNOWN_METRIC')
    expect(error.message).toContain('f1, f1_macro')
  })

  test('I- without B- is told and read as conlleval does, not refused', async () => {
    await writeFile(at('loose.conll'), 'eve\tB-person\n\nsaw\tO\nold\tI-place\nrome\tI-place\n')
    const args = ['evaluate', '--model', at('ner'), '--data', at('loose.conll'), '--threads', '1']
    const { result, stderr } = await json([...args, '--metrics', 'f1'])
    expect(stderr).toContain('1 tag breaks the scheme IOB2')
    expect(stderr).toContain('loose.conll, row 3, word 2 of the sentence ("old"), "I-place" behind "O"')
    expect(result.examples).toBe(2)
  })

  test('a run of another task in the output folder is not resumed', async () => {
    await cp(at('ner'), at('mixed'), { recursive: true })
    await writeFile(at('texts-labels.csv'), 'text,label\nada,a\nrome,b\n')
    const args = ['finetune', '--task', 'text-classification', '--model', at('base'), '--output', at('mixed')]
    const { status, stdout } = await runHere([...args, '--train', at('texts-labels.csv'), '--resume', '--json'])
    expect(status).toBe(2)
    const { error } = JSON.parse(stdout)
    expect(error.message).toContain('mixed')
    expect(error.message).toContain('other settings')
  })

  test('going on from a folder of another task takes its encoder alone, and says so', async () => {
    await writeFile(at('texts-labels.csv'), 'text,label\nada saw,a\nrome,b\nold rome,b\nada,a\n')
    const args = ['finetune', '--task', 'text-classification', '--model', at('ner'), '--output', at('onwards')]
    const { stderr } = await json([...args, '--train', at('texts-labels.csv'), '--max-steps', '1', '--threads', '1'])
    expect(stderr).toMatch(/was trained for another task, token-classification/)
  })
})
