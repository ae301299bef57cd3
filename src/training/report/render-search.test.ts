import { describe, expect, test } from 'vitest'
import type { SearchRecord } from '../search/search-record.ts'
import { renderSearch } from './render-search.ts'
import { sampleSearch } from './search-record.samples.ts'

const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
const description = { title: 'Spam: out', task: 'text-classification', modelName: 'bert', trainExamples: 6920 }

describe('the page of a search', () => {
  const record = sampleSearch()
  const page = renderSearch(record, description)
  const best = record.results[record.best! - 1]

  test('ranks the trials with their intervals', () => {
    const { value, low, high } = best.metrics.accuracy
    expect(page).toContain(`<p class="value">${value.toFixed(3)}</p>`)
    expect(page).toContain(`${low.toFixed(3)} – ${high.toFixed(3)}`)
    const numbers = [...page.matchAll(/<tr[^>]*><td class="number">(\d+)<\/td><th scope="row" class="number">(\d+)/g)]
    expect(numbers.map(([, rank]) => Number(rank))).toEqual(Array.from({ length: 28 }, (_, i) => i + 1))
    expect(Number(numbers[0][2])).toBe(best.number)
    expect(page.match(/<tr class="own">/g)).toHaveLength(1)
  })

  test('draws a point for each trial with a value and each varied setting, on axes that fit', () => {
    const charts = page.split('<figure').slice(1)
    expect(charts).toHaveLength(5)
    for (const chart of charts.slice(0, 4)) expect(chart.match(/<circle/g)).toHaveLength(28)
    for (const label of ['1e-5', '1e-4', '0.001', '0.01']) expect(charts[0]).toContain(`>${label}</text>`)
    for (const label of ['8', '16', '32']) expect(charts[1]).toContain(`text-anchor="middle">${label}</text>`)
    expect(charts[4].match(/<path class="curve trial/g)).toHaveLength(28)
    expect(charts[4]).toContain('Rungs at 1, 3, 9 epochs')
    for (const [, place] of page.matchAll(/c[xy]="([^"]*)"/g)) expect(place).toMatch(/^\d+(\.\d+)?%?$/)
  })

  test('says which trials failed, and why', () => {
    expect(page).toContain('DIVERGED: Loss or gradients have been no finite numbers')
    expect(page).toContain('accuracy was not a finite number')
    expect(page).toContain('5 to the end, 24 stopped early, 1 failed')
  })

  test('is small and loads nothing', () => {
    expect(page.length).toBeLessThan(150_000)
    expect(page.match(/url\(|@import|<script|<img| src=/)).toBeNull()
  })
})

test('a hostile text stays text', () => {
  const { space, ...rest } = sampleSearch(5)
  const [first, ...others] = rest.results
  const record = {
    ...rest,
    space: { ...space, lrScheduler: [hostile, 'linear'] },
    settings: { [hostile]: hostile },
    results: [{ ...first, status: 'failed', error: { code: 'X', message: hostile } }, ...others],
  } as unknown as SearchRecord
  const page = renderSearch(record, { title: hostile, task: hostile, modelName: hostile })
  expect(page).not.toMatch(/<script|<img/)
})

test.each([0, 1, 2])('a search of %i trials has a page', (trials) => {
  const record = { ...sampleSearch(3), results: sampleSearch(3).results.slice(0, trials), best: trials > 0 ? 1 : null }
  const page = renderSearch(record, { title: '', task: '' })
  expect(page).not.toMatch(/NaN|undefined|Infinity/)
})
