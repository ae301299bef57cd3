import { ShapeError } from '../core/errors.ts'
import {
  type BootstrapOptions,
  drawIndices,
  type MetricInterval,
  percentileInterval,
  readBootstrapOptions,
} from './bootstrap.ts'

/**
 * Metrics of any choice of answers. Several systems may have answered the same examples: answer `system * examples + example` is
 * that of one system to one example, so that resamples and exchanged answers are lists of numbers.
 */
export interface ExampleScorer {
  /** What is measured; `loss`, the mean loss, comes last. */
  names: readonly string[]
  /** How many examples each system answered. */
  examples: number
  /**
   * @param answers int32 [any], some perhaps more than once
   * @returns float64 [names]
   */
  score(answers: Int32Array): Float64Array
}

/** What answers lost: float64 [answers]. The mean loss of some is the sum of theirs over the sum of their weights. */
export interface AnswerLosses {
  sums: ArrayLike<number>
  /** Default 1 each. */
  weights?: ArrayLike<number>
}

/**
 * A scorer of metrics and of the loss.
 * @param counts answers of each system
 * @param score the metrics, of answers
 * @throws ShapeError `EXAMPLES_DIFFER` if systems did not answer equally many examples
 */
export function exampleScorer(
  counts: readonly number[],
  names: readonly string[],
  score: (answers: Int32Array) => Float64Array,
  { sums, weights }: AnswerLosses,
): ExampleScorer {
  const [examples] = counts
  const other = counts.find((count) => count !== examples)
  if (other !== undefined) {
    throw new ShapeError(
      'EXAMPLES_DIFFER',
      `one system answered ${examples} examples and another ${other}: both must answer the same`,
    )
  }
  return {
    names: [...names, 'loss'],
    examples,
    score(answers) {
      let [sum, weight] = [0, 0]
      for (const answer of answers) {
        sum += sums[answer]
        weight += weights ? weights[answer] : 1
      }
      return Float64Array.of(...score(answers), sum / weight)
    },
  }
}

/** Scores of some answers, by name. */
export function scoresByName({ names, score }: ExampleScorer, answers: Int32Array): Record<string, number> {
  const values = score(answers)
  return Object.fromEntries(names.map((name, m) => [name, values[m]]))
}

/**
 * Values of metrics on some examples, with percentile bootstrap intervals over these examples alone.
 * @param examples int32 [n], of the first system
 * @throws as `bootstrapInterval`
 */
export function bootstrapScores(
  { names, score }: ExampleScorer,
  examples: Int32Array,
  options: BootstrapOptions,
): Record<string, MetricInterval> {
  const { level, resamples, random } = readBootstrapOptions(examples.length, options)
  const values = score(examples)
  const resampled = names.map(() => new Float64Array(resamples))
  const drawn = new Int32Array(examples.length)
  for (let r = 0; r < resamples; r++) {
    drawIndices(random, drawn)
    const scores = score(drawn.map((index) => examples[index]))
    for (let m = 0; m < names.length; m++) resampled[m][r] = scores[m]
  }
  return Object.fromEntries(
    names.map((name, m) => [name, { value: values[m], ...percentileInterval(resampled[m], level) }]),
  )
}
