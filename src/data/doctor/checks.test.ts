import { describe, expect, test } from 'vitest'
import { randomStream } from '../../core/random.ts'
import { BertTokenizer } from '../../tokenizers/index.ts'
import { dataChecks } from './checks.ts'
import type { TargetKind } from './context.ts'
import { type DataContextOptions, dataContext } from './create-context.ts'
import type { Sample } from './sample.ts'

const words = 'the a film is was good bad great dull story of and very never slow bright actor scene plot end'.split(
  ' ',
)
const tokenizer = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words, 'what', 'it'] })

/** Samples as rows of a file: texts, or pairs of texts, with labels. */
function samples(
  file: string,
  rows: readonly (readonly [text: string | readonly string[], label?: string])[],
): Sample[] {
  return rows.map(([text, label], i) => ({
    texts: typeof text === 'string' ? [text] : text,
    label,
    source: { file, row: i + 2 },
  }))
}

/** Texts that are all different, in two classes of the same size. */
function clean(size: number, seed = 0): (readonly [string, string])[] {
  const random = randomStream(seed, 'clean')
  const text = () => Array.from({ length: 9 }, () => words[random.integer(words.length)]).join(' ')
  return Array.from({ length: size }, (_, i) => [text(), i % 2 === 0 ? 'up' : 'down'])
}

function run(targets: TargetKind, options: Partial<Omit<DataContextOptions, 'targets'>>) {
  const context = dataContext({ targets, train: [], evaluation: [], seed: 42, ...options })
  return dataChecks
    .filter((check) => !check.targets || check.targets.includes(targets))
    .flatMap((check) => check.run(context))
}

const codes = (...args: Parameters<typeof run>) => run(...args).map(({ code }) => code)

test('clean data gives no finding', () => {
  const train = samples('train.csv', clean(40))
  const evaluation = samples('dev.csv', clean(20, 1000))
  expect(run('class', { train, evaluation, tokenizer, maxLength: 32 })).toEqual([])
})

describe('one planted thing each', () => {
  test('leakage and duplicates, with their places', () => {
    const train = samples('train.csv', [...clean(40), clean(40)[3]])
    const evaluation = samples('dev.csv', [...clean(20, 1000), [` ${clean(40)[7][0]} `, 'down']])
    const [leak, repeats, ...others] = run('class', { train, evaluation })
    expect(others).toEqual([])
    expect(leak).toMatchObject({ code: 'LEAKAGE', severity: 'warning', counts: { leaked: 1, evalExamples: 21 } })
    expect(leak.examples).toEqual([
      { place: 'dev.csv, row 22', text: ` ${clean(40)[7][0]} `, note: 'as train.csv, row 9' },
    ])
    expect(repeats).toMatchObject({ code: 'DUPLICATES', severity: 'info', counts: { repeated: 1, repeatedInEval: 0 } })
    expect(repeats.examples[0]).toMatchObject({ place: 'train.csv, row 42', note: 'as train.csv, row 5' })
  })

  test('near-duplicates between and within', () => {
    const near = (i: number) => [`${clean(40)[i][0].toUpperCase()}!`, clean(40)[i][1]] as const
    const train = samples('train.csv', [...clean(40), near(3)])
    const evaluation = samples('dev.csv', [...clean(20, 1000), near(7)])
    const found = run('class', { train, evaluation })
    expect(found.map(({ code }) => code)).toEqual(['NEAR_LEAKAGE', 'NEAR_DUPLICATES'])
    expect(found[0].examples[0]).toMatchObject({ place: 'dev.csv, row 22', note: 'as train.csv, row 9' })
  })

  test('conflicting labels', () => {
    const train = samples('train.csv', [...clean(40), [clean(40)[3][0], 'up']])
    const found = run('class', { train }).find(({ code }) => code === 'CONFLICTING_LABELS')!
    expect(found.counts).toMatchObject({ texts: 1, examples: 2 })
    expect(found.examples[0].note).toBe('down in train.csv, row 5, up in train.csv, row 42')
  })

  test('numbers conflict only if they are far apart', () => {
    const numbers = (values: readonly string[]) =>
      samples('train.csv', [
        ...clean(30).map(([text], i) => [text, String(i / 6)] as const),
        ...values.map((value) => ['the same', value] as const),
      ])
    expect(codes('number', { train: numbers(['4.2', '4.4']) })).toEqual(['DUPLICATES'])
    expect(codes('number', { train: numbers(['1', '4.4']) })).toEqual(['DUPLICATES', 'CONFLICTING_LABELS'])
  })

  test('empty texts and white space', () => {
    const train = samples('train.csv', [...clean(40), ['', 'up'], [' \t', 'down']])
    const [found, ...others] = run('class', { train })
    expect(others).toEqual([])
    expect(found).toMatchObject({ code: 'EMPTY_TEXT', severity: 'warning', counts: { empty: 2, blank: 1, inTrain: 2 } })
    expect(found.examples.map(({ place }) => place)).toEqual(['train.csv, row 42', 'train.csv, row 43'])
    const empty = samples('train.csv', [
      ['', 'up'],
      ['', 'down'],
      ['good', 'up'],
    ])
    expect(run('class', { train: empty })[0]).toMatchObject({ code: 'EMPTY_TEXT', severity: 'error' })
  })

  test('labels that training never has, and those that are never asked for', () => {
    const train = samples('train.csv', [...clean(40), ...clean(12, 500).map(([text]) => [text, 'level'] as const)])
    const evaluation = samples('dev.csv', [...clean(20, 1000), ['good film', 'upp']])
    const found = run('class', { train, evaluation })
    expect(found.map(({ code, severity }) => [code, severity])).toEqual([
      ['UNSEEN_LABEL', 'error'],
      ['LABEL_NOT_EVALUATED', 'info'],
    ])
    expect(found[0].message).toContain('"upp"; did you mean "up"')
    expect(found[0].examples).toEqual([{ place: 'dev.csv, row 22', text: 'good film', note: 'upp' }])
    expect(found[1].message).toContain('"level"')
  })

  test('few examples and imbalance', () => {
    const rare = (size: number) =>
      samples('train.csv', [
        ...clean(200).map(([text]) => [text, 'up'] as const),
        ...clean(size, 500).map(([text]) => [text, 'down'] as const),
      ])
    expect(codes('class', { train: rare(200) })).toEqual([])
    expect(run('class', { train: rare(20) })).toMatchObject([
      { code: 'CLASS_IMBALANCE', severity: 'info', counts: { ratio: 10 } },
    ])
    expect(run('class', { train: rare(8) })).toMatchObject([
      { code: 'CLASS_IMBALANCE', severity: 'warning', counts: { ratio: 25 } },
    ])
    expect(run('class', { train: rare(3) })).toMatchObject([{ code: 'FEW_EXAMPLES', counts: { few: 1, classes: 2 } }])
  })

  test('texts that are cut', () => {
    const train = samples('train.csv', [
      ...clean(99),
      [Array.from({ length: 40 }, (_, i) => words[i % 20]).join(' '), 'up'],
    ])
    const [found, ...others] = run('class', { train, tokenizer, maxLength: 32 })
    expect(others).toEqual([])
    expect(found).toMatchObject({
      code: 'TRUNCATION',
      severity: 'info',
      counts: { cut: 1, texts: 100, lost: 10, longest: 42 },
    })
    expect(run('class', { train, tokenizer, maxLength: 8 })[0]).toMatchObject({
      code: 'TRUNCATION',
      severity: 'warning',
    })
  })

  test('unknown words and characters', () => {
    const train = samples('train.csv', [...clean(40), ['the film is ☃ and Zürich ☃', 'up']])
    const [found, ...others] = run('class', { train, tokenizer, maxLength: 32 })
    expect(others).toEqual([])
    expect(found).toMatchObject({ code: 'UNKNOWN_TOKENS', counts: { unknown: 3, texts: 1 } })
    expect(found.message).toContain('"☃" (2), "Zürich" (1)')
  })

  test('labels of another task', () => {
    const numbered = (label: (i: number) => string) =>
      samples(
        'train.csv',
        clean(40).map(([text], i) => [text, label(i)] as const),
      )
    expect(codes('class', { train: numbered((i) => String(i / 8)) })).toContain('NUMERIC_LABELS')
    expect(codes('class', { train: numbered((i) => String(i % 4)) })).toEqual([])
    expect(codes('class', { train: numbered((i) => `id${i}`) })).toContain('MANY_LABELS')
    expect(run('class', { train: numbered(() => 'up') })).toMatchObject([{ code: 'ONE_LABEL', severity: 'error' }])
    expect(codes('number', { train: numbered((i) => String(i / 8)) })).toEqual([])
    expect(codes('number', { train: numbered((i) => String(i % 2)) })).toEqual(['FEW_VALUES'])
    expect(run('number', { train: numbered((i) => (i === 3 ? 'n/a' : String(i))) })).toMatchObject([
      { code: 'NOT_A_NUMBER', severity: 'error', examples: [{ place: 'train.csv, row 5', note: 'n/a' }] },
    ])
    expect(codes('number', { train: numbered(() => '1') })).toEqual(['ONE_VALUE'])
  })

  test('columns that nothing reads', () => {
    const train = samples('train.csv', clean(40))
    const column = (name: string, value: (i: number) => string) => ({
      file: 'train.csv',
      name,
      values: Array.from({ length: 40 }, (_, i) => value(i)),
    })
    const unusedColumns = [
      column('id', (i) => String(1000 + i)),
      column('answer', (i) => `${clean(40)[i][0]} once more`),
      column('stars', (i) => String(i % 5)),
      column('source', () => 'web'),
    ]
    expect(run('class', { train, unusedColumns })).toMatchObject([
      {
        code: 'UNUSED_COLUMNS',
        message: '2 columns of train.csv are not read: "answer" looks like texts, "stars" looks like labels.',
      },
    ])
  })

  test('suspicious labels', () => {
    const topics = { sport: 'goal match team coach league', money: 'bank shares profit market bond' }
    const rows = Array.from({ length: 240 }, (_, i) => {
      const label = i % 2 === 0 ? 'sport' : 'money'
      const own = topics[label].split(' ')
      return [
        Array.from({ length: 8 }, (_, k) => `${own[(i * 3 + k * (1 + (i >> 3))) % 5]}${k === 0 ? i : ''}`).join(' '),
        i === 100 ? 'money' : label,
      ] as const
    })
    const found = run('class', { train: samples('train.csv', rows) }).find(({ code }) => code === 'LABEL_SUSPECTS')!
    expect(found.examples[0]).toMatchObject({
      place: 'train.csv, row 102',
      note: expect.stringMatching(/^label money, expected sport/),
    })
  })
})

describe('tags', () => {
  const tagged = (file: string, rows: readonly string[]): Sample[] =>
    rows.map((row, i) => {
      const pairs = row.split(' ').map((pair) => pair.split('/'))
      const [own, tags] = [pairs.map(([word]) => word), pairs.map(([, tag = 'O']) => tag)]
      return { texts: [own.join(' ')], words: own, tags, label: tags.join(' '), source: { file, row: i + 1 } }
    })
  const train = tagged(
    'train.conll',
    Array.from({ length: 10 }, (_, i) => `the film of Ann${i}/B-person Lee${i}/I-person number${i}`),
  )

  test('clean tags give no finding', () => {
    expect(run('tags', { train, evaluation: tagged('dev.conll', ['a dull story about Tom/B-person']) })).toEqual([])
  })

  test('tags that break the scheme', () => {
    const broken = tagged('odd.conll', ['we saw Bob/I-person there yesterday evening'])
    const [found] = run('tags', { train: [...train, ...broken] })
    expect(found).toMatchObject({ code: 'BROKEN_TAGS', counts: { broken: 1, sentences: 1 } })
    expect(found.examples).toEqual([{ place: 'odd.conll, row 1', text: 'we saw Bob/I-person there yesterday evening' }])
    expect(run('tags', { train: [...train, ...tagged('odd.conll', ['in Rome/B_city'])] })[0]).toMatchObject({
      code: 'MIXED_TAGS',
      severity: 'error',
    })
  })

  test('types of one part only, and rare ones', () => {
    const evaluation = tagged('dev.conll', ['a plot in Rome/B-place'])
    expect(codes('tags', { train, evaluation })).toEqual(['UNSEEN_LABEL', 'LABEL_NOT_EVALUATED'])
    const rare = tagged('train.conll', ['a scene in Oslo/B-place'])
    expect(codes('tags', { train: [...train, ...rare] })).toEqual(['FEW_EXAMPLES'])
  })

  test('long sentences are read in windows', () => {
    const long = tagged('train.conll', [Array.from({ length: 40 }, (_, i) => words[i % 20]).join(' ')])
    const known = tagged(
      'train.conll',
      Array.from({ length: 9 }, (_, i) => clean(9)[i][0].replace(' ', '/B-x ')),
    )
    expect(codes('tags', { train: [...known, ...long], tokenizer, maxLength: 32 })).toEqual(['LONG_SENTENCES'])
  })
})

describe('answers', () => {
  const context = 'the film was slow and the end was great'
  const question = (text: string, answer: string, start = context.indexOf(answer), own = context, row = 1): Sample => ({
    texts: [text, own],
    label: answer,
    answers: [{ text: answer, start }],
    source: { file: 'train.json', row },
  })

  test('clean questions give no finding', () => {
    const evaluation = [question('what was dull', 'plot', 2, 'a plot of the story')]
    expect(
      run('answer', { train: [question('what was great', 'the end')], evaluation, tokenizer, maxLength: 32 }),
    ).toEqual([])
  })

  test('answers that are not where they say, or that no window holds, and contexts of both parts', () => {
    const wrong = question('what was great', 'the end', 3)
    expect(run('answer', { train: [wrong] })).toMatchObject([{ code: 'ANSWER_NOT_FOUND', severity: 'error' }])
    const long = question('what was it', 'slow and the end was great')
    expect(codes('answer', { train: [long], tokenizer, maxLength: 10 })).toEqual(['ANSWERS_CUT'])
    const [train, evaluation] = [[question('what was great', 'the end')], [question('what was slow', 'the film')]]
    expect(run('answer', { train, evaluation })).toMatchObject([
      { code: 'SHARED_CONTEXT', counts: { questions: 1, contexts: 1 } },
    ])
  })
})
