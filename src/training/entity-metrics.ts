import { DataError, ShapeError } from '../core/errors.ts'
import { type EntitySpan, readEntities, type TagScheme } from '../data/token-classification/index.ts'
import { type BootstrapOptions, bootstrapInterval, type MetricInterval } from './bootstrap.ts'
import {
  type ClassScores,
  type ClassTotals,
  emptyTotals,
  macroScores,
  microScores,
  type Scores,
  scoresOf,
  weightedScores,
} from './metrics.ts'
import { unknownMetric } from './unknown-metric.ts'

/** What a tagger said about some sentences, beside the truth. */
export interface TaggingResult {
  /** The true tags of each sentence. */
  tags: readonly (readonly string[])[]
  /** The predicted ones, as many in each sentence. */
  predictions: readonly (readonly string[])[]
  /** Counts only entities that this scheme allows, as seqeval's `mode='strict'`. Default: all, as conlleval does. */
  scheme?: TagScheme
  /** False: tags mark no entities, so that words alone are judged. Default true. */
  entities?: boolean
}

/** The scores of one type of entities. */
export interface EntityScores extends ClassScores {
  /** E.g. `person`. */
  type: string
}

/** All metrics of a tagger; see {@link entityMetrics}. */
export interface EntityMetrics {
  sentences: number
  words: number
  /** Share of the words whose tag is right. */
  accuracy: number
  /** Of all entities together, which is what papers call F1. */
  micro: Scores
  /** Plain mean over the types that occur among the true or the predicted entities. */
  macro: Scores
  /** Mean over the types, weighted by how many true entities each has. */
  weighted: Scores
  /** By type, sorted by name. */
  perType: EntityScores[]
}

/** A metric of a tagger that is asked for by name. All of them are better when greater. */
export interface EntityMetric {
  /** As users write it and as it stands in `eval_<name>`. */
  name: string
  /** What it is, in half a sentence. */
  description: string
  /** Whether it is of entities, which tags such as parts of speech have not. */
  ofEntities: boolean
  compute(totals: TaggingTotals): number
}

/** Counts of entities by type, and of words, which add up over sentences. */
interface TaggingTotals {
  entities: ClassTotals
  words: number
  correctWords: number
}

const scoreNames: Record<keyof Scores, string> = { precision: 'precision', recall: 'recall', f1: 'F1' }

function family(score: keyof Scores): EntityMetric[] {
  const title = scoreNames[score]
  const of = (suffix: string, description: string, scores: (totals: ClassTotals) => Scores): EntityMetric => ({
    name: `${score}${suffix}`,
    description,
    ofEntities: true,
    compute: ({ entities }) => scores(entities)[score],
  })
  return [
    of('', `${title} of whole entities, all types together`, microScores),
    of('_macro', `mean ${title} over the types of entities, each counting the same`, macroScores),
    of('_weighted', `mean ${title} over the types, weighted by their number of entities`, weightedScores),
  ]
}

/** Every metric of taggers, in the order in which they are listed to users. */
export const entityMetricTable: readonly EntityMetric[] = [
  ...family('f1'),
  ...family('precision'),
  ...family('recall'),
  {
    name: 'accuracy',
    description: 'share of the words whose tag is right',
    ofEntities: false,
    compute: ({ words, correctWords }) => (words === 0 ? 0 : correctWords / words),
  },
]

/**
 * The metric of that name, e.g. `f1`, `recall_macro`, `accuracy`.
 * @throws ConfigError `UNKNOWN_METRIC` naming the nearest known one
 */
export function findEntityMetric(name: string): EntityMetric {
  const metric = entityMetricTable.find((entry) => entry.name === name)
  if (metric) return metric
  const names = entityMetricTable.map((entry) => entry.name)
  throw unknownMetric(name, names, ' of token classification')
}

/**
 * Precision, recall and F1 of whole entities, and the share of right words. An entity is right if a predicted one has its type,
 * its first and its last word. Values are those of seqeval's `classification_report` with `zero_division=0`, and so of
 * conlleval; averages without any entity are 0.
 * @throws DataError `TAG` or `TAG_SCHEME` for tags that mark no entities, `NO_EXAMPLES`; ShapeError `LENGTHS_DIFFER`
 */
export function entityMetrics(result: TaggingResult): EntityMetrics {
  const counts = countSentences(result)
  const { entities, words, correctWords } = sumOf(counts)
  return {
    sentences: counts.sentences.length,
    words,
    accuracy: words === 0 ? 0 : correctWords / words,
    micro: microScores(entities),
    macro: macroScores(entities),
    weighted: weightedScores(entities),
    perType: counts.types.map((type, i) => ({ type, ...scoresOf(entities, i), support: entities.actual[i] })),
  }
}

/**
 * Computes metrics by name.
 * @returns one number a name, in the order of the names; those of entities are NaN with `entities: false`
 * @throws ConfigError `UNKNOWN_METRIC`; else as `entityMetrics`
 */
export function computeEntityMetrics(result: TaggingResult, names: readonly string[]): Record<string, number> {
  const metrics = names.map(findEntityMetric)
  const totals = sumOf(countSentences(result))
  return Object.fromEntries(metrics.map((metric) => [metric.name, measure(metric, totals, result)]))
}

/**
 * Values and percentile bootstrap intervals of metrics by name. Whole sentences are drawn, since the words of one depend on each
 * other.
 * @returns one entry a name, in the order of the names
 * @throws as `computeEntityMetrics`; ConfigError `BOOTSTRAP` for settings out of range
 */
export function bootstrapEntityMetrics(
  result: TaggingResult,
  names: readonly string[],
  options: BootstrapOptions,
): Record<string, MetricInterval> {
  const metrics = names.map(findEntityMetric)
  const counts = countSentences(result)
  const totals = sumOf(counts)
  const drawn = emptyCounts(counts.types.length)
  return Object.fromEntries(
    metrics.map((metric) => {
      // The seed gives every metric the same resamples.
      const statistic = (indices: Int32Array) => measure(metric, addUp(counts.sentences, indices, drawn), result)
      const interval = bootstrapInterval(counts.sentences.length, statistic, options)
      return [metric.name, { value: measure(metric, totals, result), ...interval }]
    }),
  )
}

/** Metrics of any choice of sentences, as a function of their indices. @throws as `computeEntityMetrics` */
export function entityScorer(result: TaggingResult, names: readonly string[]): (indices: Int32Array) => Float64Array {
  const metrics = names.map(findEntityMetric)
  const { sentences, types } = countSentences(result)
  const totals = emptyCounts(types.length)
  return (indices) => {
    addUp(sentences, indices, totals)
    return Float64Array.from(metrics, (metric) => measure(metric, totals, result))
  }
}

function measure(metric: EntityMetric, totals: TaggingTotals, { entities = true }: TaggingResult): number {
  return metric.ofEntities && !entities ? Number.NaN : metric.compute(totals)
}

/** What one sentence adds to the totals. */
interface SentenceCounts {
  words: number
  correctWords: number
  /** int32: `type * 3 + what` of each entity, where `what` is ACTUAL, PREDICTED or CORRECT; few, since most words are in none */
  events: Int32Array
}

interface TaggingCounts {
  /** Sorted names. */
  types: string[]
  sentences: SentenceCounts[]
}

const ACTUAL = 0
const PREDICTED = 1
const CORRECT = 2

function countSentences({ tags, predictions, scheme, entities = true }: TaggingResult): TaggingCounts {
  if (tags.length !== predictions.length) {
    throw new ShapeError(
      'LENGTHS_DIFFER',
      `there are predictions of ${predictions.length} sentences for ${tags.length}.`,
    )
  }
  if (tags.length === 0) {
    throw new DataError('NO_EXAMPLES', 'there are no sentences to compute metrics on: give at least one')
  }
  const typeIds = new Map<string, number>()
  const found = tags.map((own, s) => {
    const predicted = predictions[s]
    if (own.length !== predicted.length) {
      throw new ShapeError(
        'LENGTHS_DIFFER',
        `sentence ${s} has ${own.length} tags but ${predicted.length} predictions: each word needs one of both`,
      )
    }
    const correctWords = own.reduce((count, tag, word) => count + Number(tag === predicted[word]), 0)
    const events: [type: string, what: number][] = []
    if (entities) {
      const actual = readEntities(own, scheme)
      const known = new Set(actual.map(nameOf))
      for (const { type } of actual) events.push([type, ACTUAL])
      for (const entity of readEntities(predicted, scheme)) {
        events.push([entity.type, PREDICTED])
        if (known.has(nameOf(entity))) events.push([entity.type, CORRECT])
      }
    }
    for (const [type] of events) typeIds.set(type, 0)
    return { words: own.length, correctWords, events }
  })
  const types = [...typeIds.keys()].sort()
  types.forEach((type, i) => {
    typeIds.set(type, i)
  })
  const sentences = found.map(({ events, ...counts }) => ({
    ...counts,
    events: Int32Array.from(events, ([type, what]) => typeIds.get(type)! * 3 + what),
  }))
  return { types, sentences }
}

const nameOf = ({ type, start, end }: EntitySpan) => `${start} ${end} ${type}`

function emptyCounts(types: number): TaggingTotals {
  return { entities: emptyTotals(types), words: 0, correctWords: 0 }
}

function sumOf({ types, sentences }: TaggingCounts): TaggingTotals {
  return addUp(sentences, Int32Array.from(sentences.keys()), emptyCounts(types.length))
}

/** The sum over some sentences, in `out`, which is emptied first. */
function addUp(sentences: readonly SentenceCounts[], indices: Int32Array, out: TaggingTotals): TaggingTotals {
  const { actual, predicted, correct } = out.entities
  const fields = [actual, predicted, correct]
  for (const field of fields) field.fill(0)
  out.words = 0
  out.correctWords = 0
  for (const index of indices) {
    const { words, correctWords, events } = sentences[index]
    out.words += words
    out.correctWords += correctWords
    for (const event of events) fields[event % 3][Math.floor(event / 3)]++
  }
  return out
}
