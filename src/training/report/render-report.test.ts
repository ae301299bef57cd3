import { describe, expect, test } from 'vitest'
import type { RunRecord } from '../run-record.ts'
import { renderReport } from './render-report.ts'
import { sampleRecord, sampleRecords } from './run-record.samples.ts'

const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>\'</title></style><!--]]>\u0000'

/** Puts `text` at every place of a record where a text can stand. */
function withTextEverywhere(text: string): RunRecord {
  return {
    ...sampleRecord({ labels: [text, `${text} 2`, `${text} 3`], steps: 40, loggingSteps: 2, evaluations: 3 }),
    title: text,
    task: text,
    finishedAt: text,
    model: { name: text, parameters: 5 },
    data: {
      trainExamples: 3,
      evalExamples: 3,
      trainSource: text,
      evalSource: text,
      labelCounts: [{ label: text, train: 1, eval: 1 }],
    },
    settings: { [text]: text, list: [text] },
    environment: { [text]: text },
    history: [{ step: 1, [`eval_${text}`]: 0.5, [text]: text, loss: text as unknown as number }],
    metrics: { [text]: { value: 0.5, low: 0.4, high: 0.6 } },
    baselines: { [text]: { [text]: 0.1 } },
    wrongExamples: [{ text: text.repeat(20), textPair: text, label: text, predicted: text, score: 1, source: text }],
    warnings: [text],
  }
}

/** A strict reading of the page: every tag in order, attributes quoted. Throws where the markup is not well formed. */
function tagsOf(page: string): { name: string; attributes: Record<string, string> }[] {
  const tags: { name: string; attributes: Record<string, string> }[] = []
  const open: string[] = []
  const empty = new Set(['meta', 'br'])
  const body = page.replace(/^<!doctype html>/, '').replace(/<style>[^<]*<\/style>/, '')
  for (const piece of body.match(/<[^<]*?>|<|[^<]+/g) ?? []) {
    if (!piece.startsWith('<')) {
      if (piece.includes('>')) throw new Error(`bare ">" in ${piece}`)
      continue
    }
    const close = /^<\/([a-z0-9]+)>$/.exec(piece)
    if (close) {
      if (open.pop() !== close[1]) throw new Error(`unexpected ${piece}`)
      continue
    }
    const start = /^<([a-z0-9]+)((?: [a-zA-Z0-9-]+="[^"<>]*")*)(\/?)>$/.exec(piece)
    if (!start) throw new Error(`not a tag: ${piece}`)
    const attributes = Object.fromEntries(
      [...start[2].matchAll(/ ([a-zA-Z0-9-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    )
    tags.push({ name: start[1], attributes })
    if (start[3] === '' && !empty.has(start[1])) open.push(start[1])
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`)
  return tags
}

const records: [string, RunRecord][] = [
  ...Object.entries(sampleRecords).map(([name, make]): [string, RunRecord] => [name, make()]),
  ['hostile', withTextEverywhere(hostile)],
]

describe.each(records)('the page of the run "%s"', (_, record) => {
  const page = renderReport(record)
  const tags = tagsOf(page)

  test('is well formed, with no script and nothing to load', () => {
    const known =
      'html head meta title body main header h1 h2 h3 p b i span small aside ul ol li section div dl dt dd svg line circle ' +
      'rect path text figure figcaption table thead tbody tr th td details summary bdi footer'
    const unknown = new Set(tags.map((tag) => tag.name))
    for (const name of known.split(' ')) unknown.delete(name)
    expect([...unknown]).toEqual([])
    for (const { attributes } of tags) {
      const names = Object.keys(attributes)
      expect(names.filter((name) => /^(on|src|href|xlink|action|data)/i.test(name))).toEqual([])
    }
    expect(page.match(/url\(|@import/)).toBeNull()
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
  })

  test('draws numbers only', () => {
    for (const { attributes } of tags) {
      for (const [name, value] of Object.entries(attributes)) {
        if (/^(x|y|cx|cy|r|dx|x1|x2|y1|y2|height|width)$/.test(name))
          expect(value).toMatch(/^-?\d+(\.\d+)?%?$|device-width/)
        if (name === 'd') expect(value.match(/[^ML\d. -]/)).toBeNull()
        if (name === 'style') expect(value).toMatch(/^--[pw]:\d+(\.\d+)?%$/)
      }
    }
  })

  test('is small', () => {
    expect(page.length).toBeLessThan(400_000)
  })
})

test('a hostile text appears as text', () => {
  const page = renderReport(withTextEverywhere(hostile))
  expect(page).not.toContain('<script')
  expect(page).not.toContain('<img')
  expect(page).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;')
})

test('a page shows its numbers', () => {
  const record = sampleRecords.usual()
  const page = renderReport(record)
  const { value, low, high } = record.metrics.accuracy
  expect(page).toContain(`<p class="value">${value.toFixed(3)}</p>`)
  expect(page).toContain(`${low?.toFixed(3)} – ${high?.toFixed(3)}`)
  for (const row of record.confusion?.counts ?? []) {
    for (const count of row) expect(page).toContain(`<b>${count}</b>`)
  }
  for (const text of ['4.39 M parameters', '4 min 12 s', '18.2 k', 'epoch 2', 'mails.csv, row 1733', '5e-5']) {
    expect(page).toContain(text)
  }
})

test('long histories stay small and keep their spikes', () => {
  const record = sampleRecords.long()
  expect(record.history.length).toBeGreaterThan(20_000)
  const spiked = {
    ...record,
    history: record.history.map((row) => (row.step === 123_450 ? { ...row, loss: 2.9 } : row)),
  }
  expect(renderReport(spiked).length).toBeLessThan(250_000)
  // The axis of the loss ends above the spike, and the curve reaches it: 2.9 of 3 is 9.33 of 280 pixels from the top.
  const path = /<path class="curve faint s1" d="([^"]*)"/.exec(renderReport(spiked))?.[1] ?? ''
  const top = Math.min(...[...path.matchAll(/ (\d+(?:\.\d+)?)/g)].map((match) => Number(match[1])))
  expect(top).toBeCloseTo(280 * (1 - 2.9 / 3), 1)
})

test('a loss that is not a number is told and marked', () => {
  const page = renderReport(sampleRecords.nan())
  expect(page).toContain('The train loss was not a finite number in 44 of 100 logged rows, first at step 171.')
  expect(page.match(/class="missing"/g)?.length).toBe(2 * 44) // of the loss and of the gradient norm
})

describe('the verdict on baselines', () => {
  const verdict = (own: RunRecord['metrics'][string], baseline: number, name = 'accuracy') =>
    /<p class="lead">([^<]*)/.exec(
      renderReport({ ...sampleRecords.empty(), metrics: { [name]: own }, baselines: { simple: { [name]: baseline } } }),
    )?.[1]

  test('clearly better, perhaps better, not better', () => {
    expect(verdict({ value: 0.9, low: 0.88, high: 0.92 }, 0.8)).toBe(
      'Accuracy is better than that of “simple” by 0.100.',
    )
    expect(verdict({ value: 0.9, low: 0.88, high: 0.92 }, 0.89)).toContain('may be chance')
    expect(verdict({ value: 0.9, low: 0.88, high: 0.92 }, 0.91)).toContain('not worth its cost')
  })

  test('of a metric that should be small', () => {
    expect(verdict({ value: 12 }, 30, 'perplexity')).toBe('Perplexity is better than that of “simple” by 18.00.')
    expect(verdict({ value: 30 }, 12, 'perplexity')).toContain('not worth its cost')
  })
})
