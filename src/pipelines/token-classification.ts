import {
  encodeWords,
  type TokenItem,
  type TokenSentence,
  tokenItem,
  type WordEncoder,
  type WordEncoding,
} from '../data/token-classification/encode-tokens.ts'
import { scoreEntities } from '../data/token-classification/index.ts'
import type { PredictOptions } from '../training/tasks/predict.ts'
import {
  type PredictTokensOptions,
  predictTokens,
  type TaggedSentence,
  type TagOptions,
  type TokenClassifier,
} from '../training/tasks/predict-tokens.ts'

/** A text, or a sentence that was split into words before. */
export type TokenClassificationInput = string | { readonly words: readonly string[] }

/** An entity that was found. */
export interface TokenClassification {
  /** Its type, e.g. `person`. */
  entity: string
  /** Mean probability of its words' labels. */
  score: number
  /** As it stands in the text; of words, they with blanks between. */
  word: string
  /** Where it begins: in the text, in UTF-16 units as `text.slice(start, end)`; of words, the number of its first from 0. */
  start: number
  /** Where it ends, exclusive. */
  end: number
}

/** Finds the entities of one text or many. */
export interface TokenClassificationPipeline<Model extends TokenClassifier = TokenClassifier> {
  (input: TokenClassificationInput): Promise<TokenClassification[]>
  (inputs: readonly TokenClassificationInput[], options?: PredictOptions): Promise<TokenClassification[][]>
  readonly model: Model
  /** Ends the model's engine. */
  close(): Promise<void>
}

export interface TokenClassificationPipelineOptions extends TagOptions {
  /** Longer texts are read in windows of so many tokens. Default what the model takes. */
  maxLength?: number
  /** Tokens that a window repeats of the one before. Default: a quarter of its room. */
  stride?: number
}

/** A model that can be closed and says what it takes. */
export interface TokenPipelineModel extends TokenClassifier {
  readonly config: TokenClassifier['config'] & { readonly maxPositionEmbeddings: number }
  close(): Promise<void>
}

/**
 * Text in, entities out. The words of a text are those that the tokenizer splits it into before it looks for pieces; a word has
 * the label of its first piece, unless `aggregation` says otherwise. Where a text fits the model at once, gives what transformers'
 * `TokenClassificationPipeline` gives with the `aggregation_strategy` of that name (pipelines/token_classification.py), but for
 * `word`, which is as in the text.
 *
 * ```ts
 * const find = tokenClassificationPipeline(model, tokenizer)
 * await find('Ada Lovelace lived in London.')
 * // [{ entity: 'PER', score: 0.99, word: 'Ada Lovelace', start: 0, end: 12 }, { entity: 'LOC', …, start: 22, end: 28 }]
 * ```
 * @throws ConfigError for a maxLength, stride or aggregation that cannot be
 */
export function tokenClassificationPipeline<Model extends TokenPipelineModel>(
  model: Model,
  tokenizer: WordEncoder,
  {
    maxLength = model.config.maxPositionEmbeddings,
    stride,
    scheme,
    aggregation,
  }: TokenClassificationPipelineOptions = {},
): TokenClassificationPipeline<Model> {
  const labelAllPieces = aggregation !== undefined && aggregation !== 'first'
  async function find(
    input: TokenClassificationInput | readonly TokenClassificationInput[],
    options: PredictTokensOptions = {},
  ): Promise<TokenClassification[] | TokenClassification[][]> {
    const many = Array.isArray(input)
    const inputs = many ? (input as readonly TokenClassificationInput[]) : [input as TokenClassificationInput]
    const items: TokenItem[] = []
    const places = inputs.map((each) => {
      const text = typeof each === 'string' ? each : each.words
      const { windows, encodings } = encodeWords(text, tokenizer, { maxLength, stride, labelAllPieces })
      const { sentence, wordPlaces } = placesOf(text, encodings)
      for (const window of windows) items.push(tokenItem(window, sentence))
      return wordPlaces
    })
    const { sentences, labels } = await predictTokens(model, items, { ...options, scheme, aggregation })
    const results = sentences.map((tagged, i) => entitiesOf(tagged, labels, inputs[i], places[i]))
    return many ? results : results[0]
  }
  return Object.assign(find as TokenClassificationPipeline, {
    model,
    close: () => model.close(),
  }) as TokenClassificationPipeline<Model>
}

/** Where each word stands in its text: `[start, end]` by word; undefined for one without tokens. */
type WordPlaces = readonly (readonly [start: number, end: number] | undefined)[]

/** @returns no places where words are given */
function placesOf(
  text: string | readonly string[],
  encodings: readonly WordEncoding[],
): { sentence: TokenSentence; wordPlaces: WordPlaces | undefined } {
  if (typeof text !== 'string') return { sentence: { wordCount: text.length }, wordPlaces: undefined }
  const places: [number, number][] = []
  for (const { wordIds, starts, ends } of encodings) {
    wordIds.forEach((word, row) => {
      if (word === null) return
      places[word] ??= [starts[row], ends[row]]
      places[word][0] = Math.min(places[word][0], starts[row])
      places[word][1] = Math.max(places[word][1], ends[row])
    })
  }
  return { sentence: { wordCount: places.length }, wordPlaces: places }
}

function entitiesOf(
  { predictions, probabilities }: TaggedSentence,
  labels: readonly string[],
  input: TokenClassificationInput,
  places: WordPlaces | undefined,
): TokenClassification[] {
  const tags = Array.from(predictions, (id) => labels[id])
  return scoreEntities(tags, probabilities).flatMap(({ type: entity, score, start, end }): TokenClassification[] => {
    if (typeof input !== 'string') return [{ entity, score, word: input.words.slice(start, end).join(' '), start, end }]
    const own = places!.slice(start, end).filter((place) => place !== undefined)
    if (own.length === 0) return []
    const [from, to] = trimmed(input, own[0][0], own[own.length - 1][1])
    return [{ entity, score, word: input.slice(from, to), start: from, end: to }]
  })
}

/** Without the white space that some tokenizers count to a word. */
function trimmed(text: string, start: number, end: number): [start: number, end: number] {
  const word = text.slice(start, end)
  const leading = word.length - word.trimStart().length
  return leading === word.length ? [start, end] : [start + leading, end - (word.length - word.trimEnd().length)]
}
