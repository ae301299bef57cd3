import { ConfigError } from '../../core/errors.ts'
import { collateMaskedLm } from '../../data/collator.ts'
import {
  createTagDecoder,
  OUTSIDE,
  type TagScheme,
  type TokenItem,
  type TokenSentence,
} from '../../data/token-classification/index.ts'
import type { ModelBatch } from '../../models/batch-inputs.ts'
import type { ModelOutput } from '../../models/model.ts'
import type { TaskPredictions } from './finetune-task.ts'
import { batchesByLength, type PredictOptions } from './predict.ts'

/** What is needed of a model: `logits: float32 [M, C]` for the rows `maskedRows: int32 [M]` of a batch. */
export interface TokenClassifier {
  readonly config: { readonly labels: readonly string[] }
  forward(batch: ModelBatch): Promise<Pick<ModelOutput, 'logits'>>
}

/** How tokens become tags of words. */
export interface TagOptions {
  /**
   * Only sequences of tags that this allows; `none`: each word's best label by itself. Default: what the labels show, see
   * `createTagDecoder`.
   */
  scheme?: TagScheme | 'none'
  /**
   * What decides a word of several pieces that count (`labelAllPieces`), as transformers' strategies of that name: its first
   * piece (default), the mean of their probabilities, or the piece with the highest probability.
   */
  aggregation?: 'first' | 'average' | 'max'
}

/** How to run a token classifier. */
export interface PredictTokensOptions extends PredictOptions, TagOptions {}

/** What a model said about a sentence. */
export interface TaggedSentence {
  /** That of its items. */
  sentence: TokenSentence
  /** `predictions: int32 [words]`; words that were not read are outside of entities */
  predictions: Int32Array
  /** `probabilities: float32 [words]`, of the predicted labels; 0 for words that were not read */
  probabilities: Float32Array
  /** Sum of the cross-entropies of its labelled tokens. */
  lossSum: number
  /** Labelled tokens. */
  labelled: number
}

/** A model's answers on sentences. */
export interface TokenPredictions extends TaskPredictions {
  /** Names of the labels that are counted here. */
  labels: readonly string[]
  /** In the order of their first items. */
  sentences: TaggedSentence[]
  /** Mean cross-entropy of the labelled tokens, as training computes it; NaN if there are none. */
  loss: number
}

/**
 * Runs a token classifier on items of `encodeTokens`, and puts the windows of a sentence together again.
 * @throws ConfigError `AGGREGATION` for one that is unknown
 */
export async function predictTokens(
  model: TokenClassifier,
  items: readonly TokenItem[],
  { batchSize = 32, signal, onProgress, scheme, aggregation = 'first' }: PredictTokensOptions = {},
): Promise<TokenPredictions> {
  if (!Object.hasOwn(aggregations, aggregation)) {
    throw new ConfigError(
      'AGGREGATION',
      `unknown aggregation "${aggregation}": expected one of ${Object.keys(aggregations).join(', ')}.`,
    )
  }
  const { labels } = model.config
  const decode = createTagDecoder(labels, scheme)
  const sentences = new Map<TokenSentence, OpenSentence>()
  for (const item of items) {
    const open = sentences.get(item.sentence)
    if (open) open.items++
    else sentences.set(item.sentence, { items: 1, result: emptySentence(item.sentence) })
  }
  // A sequence without words has nothing to be asked for.
  const asked = items.filter(({ words }) => words.length > 0)
  for (const item of items) if (item.words.length === 0) closeItem(item)
  let done = items.length - asked.length
  for (const indices of batchesByLength(asked, batchSize)) {
    signal?.throwIfAborted()
    const chosen = indices.map((index) => asked[index])
    const { labels: _, ...batch } = collateMaskedLm(chosen)
    const { logits } = await model.forward(batch)
    let row = 0
    for (const item of chosen) {
      const end = row + item.words.length
      readItem(item, (logits!.data as Float32Array).subarray(row * labels.length, end * labels.length))
      row = end
      closeItem(item)
    }
    done += indices.length
    onProgress?.(done)
  }
  const results = Array.from(sentences.values(), ({ result }) => result)
  const sum = (count: (sentence: TaggedSentence) => number) => results.reduce((total, each) => total + count(each), 0)
  return { labels, sentences: results, loss: sum(({ lossSum }) => lossSum) / sum(({ labelled }) => labelled) }

  /** @param logits float32 [M, C] of the item's rows */
  function readItem(item: TokenItem, logits: Float32Array): void {
    const open = sentences.get(item.sentence)!
    open.scores ??= unreadWords(item.sentence.wordCount, labels)
    open.read ??= new Uint8Array(item.sentence.wordCount)
    const rows = logSoftmaxRows(logits, labels.length)
    const { tags } = item.sentence
    if (tags) {
      item.words.forEach((word, m) => {
        open.result.lossSum -= rows[m * labels.length + tags[word]]
      })
      open.result.labelled += item.words.length
    }
    for (let from = 0; from < item.words.length; ) {
      let to = from + 1
      while (to < item.words.length && item.words[to] === item.words[from]) to++
      const own = rows.subarray(from * labels.length, to * labels.length)
      open.scores.set(aggregations[aggregation](own, labels.length), item.words[from] * labels.length)
      open.read[item.words[from]] = 1
      from = to
    }
  }

  /** Tags a sentence when the last of its items is done, so that only few have scores in memory. */
  function closeItem({ sentence }: TokenItem): void {
    const open = sentences.get(sentence)!
    if (--open.items > 0) return
    const { wordCount } = sentence
    const { result, scores = unreadWords(wordCount, labels), read = new Uint8Array(wordCount) } = open
    result.predictions = decode(scores)
    result.probabilities = Float32Array.from(result.predictions, (label, word) =>
      read[word] ? Math.exp(scores[word * labels.length + label]) : 0,
    )
    open.scores = undefined
    open.read = undefined
  }
}

interface OpenSentence {
  /** How many are not done. */
  items: number
  /** Log-probabilities: float64 [words, C] */
  scores?: Float64Array
  /** 1 for words that were read: uint8 [words] */
  read?: Uint8Array
  result: TaggedSentence
}

function emptySentence(sentence: TokenSentence): TaggedSentence {
  const { wordCount } = sentence
  const predictions = new Int32Array(wordCount)
  return { sentence, predictions, probabilities: new Float32Array(wordCount), lossSum: 0, labelled: 0 }
}

/** Words that the model does not read are outside of entities, or anything where there is no such label: float64 [words, C] */
function unreadWords(words: number, labels: readonly string[]): Float64Array {
  const outside = labels.indexOf(OUTSIDE)
  const scores = new Float64Array(words * labels.length)
  if (outside < 0) return scores.fill(-Math.log(labels.length))
  scores.fill(Number.NEGATIVE_INFINITY)
  for (let word = 0; word < words; word++) scores[word * labels.length + outside] = 0
  return scores
}

/** One row for a word from those of its pieces. rows: float64 [pieces, C], log-probabilities -> [C] */
const aggregations: Record<
  NonNullable<TagOptions['aggregation']>,
  (rows: Float64Array, classes: number) => Float64Array
> = {
  first: (rows, classes) => rows.subarray(0, classes),
  average(rows, classes) {
    const mean = new Float64Array(classes)
    for (let i = 0; i < rows.length; i++) mean[i % classes] += Math.exp(rows[i])
    return mean.map((sum) => Math.log((sum * classes) / rows.length))
  },
  max(rows, classes) {
    let best = 0
    for (let i = 1; i < rows.length; i++) if (rows[i] > rows[best]) best = i
    const from = best - (best % classes)
    return rows.subarray(from, from + classes)
  },
}

/** Log-softmax of each row. logits: float32 [rows, C] -> float64 [rows, C] */
function logSoftmaxRows(logits: Float32Array, classes: number): Float64Array {
  const out = new Float64Array(logits.length)
  for (let row = 0; row < logits.length; row += classes) {
    let largest = Number.NEGATIVE_INFINITY
    for (let c = 0; c < classes; c++) largest = Math.max(largest, logits[row + c])
    let sum = 0
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[row + c] - largest)
    for (let c = 0; c < classes; c++) out[row + c] = logits[row + c] - largest - Math.log(sum)
  }
  return out
}
