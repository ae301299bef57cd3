import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { BertTokenizer } from '../../tokenizers/index.ts'
import { choiceLabels, choiceTexts, encodeChoices } from './choice-example.ts'
import { readAllChoiceExamples } from './node.ts'

const root = temporaryFolder()

async function read(name: string, ...lines: unknown[]) {
  const path = join(root, name)
  await writeFile(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'))
  return readAllChoiceExamples(path)
}

const swag = { sent1: 'He waits.', sent2: 'The bus', ending0: 'sings.', ending1: 'comes.', label: 1 }

describe('questions with choices', () => {
  test.each([
    ['a question', { question: 'Who?', choices: ['he', 'she'], label: 1 }, ['Who?', 'she'], 1],
    ['a prompt', { prompt: 'Sky:', choices: ['blue', 'sweet'], label: 0 }, ['Sky:', 'blue'], 0],
    [
      'a context',
      { context: 'She ran.', question: 'Who ran?', choices: ['he', 'she'], label: 'she' },
      ['She ran.', 'Who ran? she'],
      1,
    ],
    ['SWAG', swag, ['He waits.', 'The bus comes.'], 1],
    ['SWAG without a beginning', { ...swag, sent2: '' }, ['He waits.', 'comes.'], 1],
    ['numbers by place', { question: '2 - 1', choices: ['1', '0'], label: 0 }, ['2 - 1', '1'], 0],
    ['choices that are numbers', { question: '2 + 1', choices: ['3', '1'], label: '1' }, ['2 + 1', '1'], 1],
  ])('as %s', async (name, record, [text, textPair], label) => {
    const [example] = await read(`${name}.jsonl`, record)
    expect(example.label).toBe(label)
    expect(choiceTexts(example)[label]).toEqual({ text, textPair })
  })

  test('from tables with the columns of SWAG', async () => {
    const expected = await read('swag.jsonl', swag)
    const strip = (examples: Awaited<ReturnType<typeof read>>) => examples.map(({ source, ...rest }) => rest)
    const row = [swag.sent1, swag.sent2, swag.ending0, swag.ending1, '1']
    expect(strip(await read('swag.csv', 'sent1,sent2,ending0,ending1,label', row.join(',')))).toEqual(strip(expected))
    expect(strip(await read('swag.tsv', 'sent1\tsent2\tending0\tending1\tlabel', row.join('\t')))).toEqual(
      strip(expected),
    )
  })

  test('an unknown answer is none', async () => {
    const examples = await read('hidden.jsonl', { ...swag, label: -1 }, { ...swag, label: null })
    expect(examples.map(({ label }) => label)).toEqual([undefined, undefined])
    expect(() => choiceLabels(examples)).toThrow(
      /hidden\.jsonl, row 1: .*which choice is right: its label is missing, empty or -1/,
    )
  })

  test('are encoded one choice behind the other', async () => {
    const tokenizer = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', 'b', 'c'] })
    const questions = [{ question: 'a', choices: ['b', 'c c c'] }]
    const [encoded] = encodeChoices(questions, tokenizer)
    expect([...encoded.ids]).toEqual([2, 5, 3, 6, 3, 2, 5, 3, 7, 7, 7, 3])
    expect([...encoded.typeIds]).toEqual([0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1])
    expect(encoded.choices.map(({ ids }) => ids.length)).toEqual([5, 7])
    expect([...encoded.choices[1].ids]).toEqual([2, 5, 3, 7, 7, 7, 3])
    expect(encoded.truncated).toBe(false)
    expect(encodeChoices(questions, tokenizer, { maxLength: 6 })[0].truncated).toBe(true)
  })
})

describe('what is refused names file, row and key', () => {
  const good = { question: 'Who?', choices: ['he', 'she'], label: 0 }
  test.each([
    ['a line that is no object', '[1]', 'INVALID_JSON', /x\.jsonl, row 2: .*"choices"/],
    ['no question', { choices: ['a', 'b'] }, 'MISSING_COLUMN', /row 2: there is no "question"/],
    ['a question that is no text', { ...good, question: 3 }, 'TEXT_TYPE', /row 2, column "question"/],
    ['no choices', { question: 'Who?', label: 0 }, 'CHOICES', /row 2, column "choices": .*found nothing/],
    [
      'choices that are no list',
      { ...good, choices: 'he, she' },
      'CHOICES',
      /column "choices": expected an array .*he, she/,
    ],
    ['one choice', { ...good, choices: ['he'] }, 'CHOICES', /two choices or more, found 1/],
    ['a choice that is no text', { ...good, choices: ['he', 4] }, 'CHOICES', /choice 1: expected a text/],
    ['an ending left out', { ...swag, ending1: undefined, ending2: 'x' }, 'CHOICES', /column "ending1": .*nothing/],
    ['a label out of range', { ...good, label: 2 }, 'LABEL', /row 2, column "label": "2" is none .* from 0 to 1/],
    ['a label that is no choice', { ...good, label: 'it' }, 'LABEL', /"it" is none .*"he", "she"/],
    [
      'a label that is the text of one and the place of another',
      { ...good, choices: ['1', '0'], label: '1' },
      'LABEL',
      /row 2, column "label": "1" is the text of choice 0 and the place of choice 1/,
    ],
    [
      'a label that is the text of two choices',
      { ...good, choices: ['he', 'she', 'he '], label: 'he' },
      'LABEL',
      /"label": "he" is the text of choices 0 and 2, .*give the place/,
    ],
  ])('%s', async (_what, record, code, message) => {
    const reading = read('x.jsonl', good, record)
    await expect(reading).rejects.toMatchObject({ code })
    await expect(reading).rejects.toThrow(message)
  })

  test('choices that are alike may stand beside each other where the label is a place', async () => {
    const [, example] = await read('x.jsonl', good, { ...good, choices: ['he', 'she', 'he'], label: 2 })
    expect(example).toMatchObject({ choices: ['he', 'she', 'he'], label: 2 })
  })

  test('plain text', async () => {
    await expect(read('x.txt', 'Who?')).rejects.toThrow(/x\.txt is plain text/)
  })
})
