import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { TagScheme } from '../data/token-classification/index.ts'
import {
  bootstrapEntityMetrics,
  computeEntityMetrics,
  entityMetrics,
  entityMetricTable,
  findEntityMetric,
  type TaggingResult,
} from './entity-metrics.ts'

type Row = [precision: number, recall: number, f1: number, support: number]
interface Case {
  name: string
  gold: string[]
  predicted: string[]
  scheme: TagScheme
  accuracy: number
  default: Record<string, Row> | null
  strict: Record<string, Row>
}

const { cases } = JSON.parse(readFileSync(new URL('entity-metrics.fixture.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}

/** Quotients of whole numbers in float64; F1 and means are computed in another order than NumPy does. */
const tolerance = 1e-14

const split = (sentences: string[]) => sentences.map((tags) => tags.split(' '))
const resultOf = ({ gold, predicted }: Case, scheme?: TagScheme): TaggingResult => ({
  tags: split(gold),
  predictions: split(predicted),
  scheme,
})

function expectScores(found: object, expected: Row, name: string): void {
  const { precision, recall, f1, support } = { support: expected[3], ...found } as Record<string, number>
  ;[precision, recall, f1, support].forEach((value, i) => {
    expect(Math.abs(value - expected[i]), `${name} ${i}`).toBeLessThan(tolerance)
  })
}

describe.each(cases)('as seqeval: $name', (item) => {
  test.each(['default', 'strict'] as const)('%s mode', (mode) => {
    const report = item[mode]
    if (report === null) return // seqeval's default mode cannot read BILOU
    const metrics = entityMetrics(resultOf(item, mode === 'strict' ? item.scheme : undefined))
    const types = Object.keys(report).filter((name) => !name.endsWith(' avg'))
    expect(metrics.perType.map(({ type }) => type)).toEqual(types)
    for (const scores of metrics.perType) expectScores(scores, report[scores.type], scores.type)
    for (const average of ['micro', 'macro', 'weighted'] as const) {
      expectScores(metrics[average], report[`${average} avg`], average)
    }
    expect(metrics.accuracy).toBe(item.accuracy)
    expect(metrics.sentences).toBe(item.gold.length)
    expect(metrics.words).toBe(split(item.gold).flat().length)
  })

  test('by name', () => {
    const names = entityMetricTable.map(({ name }) => name)
    const values = computeEntityMetrics(resultOf(item, item.scheme), names)
    expect(Object.keys(values)).toEqual(names)
    for (const [i, score] of (['precision', 'recall', 'f1'] as const).entries()) {
      expect(Math.abs(values[score] - item.strict['micro avg'][i])).toBeLessThan(tolerance)
      for (const average of ['macro', 'weighted']) {
        expect(Math.abs(values[`${score}_${average}`] - item.strict[`${average} avg`][i])).toBeLessThan(tolerance)
      }
    }
    expect(values.accuracy).toBe(item.accuracy)
  })
})

test('the fixture has cases where the modes differ', () => {
  const differing = cases.filter(
    (item) => item.default && `${item.default['micro avg']}` !== `${item.strict['micro avg']}`,
  )
  expect(differing.length).toBeGreaterThan(5)
})

describe('intervals', () => {
  const item = cases.find(({ name }) => name === 'IOB2, 0.9 right')!
  const names = ['f1', 'recall_macro', 'accuracy']

  test('hold the value, are wider for a higher level, and are the same for the same seed', () => {
    const wide = bootstrapEntityMetrics(resultOf(item), names, { seed: 1, resamples: 400, level: 0.99 })
    const narrow = bootstrapEntityMetrics(resultOf(item), names, { seed: 1, resamples: 400, level: 0.5 })
    expect(bootstrapEntityMetrics(resultOf(item), names, { seed: 1, resamples: 400, level: 0.5 })).toEqual(narrow)
    const values = computeEntityMetrics(resultOf(item), names)
    for (const name of names) {
      expect(narrow[name].value).toBe(values[name])
      expect(wide[name].low).toBeLessThan(narrow[name].low)
      expect(narrow[name].low).toBeLessThan(values[name])
      expect(values[name]).toBeLessThan(narrow[name].high)
      expect(narrow[name].high).toBeLessThan(wide[name].high)
    }
  })

  test('whole sentences are drawn: of one sentence there is no other sample', () => {
    const one = { tags: [['B-A', 'O', 'B-A']], predictions: [['B-A', 'O', 'O']] }
    const { f1 } = bootstrapEntityMetrics(one, ['f1'], { seed: 3 })
    expect(f1).toEqual({ value: 2 / 3, low: 2 / 3, high: 2 / 3 })
  })

  test('a resample is the metric of the sentences that were drawn', () => {
    // Two sentences, so that all resamples are (a, a), (a, b), (b, b): the quantiles are among their F1s.
    const tags = [['B-A'], ['B-A', 'B-A']]
    const predictions = [['B-A'], ['O', 'B-A']]
    const { f1 } = bootstrapEntityMetrics({ tags, predictions }, ['f1'], { seed: 5, resamples: 501 })
    expect(f1).toEqual({ value: 4 / 5, low: 2 / 3, high: 1 })
  })
})

describe('bad input', () => {
  test('lengths that differ, no sentences', () => {
    expect(() => entityMetrics({ tags: [['O']], predictions: [] })).toThrow(/predictions of 0 sentences for 1/)
    expect(() => entityMetrics({ tags: [['O'], ['O']], predictions: [['O'], ['O', 'O']] })).toThrow(
      /sentence 1 has 1 tags but 2 predictions/,
    )
    expect(() => entityMetrics({ tags: [], predictions: [] })).toThrow(expect.objectContaining({ code: 'NO_EXAMPLES' }))
  })

  test('tags that mark no entities: words alone can be judged', () => {
    const result = { tags: [['NOUN', 'VERB']], predictions: [['NOUN', 'NOUN']] }
    expect(() => entityMetrics(result)).toThrow(expect.objectContaining({ code: 'TAG' }))
    const values = computeEntityMetrics({ ...result, entities: false }, ['accuracy', 'f1'])
    expect(values).toEqual({ accuracy: 0.5, f1: Number.NaN })
  })

  test('sentences without words', () => {
    expect(entityMetrics({ tags: [[]], predictions: [[]] })).toMatchObject({ words: 0, accuracy: 0, micro: { f1: 0 } })
  })

  test('an unknown metric names the nearest', () => {
    expect(() => findEntityMetric('f1-macro')).toThrow(/"f1-macro"; did you mean "f1_macro"\? Known metrics of token/)
  })
})
