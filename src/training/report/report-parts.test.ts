import { describe, expect, test } from 'vitest'
import { linearAxis, logAxis } from './axis.ts'
import { formatCompact, formatDuration, formatPercent, formatValue } from './format.ts'
import { escapeHtml, html, truncate } from './html.ts'
import { downsample, seriesOf, smooth } from './series.ts'

describe('axes', () => {
  const labels = (axis: { ticks: { label: string }[] }) => axis.ticks.map((tick) => tick.label).join(' ')

  test.each([
    [0, 0.93, '0 0.2 0.4 0.6 0.8 1.0'],
    [0.71, 0.914, '0.70 0.75 0.80 0.85 0.90 0.95'],
    [0, 5e-5, '0 1e-5 2e-5 3e-5 4e-5 5e-5'],
    [0, 23, '0 5 10 15 20 25'],
    [-0.3, 0.4, '-0.4 -0.2 0 0.2 0.4'],
    [0, 187_000, '0 50k 100k 150k 200k'],
    [0, 3.2e6, '0 1M 2M 3M 4M'],
  ])('values from %d to %d', (low, high, expected) => {
    expect(labels(linearAxis(low, high))).toBe(expected)
  })

  test('a time axis ends with the data', () => {
    const axis = linearAxis(0, 492, { extend: false, integers: true })
    expect(labels(axis)).toBe('0 100 200 300 400')
    expect(axis.position(492)).toBe(1)
    expect(labels(linearAxis(0, 1, { extend: false, integers: true }))).toBe('0 1')
  })

  test('a single value gets room, but not beyond the bounds', () => {
    const axis = linearAxis(1, 1, { floor: 0, ceiling: 1 })
    expect(axis.min).toBeLessThan(1)
    expect(axis.max).toBe(1)
    const zero = linearAxis(0, 0, { floor: 0 })
    expect(zero.min).toBe(0)
    expect(Number.isFinite(zero.position(0))).toBe(true)
  })

  test('powers of ten', () => {
    expect(labels(logAxis(0.02, 800))).toBe('0.01 0.1 1 10 100 1000')
    expect(labels(logAxis(1e-12, 1e12))).toBe('1e-12 1e-7 0.01 1000 1e8')
    expect(logAxis(1, 100).position(10)).toBeCloseTo(0.5, 12)
    expect(logAxis(10, 10).max).toBe(100)
  })
})

test('numbers', () => {
  expect([0, 0.8424, 12.345, 123.45, 12_345, 1e-5, 3e7, Number.NaN, -0.5].map(formatValue)).toEqual([
    '0.000',
    '0.842',
    '12.35',
    '123.5',
    '12,345',
    '1e-5',
    '3e7',
    '–',
    '-0.500',
  ])
  expect([0, 987, 12_345, 4_386_178, 110_104_890, 999_999].map(formatCompact)).toEqual([
    '0',
    '987',
    '12.3 k',
    '4.39 M',
    '110 M',
    '1 M',
  ])
  expect([0.4, 42.13, 59.97, 252, 3600, 11_100, 187_200].map(formatDuration)).toEqual([
    '400 ms',
    '42.1 s',
    '1 min 0 s',
    '4 min 12 s',
    '1 h 0 min',
    '3 h 5 min',
    '2 d 4 h',
  ])
  expect([0, 0.0001, 0.5, 1].map((share) => formatPercent(share))).toEqual(['0.0 %', '<0.1 %', '50.0 %', '100 %'])
})

describe('texts', () => {
  test('templates escape all but templates', () => {
    const inner = html`<b>${'<'}</b>`
    expect(html`<p title="${'"'}">${[inner, '&', 3, null, undefined, false]}</p>`.markup).toBe(
      '<p title="&quot;"><b>&lt;</b>&amp;3</p>',
    )
  })

  test('characters that a page must not hold', () => {
    expect(escapeHtml('a\u0000b\u001b[31m\ud800c\u202etxt\nd\te\u{1f600}')).toBe('a�b�[31m�c�txt\nd\te\u{1f600}')
  })

  test('cuts at spaces and never within a character', () => {
    expect(truncate('short', 10)).toBe('short')
    expect(truncate('one two three four five', 16)).toBe('one two three…')
    expect(truncate('\u{1f600}'.repeat(10), 8)).toBe(`${'\u{1f600}'.repeat(3)}…`)
  })
})

describe('series', () => {
  const points = [4, 2, Number.NaN, 6].map((value, i) => ({ step: i + 1, value }))

  test('null and texts become missing values; rows without the key are passed over', () => {
    const rows = [{ step: 1, loss: null }, { step: 2, loss: 'NaN' }, { step: 3 }, { step: 4, loss: 0.5, epoch: 1 }]
    expect(seriesOf(rows, 'loss')).toEqual([
      { step: 1, value: Number.NaN },
      { step: 2, value: Number.NaN },
      { step: 4, epoch: 1, value: 0.5 },
    ])
  })

  test('smoothing is a weighted mean of the past', () => {
    // Weights 1, 1/2, 1/4 from the newest backwards, over the finite values.
    expect(smooth(points, 0.5).map((point) => point.value)).toEqual([
      4,
      expect.closeTo((2 + 4 / 2) / 1.5, 12),
      Number.NaN,
      expect.closeTo((6 + 2 / 2 + 4 / 4) / 1.75, 12),
    ])
    expect(smooth(points, 0).map((point) => point.value)).toEqual([4, 2, Number.NaN, 6])
  })

  test('buckets keep extremes and ends', () => {
    expect(downsample(points, 2)).toEqual([
      { step: 2, last: 2, low: 2, high: 4 },
      { step: 4, last: 6, low: 6, high: 6 },
    ])
    expect(downsample(points, 100).length).toBe(4)
    expect(downsample([], 5)).toEqual([])
  })
})
