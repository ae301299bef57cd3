import { DataError, ShapeError } from '../core/errors.ts'
import { exactMatch, normalizeAnswer, type SquadRules, wordF1 } from './answer-text.ts'
import { type BootstrapOptions, bootstrapInterval, type MetricInterval } from './bootstrap.ts'
import { unknownMetric } from './unknown-metric.ts'

/** What a model answered to some questions, beside the truth. */
export interface SquadResult {
  /** The true answers of each question; none where the context holds none. */
  answers: readonly (readonly string[])[]
  /**
   * What is answered; empty for "no answer". For the search of the best threshold: the best answer that is not empty, also where
   * "no answer" is preferred to it.
   */
  predictions: readonly string[]
  /** float64 [questions]: how much speaks for "no answer", e.g. the difference of scores. Default 0 for all. */
  noAnswerScores?: ArrayLike<number>
  /** Above which "no answer" is taken instead of the prediction. Default 1, as the official script of SQuAD 2.0. */
  noAnswerThreshold?: number
  /** Default `2.0`. They differ only where a text has no words left when it is normalised. */
  rules?: SquadRules
}

/** Mean scores of some questions, in [0, 1], where the official scripts give per cents. */
export interface SquadScores {
  /** Share of the questions with exactly a true answer, after normalisation. */
  exact: number
  /** Mean F1 of the words that answer and prediction share, the greatest of a question's answers. */
  f1: number
  /** Number of questions. */
  total: number
}

/** The threshold of "no answer" by which a metric would be best on these questions. */
export interface BestThreshold {
  /** The metric with this threshold, in [0, 1]. */
  value: number
  threshold: number
}

/** All metrics of answers; see {@link squadMetrics}. */
export interface SquadMetrics extends SquadScores {
  /** Of the questions that have answers, if there are any. */
  hasAnswer?: SquadScores
  /** Of those that have none. */
  noAnswer?: SquadScores
  bestExact: BestThreshold
  bestF1: BestThreshold
}

/**
 * Exact match and F1 of answers, as the official evaluation scripts of SQuAD 1.1 and 2.0 (Rajpurkar et al. 2016, 2018) and
 * `squad_evaluate` of transformers: normalisation as `normalizeAnswer`, the greatest score over the true answers.
 * @throws DataError `NO_EXAMPLES`; ShapeError `LENGTHS_DIFFER`
 */
export function squadMetrics(result: SquadResult): SquadMetrics {
  const scored = scoreQuestions(result)
  const all = Int32Array.from(scored.exact.keys())
  const having = all.filter((i) => scored.hasAnswer[i] === 1)
  const lacking = all.filter((i) => scored.hasAnswer[i] === 0)
  const scoresOf = (indices: Int32Array): SquadScores => ({
    exact: meanOf(scored.exact, indices),
    f1: meanOf(scored.f1, indices),
    total: indices.length,
  })
  return {
    ...scoresOf(all),
    ...(having.length > 0 && { hasAnswer: scoresOf(having) }),
    ...(lacking.length > 0 && { noAnswer: scoresOf(lacking) }),
    bestExact: bestThreshold(scored, scored.rawExact),
    bestF1: bestThreshold(scored, scored.rawF1),
  }
}

/** Scores of each question, float64 [questions]. */
interface ScoredQuestions {
  /** With "no answer" where the threshold says so. */
  exact: Float64Array
  f1: Float64Array
  /** Of the predictions as they are. */
  rawExact: Float64Array
  rawF1: Float64Array
  /** uint8: 1 for a question that has an answer. */
  hasAnswer: Uint8Array
  /** uint8: 1 for a prediction that is not empty. */
  isAnswered: Uint8Array
  noAnswerScores: Float64Array
  /** Questions by ascending score of "no answer". */
  order: Int32Array
}

function scoreQuestions({
  answers,
  predictions,
  noAnswerScores,
  noAnswerThreshold = 1,
  rules = '2.0',
}: SquadResult): ScoredQuestions {
  const questions = answers.length
  const scoreCount = noAnswerScores?.length ?? questions
  if (predictions.length !== questions || scoreCount !== questions) {
    throw new ShapeError(
      'LENGTHS_DIFFER',
      `there are ${predictions.length} predictions and ${scoreCount} scores of "no answer" for ${questions} questions: ` +
        'each question needs one of both',
    )
  }
  if (questions === 0) {
    throw new DataError('NO_EXAMPLES', 'there are no questions to compute metrics on: give at least one')
  }
  const greatest = (score: (answer: string, prediction: string) => number) =>
    Float64Array.from(answers, (own, i) => {
      // SQuAD 2.0's script leaves out answers of which nothing is left; without any, the empty text is right.
      const kept = rules === '2.0' ? own.filter((answer) => normalizeAnswer(answer) !== '') : own
      return Math.max(...(kept.length === 0 ? [''] : kept).map((answer) => score(answer, predictions[i])))
    })
  const rawExact = greatest(exactMatch)
  const rawF1 = greatest((answer, prediction) => wordF1(answer, prediction, rules))
  const hasAnswer = Uint8Array.from(answers, (own) => Number(own.length > 0))
  const scores = Float64Array.from(noAnswerScores ?? new Float64Array(questions))
  const withThreshold = (raw: Float64Array) =>
    raw.map((value, i) => (scores[i] > noAnswerThreshold ? 1 - hasAnswer[i] : value))
  return {
    exact: withThreshold(rawExact),
    f1: withThreshold(rawF1),
    rawExact,
    rawF1,
    hasAnswer,
    isAnswered: Uint8Array.from(predictions, (text) => Number(text !== '')),
    noAnswerScores: scores,
    order: Int32Array.from(scores.keys()).sort((a, b) => scores[a] - scores[b] || a - b),
  }
}

function meanOf(values: Float64Array, indices: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < indices.length; i++) sum += values[indices[i]]
  return sum / indices.length
}

/**
 * The threshold by which a score would be greatest, `find_best_thresh` of SQuAD 2.0's script: first all questions are answered
 * with "no answer", then one after the other with its prediction, that with least score of "no answer" first.
 * @param counts int32 [questions]: how often each question counts; default once
 */
function bestThreshold(
  { hasAnswer, isAnswered, noAnswerScores, order }: ScoredQuestions,
  raw: Float64Array,
  counts?: Int32Array,
): BestThreshold {
  let current = 0
  let total = 0
  for (let i = 0; i < hasAnswer.length; i++) {
    const count = counts ? counts[i] : 1
    total += count
    current += count * (1 - hasAnswer[i])
  }
  let best = current
  let threshold = 0
  for (const i of order) {
    const count = counts ? counts[i] : 1
    if (count === 0) continue
    current += count * (hasAnswer[i] ? raw[i] : -isAnswered[i])
    if (current <= best) continue
    best = current
    threshold = noAnswerScores[i]
  }
  return { value: best / total, threshold }
}

/** A metric of answers that is asked for by name. */
export interface SquadMetric {
  /** As in the official script's output, and as it stands in `eval_<name>`. */
  name: string
  /** What it is, in half a sentence. */
  description: string
  /** @param indices questions, some perhaps more than once */
  compute(scored: ScoredQuestions, indices: Int32Array): number
}

function family(score: 'exact' | 'f1', title: string): SquadMetric[] {
  const raw = score === 'exact' ? 'rawExact' : 'rawF1'
  const ofThose = (having: 0 | 1) => (scored: ScoredQuestions, indices: Int32Array) =>
    meanOf(
      scored[score],
      indices.filter((i) => scored.hasAnswer[i] === having),
    )
  const best = (scored: ScoredQuestions, indices: Int32Array) => {
    const counts = new Int32Array(scored.hasAnswer.length)
    for (const index of indices) counts[index]++
    return bestThreshold(scored, scored[raw], counts)
  }
  return [
    { name: score, description: title, compute: (scored, indices) => meanOf(scored[score], indices) },
    { name: `HasAns_${score}`, description: `${title}, of the questions that have one`, compute: ofThose(1) },
    {
      name: `NoAns_${score}`,
      description: `share of right "no answer", of the questions that have none`,
      compute: ofThose(0),
    },
    {
      name: `best_${score}`,
      description: `${title}, with the best threshold of "no answer" for these questions`,
      compute: (scored, indices) => best(scored, indices).value,
    },
    {
      name: `best_${score}_thresh`,
      description: 'that threshold, which is no score',
      compute: (scored, indices) => best(scored, indices).threshold,
    },
  ]
}

/** Every metric of answers, in the order in which they are listed to users. */
export const squadMetricTable: readonly SquadMetric[] = [
  ...family('f1', 'mean F1 of the words of answers'),
  ...family('exact', 'share of the questions that are answered exactly'),
]

/**
 * The metric of that name, e.g. `f1`, `exact`, `HasAns_f1`, `best_exact`.
 * @throws ConfigError `UNKNOWN_METRIC` naming the nearest known one
 */
export function findSquadMetric(name: string): SquadMetric {
  const metric = squadMetricTable.find((entry) => entry.name === name)
  if (metric) return metric
  const names = squadMetricTable.map((entry) => entry.name)
  throw unknownMetric(name, names, ' of question answering')
}

/**
 * Computes metrics by name.
 * @returns one number a name, in the order of the names; NaN where no question is of that kind
 * @throws ConfigError `UNKNOWN_METRIC`; else as `squadMetrics`
 */
export function computeSquadMetrics(result: SquadResult, names: readonly string[]): Record<string, number> {
  const metrics = names.map(findSquadMetric)
  const scored = scoreQuestions(result)
  const all = Int32Array.from(scored.exact.keys())
  return Object.fromEntries(metrics.map(({ name, compute }) => [name, compute(scored, all)]))
}

/**
 * Values and percentile bootstrap intervals of metrics by name. Questions are drawn, as if they did not depend on each other:
 * those of one paragraph may, and then the truth is wider.
 * @returns one entry a name, in the order of the names
 * @throws as `computeSquadMetrics`; ConfigError `BOOTSTRAP` for settings out of range
 */
export function bootstrapSquadMetrics(
  result: SquadResult,
  names: readonly string[],
  options: BootstrapOptions,
): Record<string, MetricInterval> {
  const metrics = names.map(findSquadMetric)
  const scored = scoreQuestions(result)
  const all = Int32Array.from(scored.exact.keys())
  return Object.fromEntries(
    metrics.map(({ name, compute }) => {
      // The seed gives every metric the same resamples.
      const interval = bootstrapInterval(all.length, (indices) => compute(scored, indices), options)
      return [name, { value: compute(scored, all), ...interval }]
    }),
  )
}

/** Metrics of any choice of questions, as a function of their indices. @throws as `computeSquadMetrics` */
export function squadScorer(result: SquadResult, names: readonly string[]): (indices: Int32Array) => Float64Array {
  const metrics = names.map(findSquadMetric)
  const scored = scoreQuestions(result)
  return (indices) => Float64Array.from(metrics, ({ compute }) => compute(scored, indices))
}
