import { collateMaskedLm } from '../../data/collator.ts'
import {
  areEntityTags,
  type EncodeTokensOptions,
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
  findEntityMetric,
  type TaggingResult,
} from '../entity-metrics.ts'
import type { WrongExample } from '../run-record.ts'
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
    findMetric: (name) => findEntityMetric(name).name,
    check({ config: { labels } }, examples) {
      const ids = new Map(labels.map((label, id) => [label, id]))
      for (const example of examples) tagIds(example, labels, ids)
    },
    encode(examples, { model, tokenizer, maxLength }) {
      return encodeTokens(examples, tokenizer, { ...encoding, maxLength, labels: model.config.labels })
    },
    targets: ({ labels }) => labels,
    length: ({ ids }) => ids.length,
    collate: (items) => collateMaskedLm(items),
    predict: (model, items, options) => predictTokens(model, items, { ...options, scheme, aggregation }),
    metrics: (predictions, names) => computeEntityMetrics(taggingResult(predictions), names),
    intervals(predictions, names, seed) {
      const { sentences, loss } = predictions
      const mean = (indices: Int32Array) => {
        let [sum, count] = [0, 0]
        for (const index of indices) {
          sum += sentences[index].lossSum
          count += sentences[index].labelled
        }
        return sum / count
      }
      return {
        ...bootstrapEntityMetrics(taggingResult(predictions), names, { seed }),
        loss: { value: loss, ...bootstrapInterval(sentences.length, mean, { seed }) },
      }
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
      const list = (entities: readonly { type: string; start: number; end: number }[]) =>
        entities.map(({ type, start, end }) => `${words.slice(start, end).join(' ')} (${type})`).join(', ') || '(none)'
      return {
        text: words.join(' '),
        label: list(missed),
        predicted: list(found),
        score,
        source: `${source.file}, row ${source.row}`,
      }
    })
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
