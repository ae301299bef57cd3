import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { CardFacts } from './card-facts.ts'
import { CARD_MARK } from './card-mark.ts'
import { cardTask } from './card-tasks.ts'
import { escapeMarkdown } from './markdown.ts'
import { renderModelCard } from './model-card.ts'
import { sampleRecord } from './run-record.samples.ts'

const record = sampleRecord({ labels: ['ham', 'spam'], steps: 40, loggingSteps: 2, evaluations: 2 })

const facts: CardFacts = {
  name: 'spam filter',
  record,
  modelType: 'bert',
  className: 'BertForSequenceClassification',
  labels: ['ham', 'spam'],
  settings: { epochs: 3, seed: 7 },
  diagnosed: false,
  told: {},
}

/** The metadata, as a reader of YAML 1.1 (Python's) and one of 1.2 have it, and the text. */
function partsOf(card: string) {
  // As huggingface_hub's repocard.py finds it.
  const [all, yaml] = /^\s*---\n([\s\S]*?)\n---[ \t]*\n/.exec(card)!
  const read = (version: '1.1' | '1.2') => parse(yaml, { version })
  expect(read('1.1')).toEqual(read('1.2'))
  return { data: read('1.1'), text: card.slice(all.length) }
}

describe('front matter', () => {
  test('has what is known, and nothing else', () => {
    const { data, text } = partsOf(renderModelCard(facts))
    expect(Object.keys(data)).toEqual(['library_name', 'pipeline_tag', 'tags', 'metrics', 'model-index'])
    expect(data).toMatchObject({
      library_name: 'transformers',
      pipeline_tag: 'text-classification',
      tags: ['bertsmith', 'bert', 'text-classification'],
    })
    const [{ name, results }] = data['model-index']
    expect([name, results.length]).toEqual(['spam filter', 1])
    expect(results[0].task.type).toBe('text-classification')
    expect(results[0].dataset).toEqual({ name: 'unknown', type: 'unknown' })
    expect(results[0].metrics[0]).toEqual({
      type: 'accuracy',
      value: record.metrics.accuracy.value,
      name: 'Accuracy',
    })
    expect(text.startsWith(`${CARD_MARK}\n`)).toBe(true)
  })

  test('has language, licence and base model if they were told, whatever they are', () => {
    const told = { language: ['no', 'en'], license: 'apache-2.0', baseModel: 'google/bert_uncased_L-2_H-128_A-2' }
    const { data } = partsOf(renderModelCard({ ...facts, told, evaluationData: 'yes' }))
    expect(data).toMatchObject({ language: ['no', 'en'], license: 'apache-2.0', base_model: told.baseModel })
    expect(data['model-index'][0].results[0].dataset.name).toBe('yes')
  })

  test('metrics that are no numbers, and models without any, have no results', () => {
    const none = partsOf(
      renderModelCard({ ...facts, record: { ...record, metrics: { pearson: { value: Number.NaN } } } }),
    )
    expect(none.data).not.toHaveProperty('model-index')
    const { data, text } = partsOf(renderModelCard({ ...facts, record: { ...record, metrics: {} } }))
    expect(data).not.toHaveProperty('metrics')
    expect(text).toContain('The model was not evaluated.')
    expect(text).not.toContain('measured on')
  })

  test("metrics have the hub's names", () => {
    const metrics = { spearman: { value: 0.5 }, f1_macro: { value: 0.4 }, exact: { value: 0.3 }, loss: { value: 2 } }
    const { data } = partsOf(renderModelCard({ ...facts, record: { ...record, metrics } }))
    expect(data.metrics).toEqual(['spearmanr', 'f1', 'exact_match'])
  })
})

test('the text says what the record says', () => {
  const card = renderModelCard({
    ...facts,
    record: {
      ...record,
      findings: [
        { code: 'FEW', severity: 'info', message: 'Few steps.', advice: 'More.', counts: {}, examples: [] },
        {
          code: 'LEAK',
          severity: 'error',
          message: 'Leaks.',
          advice: 'Split.',
          counts: {},
          examples: [{ place: 'a', text: 'secret' }],
        },
      ],
      warnings: ['3 of 9 texts were cut at 64 tokens.'],
    },
    start: 'bert tiny, random weights',
    trainingData: 'train.csv',
    evaluationData: 'dev.csv',
    bestBy: 'f1',
  })
  const { accuracy } = record.metrics
  for (const part of [
    '# spam filter',
    '| began as | bert tiny, random weights |',
    `| Accuracy | ${accuracy.value.toFixed(3)} | ${accuracy.low!.toFixed(3)} – ${accuracy.high!.toFixed(3)} |`,
    '(dev.csv)',
    '| seed | 7 |',
    '- **error** LEAK: Leaks.\n- **info** FEW: Few steps.',
    'with the best f1',
    '- 3 of 9 texts were cut at 64 tokens.',
    'npx bertsmith predict --model FOLDER "A text."',
  ]) {
    expect(card).toContain(part)
  }
  expect(card).not.toContain('secret')
  expect(card).not.toMatch(/undefined|NaN|\[object/)
})

test('what nobody looked for was not found', () => {
  expect(renderModelCard({ ...facts, record: { ...record, findings: [] } })).not.toContain('doctor')
  expect(renderModelCard({ ...facts, record: { ...record, findings: [] }, diagnosed: true })).toContain(
    'nothing was found',
  )
})

test('a task that there is no line for has neither tag nor usage', () => {
  expect(cardTask('toString')).toBeUndefined()
  const { data, text } = partsOf(renderModelCard({ ...facts, record: { ...record, task: 'toString' } }))
  expect(data).not.toHaveProperty('pipeline_tag')
  expect(text).not.toContain('How to use it')
})

test('what becomes of longer texts, and that transformers knows no windows', () => {
  const ofModel = { ...facts, record: { ...record, model: { ...record.model, maxLength: 16 } } }
  const cut = renderModelCard(ofModel)
  expect(cut).toContain('at most 16 tokens at once: longer texts are cut at 16 tokens.')
  expect(cut).not.toMatch(/windows/)
  const windows = { maxLength: 16, stride: 4 }
  const whole = renderModelCard({ ...ofModel, longTexts: windows })
  expect(whole).toContain('longer texts are read in windows that repeat 4 tokens; of a pair, the shorter may be cut to')
  expect(whole).toMatch(/transformers knows no windows.*truncation=True, max_length=16/)
  expect(renderModelCard({ ...ofModel, longTexts: { ...windows, maxWindows: 2 } })).toContain(
    'read in windows that repeat 4 tokens and cut after 2 windows of 16 tokens.',
  )
})

test('many labels: the first of them', () => {
  const labels = Array.from({ length: 120 }, (_, i) => `label ${i}`)
  const card = renderModelCard({
    ...facts,
    labels,
    record: sampleRecord({ labels, steps: 4, loggingSteps: 2, evaluations: 1 }),
  })
  expect(card).toContain('… (120)')
  expect(card).toContain('70 more labels are not shown.')
})

const hostile = [
  '---\nlicense: mit\n---\n# Mine',
  '</div><script>alert(1)</script><!-- --><img src=x onerror=alert(2)>',
  '| a | b |\n|---|---|',
  '[click](https://example.org) ![x](y) <https://example.org> www.example.org',
  '```\nrm -rf\n```',
  '*bold* _thin_ ~~gone~~ $x$ &amp; `code` \\ #1',
  '\u202etxt.exe\u0000\ud800',
  '- no: [yes, {a: 1}]',
  'no',
  '1:30',
  '0x10',
  '~',
]

describe.each(hostile)('the text %j', (text) => {
  const card = renderModelCard({
    ...facts,
    name: text,
    className: text,
    labels: [text, 'b'],
    start: text,
    trainingData: text,
    evaluationData: text,
    settings: { [text]: text, list: [text] },
    bestBy: text,
    told: { language: text, license: text, baseModel: text },
    record: {
      ...sampleRecord({ labels: [text, 'b'], steps: 4, loggingSteps: 2, evaluations: 1 }),
      finishedAt: text,
      environment: { bertsmith: text, [text]: text },
      metrics: { [text]: { value: 0.5, low: 0.4, high: 0.6 } },
      baselines: { [text]: { [text]: 0.1 } },
      findings: [{ code: text, severity: 'warning', message: text, advice: text, counts: {}, examples: [] }],
      warnings: [text],
    },
  })
  const { data, text: body } = partsOf(card)

  test('stays a text in the metadata', () => {
    expect(Object.keys(data).slice(0, 3)).toEqual(['language', 'license', 'library_name'])
    for (const value of [data.language, data.license, data.base_model, data['model-index'][0].name]) {
      expect(value).toBeTypeOf('string')
      expect(value).toBe(data.license)
    }
  })

  test('is neither markup, nor a link, nor the end of a cell', () => {
    const lines = body.slice(CARD_MARK.length).split('\n')
    const programs = lines.indexOf('## How to use it')
    for (const [i, line] of lines.entries()) {
      if (i >= programs) break
      const bare = line.replace(/\\[!-/:-@[-`{-~]/g, '')
      if (line.startsWith('|')) {
        const head = lines[lines.slice(0, i + 1).findLastIndex((each) => /^\|(---:?\|)+$/.test(each))] ?? ''
        if (lines[i + 1]?.startsWith('|---') !== true && head !== '') {
          expect(bare.split('|').length, line).toBe(head.split('|').length)
        }
      }
      expect(bare, line).not.toMatch(/[<`]|\]\(|:\/\/|www\./)
      expect(bare.replaceAll('**', ''), line).not.toMatch(/[*_~&$]/)
      expect(line, line).toMatch(/^(#{1,3} |\||- |[A-Z]|$|\d+ more)/)
    }
    expect(lines.filter((line) => line.startsWith('# '))).toHaveLength(1)
    expect(body).not.toMatch(/[\u0000\u202e\ud800]/)
  })
})

test('escapes keep what people write', () => {
  expect(escapeMarkdown('reviews 2 (final).csv: 3.5 %, “é” – 你好')).toBe('reviews 2 (final).csv: 3.5 %, “é” – 你好')
  expect(escapeMarkdown('my_file|1')).toBe('my\\_file\\|1')
})
