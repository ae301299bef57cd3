import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../core/errors.ts'
import { checkSpace, type SearchSpace } from './space.ts'
import { suggestTrials } from './suggest.ts'

const space: SearchSpace = {
  learningRate: { low: 1e-5, high: 1e-3, log: true },
  batchSize: [8, 16, 32],
  epochs: { low: 2, high: 5 },
  weightDecay: { low: 0, high: 0.1 },
  evalBatchSize: { low: 4, high: 64, log: true },
}

/** Largest distance between the shares of sorted numbers in [0, 1] and those of a uniform distribution (Kolmogorov-Smirnov). */
const distance = (shares: number[]) =>
  Math.max(...shares.sort((a, b) => a - b).map((share, i) => Math.abs(share - (i + 0.5) / shares.length)))

describe('random settings', () => {
  const count = 4000
  const trials = suggestTrials('random', space, { seed: 1, count })
  const values = (name: keyof SearchSpace) => trials.map((settings) => settings[name] as number)
  /** Beyond this the distribution is another one, with a probability of 1e-4 of being wrong (1.95 / sqrt(n) is 1e-3). */
  const critical = 2.3 / Math.sqrt(count)

  test('a logarithmic range is uniform by the logarithm', () => {
    const rates = values('learningRate')
    expect(distance(rates.map((rate) => (Math.log10(rate) + 5) / 2))).toBeLessThan(critical)
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(1e-5)
    expect(Math.max(...rates)).toBeLessThanOrEqual(1e-3)
    expect(rates.every((rate) => Number(rate.toPrecision(4)) === rate)).toBe(true)
  })

  test('a range is uniform', () => {
    expect(distance(values('weightDecay').map((decay) => decay / 0.1))).toBeLessThan(critical)
  })

  test.each([
    ['batchSize', [8, 16, 32]],
    ['epochs', [2, 3, 4, 5]],
  ] as const)('each value of %s is as likely', (name, among) => {
    const share = 1 / among.length
    const error = Math.sqrt((share * (1 - share)) / count)
    expect([...new Set(values(name))].sort((a, b) => a - b)).toEqual(among)
    for (const value of among) {
      const found = values(name).filter((each) => each === value).length / count
      expect(Math.abs(found - share)).toBeLessThan(4 * error)
    }
  })

  test('whole numbers of a logarithmic range, both ends included', () => {
    const sizes = values('evalBatchSize')
    expect([Math.min(...sizes), Math.max(...sizes), sizes.every(Number.isInteger)]).toEqual([4, 64, true])
    // P(4) = log(4.5 / 3.5) / log(64.5 / 3.5)
    const share = Math.log(4.5 / 3.5) / Math.log(64.5 / 3.5)
    const error = Math.sqrt((share * (1 - share)) / count)
    expect(Math.abs(sizes.filter((size) => size === 4).length / count - share)).toBeLessThan(4 * error)
  })

  test('arguments are independent of one another', () => {
    const [a, b] = [values('weightDecay'), values('learningRate').map(Math.log)].map((numbers) => {
      const mean = numbers.reduce((x, y) => x + y) / count
      const spread = Math.sqrt(numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count)
      return numbers.map((x) => (x - mean) / spread)
    })
    expect(Math.abs(a.reduce((sum, x, i) => sum + x * b[i], 0) / count)).toBeLessThan(4 / Math.sqrt(count))
  })
})

describe('the same seed', () => {
  test('gives the same settings, and a longer search begins as a shorter one', () => {
    const long = suggestTrials('random', space, { seed: 3, count: 20 })
    expect(suggestTrials('asha', space, { seed: 3, count: 7 })).toEqual(long.slice(0, 7))
    expect(suggestTrials('random', space, { seed: 4, count: 20 })).not.toEqual(long)
  })

  test('gives an argument the same values whatever else is varied', () => {
    const rates = ({ learningRate }: { learningRate?: number }) => learningRate
    const { learningRate } = space
    expect(suggestTrials('random', { learningRate }, { seed: 3, count: 5 }).map(rates)).toEqual(
      suggestTrials('random', space, { seed: 3, count: 5 }).map(rates),
    )
  })
})

test('a grid has every combination once, the last argument first', () => {
  const grid = suggestTrials('grid', { batchSize: [8, 16], learningRate: [1e-4, 3e-5] }, { seed: 1 })
  expect(grid).toEqual([
    { batchSize: 8, learningRate: 1e-4 },
    { batchSize: 8, learningRate: 3e-5 },
    { batchSize: 16, learningRate: 1e-4 },
    { batchSize: 16, learningRate: 3e-5 },
  ])
})

test('combinations are not tried twice, nor more than there are', () => {
  const few: SearchSpace = { batchSize: [8, 16, 32], epochs: { low: 1, high: 4 } }
  const trials = suggestTrials('random', few, { seed: 1, count: 12 })
  expect(new Set(trials.map((settings) => JSON.stringify(settings))).size).toBe(12)
  expect(() => suggestTrials('random', few, { seed: 1, count: 13 })).toThrow(/12 combinations.*fewer than 13 trials/)
})

describe('spaces that cannot be', () => {
  const cases: [string, object, RegExp][] = [
    ['nothing', {}, /something to vary/],
    [
      'an unknown argument',
      { learningrate: [1] },
      /unknown training argument "learningrate".*did you mean "learningRate"/,
    ],
    ['no values', { batchSize: [] }, /batchSize has no value/],
    ['a value twice', { batchSize: [8, 16, 8] }, /batchSize has the value 8 twice/],
    ['a range that falls', { weightDecay: { low: 1, high: 0 } }, /from a number to a greater one, not from 1 to 0/],
    ['a logarithm of 0', { learningRate: { low: 0, high: 1, log: true } }, /begins above 0, not at 0/],
    ['parts of a batch', { batchSize: { low: 1.5, high: 8 } }, /batchSize is a whole number/],
    ['a range of names', { optimizer: { low: 1, high: 2 } }, /optimizer is no number/],
    ['an unknown key', { learningRate: { low: 1, high: 2, logg: true } }, /unknown key "logg"; did you mean "log"/],
    ['the objective', { metricForBestModel: ['f1', 'accuracy'] }, /the same for all trials/],
  ]
  test.each(cases)('%s', (_, bad, message) => {
    expect(() => checkSpace(bad as SearchSpace, 'random')).toThrow(message)
    expect(() => checkSpace(bad as SearchSpace, 'random')).toThrow(ConfigError)
  })

  test('a grid of a range, with what to write in its place', () => {
    expect(() => checkSpace({ learningRate: { low: 1e-5, high: 1e-3, log: true } }, 'grid')).toThrow(
      /a grid needs values.*--space learning-rate=0.00001,0.0001,0.001/,
    )
  })

  test('the length of a training with asha', () => {
    expect(() => checkSpace({ epochs: [1, 2] }, 'asha')).toThrow(/asha decides how long/)
  })

  test('an unknown method', () => {
    expect(() => checkSpace(space, 'asah' as 'asha')).toThrow(/unknown search method "asah"; did you mean "asha"/)
  })
})
