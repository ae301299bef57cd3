/** Whether one of two systems that answered the same examples is better than chance explains. */
import { ConfigError } from '../core/errors.ts'
import { randomStream } from '../core/random.ts'
import { drawIndices, percentileInterval, readBootstrapOptions } from './bootstrap.ts'
import type { ExampleScorer } from './example-scorer.ts'

/** Settings of paired tests. */
export interface PairedTestOptions {
  /** Decides resamples and exchanges. */
  seed: number
  /** How many times the examples are drawn anew for the interval. Default 1000. */
  resamples?: number
  /** How many times answers are exchanged for the p-value. Default 5000, so that none is below 1 / 5001. */
  exchanges?: number
  /** Share of the resamples inside the interval, in (0, 1). Default 0.95. */
  level?: number
}

/** A metric of two systems. */
export interface PairedDifference {
  /** Of the first and of the second system. */
  first: number
  second: number
  /** first - second, and the interval where it probably lies. */
  difference: number
  low: number
  high: number
  /** How often a difference at least as large would come about if both were equally good; NaN without a metric. */
  p: number
  test: 'mcnemar' | 'randomization'
}

/** Metrics that are the share of right answers where each answer is right or wrong. */
const shares = ['accuracy', 'exact']

/** Differences smaller than that are rounding: scores are at most some thousands. */
const rounding = 1e-12

/**
 * Compares two systems by each metric: the difference with its percentile interval from a paired bootstrap (the same examples are
 * drawn for both), and a two-sided p-value. That is McNemar's exact test for the share of right answers, and for all others
 * approximate randomization, which exchanges the two answers to an example at random.
 *
 * Sources: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13; Noreen, "Computer-Intensive Methods for
 * Testing Hypotheses", 1989; Yeh, "More accurate tests for the statistical significance of result differences", 2000.
 *
 * ```ts
 * const scorer = textClassification.scorer([first, second], ['accuracy', 'f1'])
 * const { f1 } = pairedTests(scorer, { seed: 42 })
 * ```
 * @param scorer of two systems
 * @throws DataError `NO_EXAMPLES`; ConfigError `BOOTSTRAP` for settings out of range
 */
export function pairedTests(scorer: ExampleScorer, options: PairedTestOptions): Record<string, PairedDifference> {
  const { names, examples } = scorer
  const all = Int32Array.from({ length: examples }, (_, i) => i)
  const [first, second] = [scorer.score(all), scorer.score(secondOf(all, examples))]
  const intervals = differenceIntervals(scorer, options)
  const randomized = randomizationTest(scorer, options)
  const rows = names.map((name, m): [string, PairedDifference] => {
    const counts = shares.includes(name) ? rightAnswers(scorer, m, [first[m], second[m]]) : undefined
    const row = { first: first[m], second: second[m], difference: first[m] - second[m], ...intervals[m] }
    if (counts) return [name, { ...row, p: mcnemarTest(...counts), test: 'mcnemar' }]
    return [name, { ...row, p: randomized[m], test: 'randomization' }]
  })
  return Object.fromEntries(rows)
}

/**
 * McNemar's exact test: the two-sided p-value of a fair coin for the examples that only one of two systems got right.
 *
 * Source: McNemar, "Note on the sampling error of the difference between correlated proportions or percentages", 1947.
 * @param onlyFirst examples that only the first got right
 * @param onlySecond examples that only the second got right
 * @returns in (0, 1]
 */
export function mcnemarTest(onlyFirst: number, onlySecond: number): number {
  const flips = onlyFirst + onlySecond
  let logTerm = -flips * Math.LN2 // log of C(n, 0) / 2^n
  let tail = 0
  for (let k = 0; k <= Math.min(onlyFirst, onlySecond); k++) {
    tail += Math.exp(logTerm)
    logTerm += Math.log(flips - k) - Math.log(k + 1)
  }
  return Math.min(1, 2 * tail)
}

/** How many examples only one of two systems got right; nothing if answers are not simply right or wrong. */
function rightAnswers(
  { examples, score }: ExampleScorer,
  metric: number,
  totals: readonly [number, number],
): [onlyFirst: number, onlySecond: number] | undefined {
  const one = Int32Array.of(0)
  const values = Float64Array.from({ length: 2 * examples }, (_, answer) => {
    one[0] = answer
    return score(one)[metric]
  })
  if (values.some((value) => value !== 0 && value !== 1)) return undefined
  const counts: [number, number] = [0, 0]
  const right = [0, 0]
  for (let i = 0; i < examples; i++) {
    const [a, b] = [values[i], values[examples + i]]
    right[0] += a
    right[1] += b
    if (a > b) counts[0]++
    if (b > a) counts[1]++
  }
  // A sentence of one word is right or wrong, but accuracy is a share of words.
  return right.every((count, s) => Math.abs(count / examples - totals[s]) < rounding) ? counts : undefined
}

function differenceIntervals({ names, examples, score }: ExampleScorer, options: PairedTestOptions) {
  const { level, resamples, random } = readBootstrapOptions(examples, options)
  const differences = names.map(() => new Float64Array(resamples))
  const drawn = new Int32Array(examples)
  for (let r = 0; r < resamples; r++) {
    drawIndices(random, drawn)
    const [first, second] = [score(drawn), score(secondOf(drawn, examples))]
    for (let m = 0; m < names.length; m++) differences[m][r] = first[m] - second[m]
  }
  return differences.map((values) => percentileInterval(values, level))
}

/**
 * Two-sided p-values by metric. Where there are fewer ways to exchange answers than exchanges, each is taken once and p is exact;
 * else the unexchanged answers count as one more (Phipson and Smyth, "Permutation p-values should never be zero", 2010).
 */
function randomizationTest({ names, examples, score }: ExampleScorer, { seed, exchanges = 5000 }: PairedTestOptions) {
  if (!Number.isInteger(exchanges) || exchanges < 1) {
    throw new ConfigError('BOOTSTRAP', `exchanges must be a whole number of at least 1, not ${exchanges}`)
  }
  const isExact = 2 ** examples <= exchanges
  const random = randomStream(seed, 'randomization')
  const own = new Int32Array(examples)
  const differenceOf = (isExchanged: (i: number) => boolean) => {
    for (let i = 0; i < examples; i++) own[i] = isExchanged(i) ? examples + i : i
    const first = score(own)
    const second = score(secondOf(own, examples))
    return first.map((value, m) => value - second[m])
  }
  const observed = differenceOf(() => false)
  const reached = new Int32Array(names.length)
  const rounds = isExact ? 2 ** examples : exchanges
  for (let r = 0; r < rounds; r++) {
    let bits = 0
    const drawn = (i: number) => {
      if (i % 32 === 0) bits = random.uint32()
      return ((bits >>> (i % 32)) & 1) === 1
    }
    const differences = differenceOf(isExact ? (i) => ((r >>> i) & 1) === 1 : drawn)
    for (let m = 0; m < names.length; m++) {
      if (Math.abs(differences[m]) >= Math.abs(observed[m]) - rounding) reached[m]++
    }
  }
  return Float64Array.from(reached, (count, m) => {
    if (Number.isNaN(observed[m])) return Number.NaN
    return isExact ? count / rounds : (count + 1) / (rounds + 1)
  })
}

/** The other system's answers to the same examples. */
const secondOf = (answers: Int32Array, examples: number): Int32Array =>
  answers.map((answer) => (answer < examples ? answer + examples : answer - examples))
