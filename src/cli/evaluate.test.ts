/** `evaluate` with all that it can do beside metrics, on models of hidden size 12. */
import { cp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { jsonl, prepareEvaluation, tasks } from './evaluate.samples.ts'
import { makeModelFolder, runHere } from './program.samples.ts'

const { at, write, command, evaluate, refused } = prepareEvaluation(Object.keys(tasks))

test('a model card has what the flags of finetune tell', async () => {
  const card = await readFile(at('model/README.md'), 'utf8')
  for (const part of ['language:\n  - en\n  - de\n', 'license: mit\n', 'base_model: somebody/base\n']) {
    expect(card).toContain(part)
  }
})

describe('without further flags', () => {
  test('--json has the number of examples and the metrics alone', async () => {
    const result = await evaluate('model', 'clean.csv')
    expect(Object.keys(result)).toEqual(['examples', 'metrics'])
    expect(result.examples).toBe(60)
    for (const row of Object.values(result.metrics)) {
      expect(row).toEqual({ value: expect.any(Number), low: expect.any(Number), high: expect.any(Number) })
    }
  })

  test('with all of them it has these and more', async () => {
    const all = ['--compare', at('random'), '--slice', 'source', '--fit-temperature', '--best-threshold', 'f1']
    const result = await evaluate('model', 'test.csv', ...all)
    expect(Object.keys(result)).toEqual(['examples', 'metrics', 'slices', 'comparison', 'temperature', 'threshold'])
    expect((await evaluate('model', 'test.csv')).metrics).toEqual(result.metrics)
  })
})

describe('--compare', () => {
  test.each(['model', ...Object.keys(tasks)])('%s with itself: no difference, p is 1', async (name) => {
    const file = name === 'model' ? 'test.csv' : tasks[name].file
    const more = ['--compare', at(name), '--slice', 'text-length', '--output', at(`itself-${name}`)]
    const { metrics, comparison, slices, output, examples } = await evaluate(name, file, ...more)
    expect(comparison.model).toBe(at(name))
    expect(Object.keys(comparison.metrics)).toEqual(Object.keys(metrics))
    for (const [metric, row] of Object.entries(comparison.metrics)) {
      // A metric that the data does not have, such as a correlation with what is all the same, is null.
      const value = metrics[metric].value
      const none =
        value === null ? { difference: null, low: null, high: null, p: null } : { difference: 0, low: 0, high: 0, p: 1 }
      expect(row, metric).toMatchObject({ first: value, second: value, ...none })
    }
    const counted = slices['text-length'].reduce((sum: number, slice: { examples: number }) => sum + slice.examples, 0)
    expect(counted).toBe(examples)
    expect((await readdir(output)).sort()).toEqual(['metrics.json', 'report.html'])
    const saved = JSON.parse(await readFile(join(output, 'metrics.json'), 'utf8'))
    expect(saved).toMatchObject({ model: at(name), metrics, comparison, slices })
    const report = await readFile(join(output, 'report.html'), 'utf8')
    for (const part of ['Against another model', 'By text-length']) expect(report).toContain(part)
  })

  test('a better and a worse model, seen from both sides', async () => {
    const better = await evaluate('model', 'clean.csv', '--compare', at('random'))
    const worse = await evaluate('random', 'clean.csv', '--compare', at('model'))
    const { accuracy, loss } = better.comparison.metrics
    expect(accuracy).toMatchObject({ first: better.metrics.accuracy.value, second: worse.metrics.accuracy.value })
    expect(accuracy.test).toBe('mcnemar')
    expect(accuracy.p).toBeLessThan(0.001)
    expect(accuracy.low).toBeGreaterThan(0)
    expect(loss.high).toBeLessThan(0)
    const other = worse.comparison.metrics.accuracy
    expect([other.difference, other.low, other.high]).toEqual([-accuracy.difference, -accuracy.high, -accuracy.low])
    expect(other.p).toBe(accuracy.p)
    const says = async (one: string, two: string) =>
      (await runHere(command(one, 'clean.csv', '--compare', at(two), '--metrics', 'accuracy'))).stdout
    expect(await says('model', 'random')).toMatch(/accuracy .* better\n/)
    expect(await says('random', 'model')).toMatch(/accuracy .* worse\n/)
    expect(await says('random', 'model')).toContain(`${at('model')} is better by`)
    expect(await says('model', 'model')).toContain('By accuracy the two are equal.')
  })

  test('other labels, or the same in another order, are refused with both lists', async () => {
    await makeModelFolder(at('other-labels'), at('tok'), 'sequence-classification', { labels: ['ham', 'spam'] })
    const { code, message } = await refused('model', 'test.csv', '--compare', at('other-labels'))
    expect(code).toBe('COMPARED_LABELS')
    expect(message).toContain(`${at('model')} has the labels "negative", "positive"`)
    expect(message).toContain(`${at('other-labels')} has the labels "ham", "spam"`)
    await makeModelFolder(at('turned'), at('tok'), 'sequence-classification', { labels: ['positive', 'negative'] })
    expect((await refused('model', 'test.csv', '--compare', at('turned'))).code).toBe('COMPARED_LABELS')
  })

  test('a tagger that lacks tags of the data is refused with both lists', async () => {
    await makeModelFolder(at('other-tags'), at('tok'), 'token-classification', { labels: ['O', 'B-person'] })
    const { code, message } = await refused('token-classification', 'tags.jsonl', '--compare', at('other-tags'))
    expect(code).toBe('UNKNOWN_LABEL')
    for (const part of [at('other-tags'), '"O", "B-person"', '"B-work", "O"']) expect(message).toContain(part)
  })

  test.each(Object.keys(tasks))('a model for %s is no match for a text classifier', async (name) => {
    const { code, message } = await refused('model', 'test.csv', '--compare', at(name))
    expect(code).toBe('COMPARED_TASKS')
    expect(message).toContain(`${at('model')} is a model for text-classification, ${at(name)} is one for ${name}`)
  })

  test('a folder without a model, or one that is for no task', async () => {
    expect((await refused('model', 'test.csv', '--compare', at('nowhere'))).message).toContain('nowhere')
    await makeModelFolder(at('encoder'), at('tok'))
    const config = JSON.parse(await readFile(at('encoder/config.json'), 'utf8'))
    await write('encoder/config.json', JSON.stringify({ ...config, architectures: ['BertModel'] }))
    expect((await refused('model', 'test.csv', '--compare', at('encoder'))).code).toBe('NO_CLASSIFIER')
  })

  test('language models are compared only by the same tokens', async () => {
    await makeModelFolder(at('short'), at('tok'), 'masked-lm', { maxPositionEmbeddings: 12 })
    // Told before anything is answered, which weights are needed for.
    await rm(at('short/model.safetensors'))
    const { code, message } = await refused('masked-lm', 'texts.jsonl', '--compare', at('short'))
    await makeModelFolder(at('short'), at('tok'), 'masked-lm', { maxPositionEmbeddings: 12 })
    expect(code).toBe('COMPARED_LENGTHS')
    expect(message).toContain('--max-length 12')
    await evaluate('masked-lm', 'texts.jsonl', '--compare', at('short'), '--max-length', '12')
    await cp(at('tok'), at('other-tok'), { recursive: true })
    const words = await readFile(at('tok/vocab.txt'), 'utf8')
    await write('other-tok/vocab.txt', words.replace('lovely', 'pretty'))
    await makeModelFolder(at('other-words'), at('other-tok'))
    const other = await refused('masked-lm', 'texts.jsonl', '--compare', at('other-words'))
    expect(other.code).toBe('COMPARED_VOCABULARIES')
  })
})

describe('--slice', () => {
  const slicesOf = (result: { slices: Record<string, { value: string; examples: number }[]> }) =>
    Object.fromEntries(
      Object.entries(result.slices).map(([name, rows]) => [name, rows.map(({ value, examples }) => [value, examples])]),
    )

  test('by a column, the label, and the length of texts', async () => {
    const result = await evaluate('model', 'test.csv', '--slice', 'source', 'label', 'text-length')
    const { source, label, 'text-length': length } = slicesOf(result)
    expect(source).toEqual([
      ['mail', 20],
      ['(empty)', 20],
      ['news', 20],
    ])
    expect(label).toEqual([
      ['positive', 30],
      ['negative', 30],
    ])
    expect(length.every(([value]) => /^\d+(–\d+)?$/.test(String(value)))).toBe(true)
    // A slice of one label alone: what is right there is that label's recall.
    const ofPositive = result.slices.label[0].metrics
    expect(ofPositive.accuracy.value).toBeCloseTo(result.metrics.recall.value, 12)
    expect(result.slices.source[0].tooFew).toBe(true)
  })

  test('a file without a header has columns by number, its first row among them', async () => {
    const lines = (await readFile(at('clean.csv'), 'utf8')).trim().split('\n').slice(1)
    await write('plain.csv', lines.map((line, i) => `${line},${i < 7 ? 'a' : 'b'}\n`).join(''))
    const columns = ['--text-column', '0', '--label-column', '1']
    expect(slicesOf(await evaluate('model', 'plain.csv', ...columns, '--slice', '2'))).toEqual({
      2: [
        ['b', 53],
        ['a', 7],
      ],
    })
    const { code, message } = await refused('model', 'plain.csv', ...columns, '--slice', '3')
    expect(code).toBe('UNKNOWN_COLUMN')
    expect(message).toContain('The columns are: 0, 1, 2')
  })

  test('JSON Lines have keys, whose values may be anything', async () => {
    const odd = ['a', 1, true, null, { b: 2 }, undefined]
    const rows = odd.map((source, i) => ({ text: 'good film', label: i % 2 === 0 ? 'positive' : 'negative', source }))
    await write('odd.jsonl', jsonl(rows))
    const { source } = slicesOf(await evaluate('model', 'odd.jsonl', '--slice', 'source'))
    expect(source.map(([value]) => value).sort()).toEqual(['(empty)', '1', 'a', 'true', '{"b":2}'])
  })

  test('a column that is not there names the nearest', async () => {
    const { code, message } = await refused('model', 'test.csv', '--slice', 'sourse')
    expect(code).toBe('UNKNOWN_COLUMN')
    expect(message).toContain('test.csv: there is no column "sourse"; did you mean "source"?')
    expect(message).toContain('The columns are: text, label, source')
    await write('some.jsonl', jsonl([{ text: 'good', label: 'positive' }]))
    expect((await refused('model', 'some.jsonl', '--slice', 'source')).message).toContain('text, label')
  })

  test('files that have no columns say so', async () => {
    await write('tags.conll', 'good\tO\nfilm\tB-work\n')
    const { code, message } = await refused('token-classification', 'tags.conll', '--slice', 'source')
    expect(code).toBe('NO_COLUMNS')
    expect(message).toContain('--slice text-length is for all files')
    expect(slicesOf(await evaluate('token-classification', 'tags.conll', '--slice', 'text-length'))).toEqual({
      'text-length': [['2', 1]],
    })
  })
})

describe('--output', () => {
  test('is written anew, and hostile values stay text', async () => {
    const long = 'good '.repeat(60_000)
    const value = '<script>alert(1)</script>'
    await write('hostile.csv', `text,label,source\n${long},negative,"${value}"\ngood,positive,"${'x'.repeat(5000)}"\n`)
    const more = ['--slice', 'source', 'text-length', '--output', at('evaluation')]
    for (let i = 0; i < 2; i++) await evaluate('model', 'hostile.csv', ...more)
    const report = await readFile(at('evaluation/report.html'), 'utf8')
    expect(report).not.toContain('<script')
    expect(report).toContain('&lt;script&gt;')
    expect(report).toContain('1 of 2 texts were cut at 16 tokens.')
    expect(report.length).toBeLessThan(80_000)
  })

  test('a folder that holds a run is left alone', async () => {
    const before = await readFile(at('model/metrics.json'))
    const { code, message } = await refused('model', 'test.csv', '--output', at('model'))
    expect(code).toBe('OUTPUT_NOT_EMPTY')
    expect(message).toContain('choose another folder')
    expect(message).not.toContain('--resume')
    expect(await readFile(at('model/metrics.json'))).toEqual(before)
  })

  test('a file is no folder', async () => {
    expect((await refused('model', 'test.csv', '--output', at('test.csv'))).code).toBe('NOT_A_FOLDER')
  })
})

const broken: [name: string, model: string, text: string, file: string, code: string, says: string[]][] = [
  ['an empty file', 'model', '', 'empty.csv', 'EMPTY_FILE', ['empty.csv is empty']],
  ['a header alone', 'model', 'text,label\n', 'header.csv', 'EMPTY_FILE', ['header.csv holds a header and no rows']],
  ['no label column', 'model', 'text,klass\ngood,positive\n', 'k.csv', 'MISSING_COLUMN', ['"label"', 'text", "klass']],
  ['an empty label', 'model', 'text,label\ngood,\n', 'e.csv', 'EMPTY_LABEL', ['e.csv, row 2, column "label"']],
  [
    'labels that are not those of the model',
    'model',
    'text,label\ngood,pos\nbad,neg\n',
    'l.csv',
    'UNKNOWN_LABEL',
    ['l.csv, row 2', 'Known labels: "negative", "positive"', 'Labels of the data: "neg", "pos"'],
  ],
  [
    'a text for a number',
    'regression',
    '{"text": "good", "label": "much"}\n',
    'n.jsonl',
    'NOT_A_NUMBER',
    ['n.jsonl, row 1'],
  ],
  ['texts without labels', 'model', 'good film\n', 't.txt', 'MISSING_COLUMN', ['t.txt']],
]

describe('bad input ends with status 2 and says what is wrong', () => {
  test.each(broken)('%s', async (_, model, text, file, code, says) => {
    await write(file, text)
    const error = await refused(model, file)
    expect(error.code, error.message).toBe(code)
    for (const part of says) expect(error.message).toContain(part)
  })

  test('a metric that there is not names the nearest, for each task', async () => {
    const nearest: Record<string, string> = {
      model: 'f1_macro',
      regression: 'spearman',
      'multi-label-classification': 'f1_micro',
      'next-sentence': 'accuracy',
      'multiple-choice': 'accuracy',
      'token-classification': 'precision',
      'masked-lm': 'perplexity',
      'question-answering': 'exact',
    }
    for (const [name, metric] of Object.entries(nearest)) {
      const file = name === 'model' ? 'test.csv' : tasks[name].file
      const { code, message } = await refused(name, file, '--metrics', `${metric}x`)
      expect(code).toBe('UNKNOWN_METRIC')
      expect(message).toContain(`unknown metric "${metric}x"; did you mean "${metric}"?`)
    }
  })
})

test('examples of one class alone are measured', async () => {
  await write('alone.csv', 'text,label\ngood film,positive\ngreat film,positive\nbad,positive\n')
  const more = ['--fit-temperature', '--slice', 'text-length', '--compare', at('random'), '--output', at('alone')]
  const { metrics } = await evaluate('model', 'alone.csv', ...more)
  expect(metrics.accuracy.value).toBeCloseTo(2 / 3, 12)
  expect(metrics.recall.value).toBeCloseTo(2 / 3, 12)
})
