import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exactMatch, normalizeAnswer, wordF1 } from './answer-text.ts'
import { bootstrapInterval } from './bootstrap.ts'
import {
  bootstrapSquadMetrics,
  computeSquadMetrics,
  findSquadMetric,
  type SquadResult,
  squadMetrics,
  squadMetricTable,
} from './squad-metrics.ts'

interface Case {
  kind: string
  answers: string[][]
  predictions: string[]
  nullScores: number[]
  threshold: number
  /** In per cents. */
  plain: Record<string, number>
  withThreshold: Record<string, number>
  first: { exact: number; f1: number } | null
}

const fixture = JSON.parse(readFileSync(new URL('squad-metrics.fixture.json', import.meta.url), 'utf8'))
const cases: Case[] = fixture.cases
const texts: [string, string][] = fixture.texts
const pairs: [string, string, number, number, number][] = fixture.pairs

describe('as the official scripts', () => {
  test('normalised texts', () => {
    for (const [text, normalized] of texts) expect(normalizeAnswer(text), JSON.stringify(text)).toBe(normalized)
  })

  test('scores of pairs', () => {
    for (const [answer, prediction, exact, f1, first] of pairs) {
      const found = [exactMatch(answer, prediction), wordF1(answer, prediction), wordF1(answer, prediction, '1.1')]
      expect(found, JSON.stringify([answer, prediction])).toEqual([exact, f1, first])
    }
    expect(pairs.filter(([, , , f1]) => f1 > 0 && f1 < 1).length).toBeGreaterThan(20)
  })

  test.each(cases)('$kind, $plain.total questions', ({ answers, predictions, nullScores, threshold, ...expected }) => {
    const withThreshold = { answers, predictions, noAnswerScores: nullScores, noAnswerThreshold: threshold }
    agrees({ answers, predictions }, expected.plain)
    agrees(withThreshold, expected.withThreshold)
    if (expected.first) {
      const { exact, f1 } = squadMetrics({ answers, predictions, rules: '1.1' })
      expect(exact).toBeCloseTo(expected.first.exact / 100, 14)
      expect(f1).toBeCloseTo(expected.first.f1 / 100, 14)
    }
  })
})

/** Sums of at most 30 numbers, as per cents or as shares. */
const digits = 14

function agrees(result: SquadResult, expected: Record<string, number>): void {
  const { total, HasAns_total, NoAns_total, ...named } = expected
  const metrics = squadMetrics(result)
  expect([metrics.total, metrics.hasAnswer?.total, metrics.noAnswer?.total]).toEqual([total, HasAns_total, NoAns_total])
  const values = computeSquadMetrics(result, Object.keys(named))
  for (const [name, value] of Object.entries(named)) {
    expect(values[name], name).toBeCloseTo(name.endsWith('_thresh') ? value : value / 100, digits)
  }
  expect(metrics).toMatchObject({
    exact: values.exact,
    f1: values.f1,
    bestExact: { value: values.best_exact, threshold: values.best_exact_thresh },
    bestF1: { value: values.best_f1, threshold: values.best_f1_thresh },
  })
  if (metrics.hasAnswer) expect(metrics.hasAnswer).toMatchObject({ exact: values.HasAns_exact, f1: values.HasAns_f1 })
  if (metrics.noAnswer) expect(metrics.noAnswer).toMatchObject({ exact: values.NoAns_exact, f1: values.NoAns_f1 })
}

test('a threshold that is found does what it says', () => {
  const score = fc.record({
    answers: fc.array(fc.constantFrom('one', 'two', 'one two'), { maxLength: 2 }),
    prediction: fc.constantFrom('one', 'two', 'two three'),
    noAnswerScore: fc.double({ noNaN: true, min: -5, max: 5 }),
  })
  const unique = { minLength: 1, maxLength: 9, selector: (each: { noAnswerScore: number }) => each.noAnswerScore || 0 }
  fc.assert(
    fc.property(fc.uniqueArray(score, unique), (questions) => {
      const result = {
        answers: questions.map(({ answers }) => answers),
        predictions: questions.map(({ prediction }) => prediction),
        noAnswerScores: questions.map(({ noAnswerScore }) => noAnswerScore),
      }
      const { bestExact, bestF1 } = squadMetrics(result)
      // Below all, all are "no answer"; where that is best, the script says 0.
      const thresholds = [Number.NEGATIVE_INFINITY, ...result.noAnswerScores]
      const by = (noAnswerThreshold: number) => squadMetrics({ ...result, noAnswerThreshold })
      const all = thresholds.map(by)
      expect(bestExact.value).toBeCloseTo(Math.max(...all.map(({ exact }) => exact)), digits)
      expect(bestF1.value).toBeCloseTo(Math.max(...all.map(({ f1 }) => f1)), digits)
      if (bestF1.value > all[0].f1) expect(by(bestF1.threshold).f1).toBeCloseTo(bestF1.value, digits)
    }),
    { numRuns: 50 },
  )
})

describe('intervals', () => {
  const { answers, predictions, nullScores, threshold } = cases.find(
    ({ kind, plain }) => kind === 'both' && plain.total === 30,
  )!
  const result = { answers, predictions, noAnswerScores: nullScores, noAnswerThreshold: threshold }
  const names = squadMetricTable.map(({ name }) => name)

  test('hold the values, the same for the same seed', () => {
    const intervals = bootstrapSquadMetrics(result, names, { seed: 3, resamples: 200 })
    expect(Object.keys(intervals)).toEqual(names)
    const values = computeSquadMetrics(result, names)
    for (const name of names) {
      const { value, low, high } = intervals[name]
      expect(value).toBe(values[name])
      expect(low).toBeLessThan(high)
      if (name.endsWith('_thresh')) continue
      expect(low).toBeGreaterThanOrEqual(0)
      expect(high).toBeLessThanOrEqual(1)
      // A best value of a resample is never less than what the threshold of all gives there.
      if (!name.startsWith('best')) expect(value).toBeGreaterThanOrEqual(low)
      expect(value).toBeLessThanOrEqual(high)
    }
    expect(bootstrapSquadMetrics(result, names, { seed: 3, resamples: 200 })).toEqual(intervals)
  })

  test('a resample counts a question as often as it is drawn', () => {
    let drawn = new Int32Array()
    const options = { seed: 5, resamples: 1 }
    const keep = (indices: Int32Array) => {
      drawn = indices.slice()
      return 0
    }
    bootstrapInterval(answers.length, keep, options)
    expect(new Set(drawn).size).toBeLessThan(drawn.length)
    const own = {
      answers: Array.from(drawn, (i) => answers[i]),
      predictions: Array.from(drawn, (i) => predictions[i]),
      noAnswerScores: Array.from(drawn, (i) => nullScores[i]),
      noAnswerThreshold: threshold,
    }
    const intervals = bootstrapSquadMetrics(result, names, options)
    // Equal scores stop the search within the group or at its end.
    for (const [name, value] of Object.entries(computeSquadMetrics(own, names))) {
      if (!name.startsWith('best')) expect(intervals[name].low, name).toBeCloseTo(value, digits)
    }
    const distinct = nullScores.map((score, i) => score + i / 1e6)
    const best = bootstrapSquadMetrics({ ...result, noAnswerScores: distinct }, ['best_f1', 'best_exact'], options)
    const expected = squadMetrics({ ...own, noAnswerScores: Array.from(drawn, (i) => distinct[i]) })
    expect(best.best_f1.low).toBeCloseTo(expected.bestF1.value, digits)
    expect(best.best_exact.low).toBeCloseTo(expected.bestExact.value, digits)
  })
})

describe('bad input', () => {
  test('lengths that differ', () => {
    expect(() => squadMetrics({ answers: [['a'], []], predictions: ['a'] })).toThrow(
      expect.objectContaining({
        code: 'LENGTHS_DIFFER',
        message: expect.stringContaining('1 predictions and 2 scores'),
      }),
    )
    expect(() => squadMetrics({ answers: [['a']], predictions: ['a'], noAnswerScores: [1, 2] })).toThrow(
      'for 1 questions',
    )
  })

  test('no questions', () => {
    expect(() => squadMetrics({ answers: [], predictions: [] })).toThrow(
      expect.objectContaining({ code: 'NO_EXAMPLES' }),
    )
  })

  test('an unknown metric names the nearest', () => {
    expect(() => findSquadMetric('HasAns_f2')).toThrow('unknown metric "HasAns_f2"; did you mean "HasAns_f1"?')
  })
})
