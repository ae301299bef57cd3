import { ConfigError } from '../../core/errors.ts'
import { collateMaskedLm, IGNORED_LABEL } from '../../data/collator.ts'
import {
  areEntityTags,
  type EncodeTokensOptions,
  type EntitySpan,
  encodeTokens,
  readEntities,
  type ScoredEntity,
  scoreEntities,
  type TokenExample,
  type TokenItem,
  tagIds,
} from '../../data/token-classification/index.ts'
import { bootstrapInterval } from '../bootstrap.ts'
import {
  bootstrapEntityMetrics,
  computeEntityMetrics,
  entityMetrics,
  entityScorer,
  findEntityMetric,
  type TaggingResult,
} from '../entity-metrics.ts'
import { exampleScorer } from '../example-scorer.ts'
import { type ClassScores, classificationMetrics } from '../metrics.ts'
import type { TextMark, WrongExample } from '../run-record.ts'
import { defineTask, type FinetuneTask } from './finetune-task.ts'
import { predictTokens, type TaggedSentence, type TagOptions, type TokenPredictions } from './predict-tokens.ts'

/** How sentences are encoded and tagged. */
export interface TokenClassificationOptions extends TagOptions, Omit<EncodeTokensOptions, 'maxLength'> {}

/** Wrong sentences that the report shows at most. */
const mostWrong = 24

/** Token classification as fine-tuning and evaluation see it. */
export type TokenClassificationTask = FinetuneTask<TokenExample, TokenItem, TokenPredictions>

/**
 * A tag for each word of a sentence: cross-entropy of the words' first pieces; precision, recall and F1 of whole entities.
 * Of tags that mark no entities, such as parts of speech, only `accuracy` is a number.
 */
export function tokenClassificationTask({
  scheme,
  aggregation,
  ...encoding
}: TokenClassificationOptions = {}): TokenClassificationTask {
  return defineTask<TokenExample, TokenItem, TokenPredictions>({
    name: 'token-classification',
    title: 'Token classification',
    metricNames: ['f1', 'precision', 'recall', 'f1_macro', 'accuracy'],
    settings: { scheme, aggregation },
    findMetric: (name) => findEntityMetric(name).name,
    check({ config: { labels } }, examples) {
      const ids = new Map(labels.map((label, id) => [label, id]))
      for (const example of examples) tagIds(example, labels, ids, examples)
    },
    encode(examples, { model, tokenizer, maxLength }) {
      return encodeTokens(examples, tokenizer, { ...encoding, maxLength, labels: model.config.labels })
    },
    targets: ({ labels }) => labels,
    classIds: ({ labels }) => labels.filter((label) => label !== IGNORED_LABEL),
    length: ({ ids }) => ids.length,
    collate: (items) => collateMaskedLm(items),
    predict: (model, items, options) => predictTokens(model, items, { ...options, scheme, aggregation }),
    metrics: (predictions, names) => computeEntityMetrics(taggingResult(predictions), names),
    intervals(predictions, names, seed) {
      const { sentences, loss } = predictions
      const result = taggingResult(predictions)
      const mean = (indices: Int32Array) => {
        let [sum, count] = [0, 0]
        for (const index of indices) {
          sum += sentences[index].lossSum
          count += sentences[index].labelled
        }
        return sum / count
      }
      return {
        ...bootstrapEntityMetrics(result, fittingMetrics(names, result.entities), { seed }),
        loss: { value: loss, ...bootstrapInterval(sentences.length, mean, { seed }) },
      }
    },
    scorer(systems, names) {
      const results = systems.map(taggingResult)
      const sentences = systems.flatMap((system) => system.sentences)
      const joined = {
        ...results[0],
        tags: results.flatMap(({ tags }) => tags),
        predictions: results.flatMap(({ predictions }) => predictions),
      }
      return exampleScorer(
        results.map(({ tags }) => tags.length),
        names,
        entityScorer(joined, names),
        { sums: sentences.map(({ lossSum }) => lossSum), weights: sentences.map(({ labelled }) => labelled) },
      )
    },
    details(_, predictions) {
      const result = taggingResult(predictions)
      const words = result.tags.reduce((sum, tags) => sum + tags.length, 0)
      const perType = result.entities ? entityMetrics(result).perType : []
      return {
        sentences: result.tags.length,
        words,
        perType: Object.fromEntries(perType.map(({ type, ...scores }) => [type, scores])),
      }
    },
    report({ config: { labels } }, { trainExamples, evalExamples }, predictions) {
      if (!areEntityTags(labels)) return {}
      const [train, evaluation] = [countEntities(trainExamples), countEntities(evalExamples)]
      const types = [...new Set([...train.keys(), ...evaluation.keys()])].sort()
      return {
        labelCounts: types.map((label) => ({
          label,
          train: train.get(label) ?? 0,
          ...(evalExamples.length > 0 && { eval: evaluation.get(label) ?? 0 }),
        })),
        perClass:
          predictions &&
          entityMetrics(taggingResult(predictions)).perType.map(({ type, ...scores }) => ({ label: type, ...scores })),
        wrongExamples: predictions && wrongSentences(predictions),
      }
    },
  })
}

/** Token classification with its defaults. */
export const tokenClassification = tokenClassificationTask()

/** The metrics that tags have, of entities or of words alone. @throws ConfigError `UNKNOWN_METRIC` if there is none */
function fittingMetrics(names: readonly string[], entities: boolean): string[] {
  const fitting = names.filter((name) => entities || !findEntityMetric(name).ofEntities)
  if (fitting.length > 0 || names.length === 0) return fitting
  throw new ConfigError(
    'UNKNOWN_METRIC',
    `${names.join(', ')} is of entities, which the tags do not mark: accuracy is of words`,
  )
}

/** The tags of sentences as metrics take them. Sentences whose tags are not known are left out. */
export function taggingResult({ labels, sentences }: TokenPredictions): TaggingResult & { entities: boolean } {
  const known = sentences.filter(({ sentence }) => sentence.tags !== undefined)
  const named = (ids: Int32Array) => Array.from(ids, (id) => labels[id])
  return {
    tags: known.map(({ sentence }) => named(sentence.tags!)),
    predictions: known.map(({ predictions }) => named(predictions)),
    entities: areEntityTags(labels),
  }
}

/** Scores of each tag by words, for tags that mark no entities, such as parts of speech. */
export function tagMetrics({ labels, sentences }: TokenPredictions): (ClassScores & { label: string })[] {
  const known = sentences.filter(({ sentence }) => sentence.tags !== undefined)
  const flat = (of: (sentence: TaggedSentence) => Int32Array) => Int32Array.from(known.flatMap((each) => [...of(each)]))
  const { perClass } = classificationMetrics({
    labels: flat(({ sentence }) => sentence.tags!),
    predictions: flat(({ predictions }) => predictions),
    numLabels: labels.length,
  })
  return perClass.map((scores, i) => ({ label: labels[i], ...scores }))
}

function countEntities(examples: readonly TokenExample[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { tags = [] } of examples) {
    for (const { type } of readEntities(tags)) counts.set(type, (counts.get(type) ?? 0) + 1)
  }
  return counts
}

/** The sentences with an entity too many or too few, those first of whose wrong entity the model was surest. */
function wrongSentences(predictions: TokenPredictions): WrongExample[] {
  return predictions.sentences
    .flatMap((sentence) => {
      const wrong = compareSentence(sentence, predictions.labels)
      const { example } = sentence.sentence
      return wrong && example ? [{ ...wrong, example }] : []
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, mostWrong)
    .map(({ example: { words, source }, missed, found, score }) => {
      const marks = (entities: readonly EntitySpan[], side: TextMark['side']) =>
        entities.map(({ type, start, end }) => ({ ...placeOfWords(words, start, end), side, name: type }))
      const list = (entities: readonly EntitySpan[]) =>
        entities.map(({ type, start, end }) => `${words.slice(start, end).join(' ')} (${type})`).join(', ') || '(none)'
      return {
        text: words.join(' '),
        label: list(missed),
        predicted: list(found),
        score,
        source: `${source.file}, row ${source.row}`,
        marks: [...marks(missed, 'truth'), ...marks(found, 'guess')],
      }
    })
}

/** Where the words `[first, end)` stand in the text of all words with blanks between. */
function placeOfWords(words: readonly string[], first: number, end: number): { start: number; end: number } {
  const start = words.slice(0, first).reduce((sum, word) => sum + word.length + 1, 0)
  return { start, end: start + words.slice(first, end).join(' ').length }
}

/** The entities of a sentence that only one side has; the score is that of the surest, or of the words that were passed over. */
function compareSentence({ sentence, predictions, probabilities }: TaggedSentence, labels: readonly string[]) {
  const { tags = predictions } = sentence
  const named = (ids: Int32Array) => Array.from(ids, (id) => labels[id])
  const actual = scoreEntities(named(tags), probabilities)
  const predicted = scoreEntities(named(predictions), probabilities)
  const isIn = (list: ScoredEntity[], { type, start, end }: ScoredEntity) =>
    list.some((other) => other.type === type && other.start === start && other.end === end)
  const missed = actual.filter((entity) => !isIn(predicted, entity))
  const found = predicted.filter((entity) => !isIn(actual, entity))
  if (missed.length + found.length === 0) return undefined
  return { missed, found, score: Math.max(...(found.length > 0 ? found : missed).map(({ score }) => score)) }
}
