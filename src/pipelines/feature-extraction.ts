import { ConfigError, didYouMean } from '../core/errors.ts'
import { collateSequences, type EncodedSequence } from '../data/collator.ts'
import { placeWindows, type WholeEncoding } from '../data/text-windows.ts'
import { type LongTextSettings, type LongTexts, longTexts as readLongTexts } from '../models/long-texts.ts'
import type { EncoderModel } from '../models/model.ts'
import { batchesByLength, type PredictOptions } from '../training/tasks/predict.ts'
import { type TokenPooling, textVector, tokenPoolings, windowVector } from './token-pooling.ts'

/** What is needed of a tokenizer: a text to all of its tokens, or to the first. */
export interface WholeTextEncoder {
  encode(text: string, options: { maxLength?: number; truncation: boolean }): WholeEncoding
}

/** How texts are encoded. */
export interface FeatureExtractionPipelineOptions {
  /** Tokens that the encoder is given at once; default what it takes. */
  maxLength?: number
  /**
   * How longer texts are read: in windows, whose vectors are pooled by `mean` (default) or `max`. The mean of means counts each
   * token of the text once, also where windows overlap. null: they are cut.
   */
  longTexts?: (Omit<Partial<LongTextSettings>, 'maxLength' | 'pooling'> & { pooling?: 'mean' | 'max' }) | null
}

/** How tokens' vectors become that of a text. */
export interface FeatureExtractionOptions extends PredictOptions {
  /** The vector of the first token, or the mean or the largest elements of all tokens', special ones included. Default `mean`. */
  pooling?: TokenPooling
  /** Scale vectors to length 1, so that dot products are cosines. Default false. */
  normalize?: boolean
}

/** Gives one text or many a vector: float32 [H]. */
export interface FeatureExtractionPipeline {
  (text: string, options?: FeatureExtractionOptions): Promise<Float32Array>
  (texts: readonly string[], options?: FeatureExtractionOptions): Promise<Float32Array[]>
  readonly model: EncoderModel
  /** Ends the model's engine. */
  close(): Promise<void>
}

/** A sequence of a text, and which of its tokens no other sequence of the text counts. */
interface TextWindow extends EncodedSequence {
  text: number
  own: Uint8Array
}

/**
 * Text in, vector out: the encoder's last hidden vectors of its tokens, pooled.
 *
 * ```ts
 * const embed = featureExtractionPipeline(model, tokenizer)
 * const vectors = await embed(['A man plays.', 'It rains.'], { normalize: true }) // [Float32Array(256), Float32Array(256)]
 * ```
 * @param model without a head, as AutoModel loads it
 * @throws ConfigError for a model with a head, and settings that cannot be; calls throw it for an unknown pooling
 */
export function featureExtractionPipeline(
  model: EncoderModel,
  tokenizer: WholeTextEncoder,
  { maxLength = model.config.maxPositionEmbeddings, longTexts }: FeatureExtractionPipelineOptions = {},
): FeatureExtractionPipeline {
  if (model.definition.head) {
    throw new ConfigError('TASK', `a ${model.className} gives no vectors of tokens: load the folder with AutoModel`)
  }
  const windowPooling = longTexts?.pooling ?? 'mean'
  const windows =
    longTexts === null ? undefined : windowSettings(model, { ...longTexts, pooling: windowPooling, maxLength })
  const width = model.config.hiddenSize

  async function run(
    input: string | readonly string[],
    { pooling = 'mean', normalize = false, batchSize = 32, signal, onProgress }: FeatureExtractionOptions = {},
  ): Promise<Float32Array | Float32Array[]> {
    if (!tokenPoolings.includes(pooling)) {
      const guess = didYouMean(pooling, tokenPoolings)
      throw new ConfigError('POOLING', `pooling is one of ${tokenPoolings.join(', ')}, not "${pooling}"${guess}`)
    }
    const texts = typeof input === 'string' ? [input] : input
    const sequences = texts.flatMap((text, i) => windowsOfText(text, i, tokenizer, { maxLength, windows }))
    // Pooled in their own order in the end, whatever they were batched with.
    const vectors = new Array<ReturnType<typeof windowVector>>(sequences.length)
    let done = 0
    for (const indices of batchesByLength(sequences, batchSize)) {
      signal?.throwIfAborted()
      const batch = collateSequences(indices.map((index) => sequences[index]))
      const { lastHiddenState } = await model.forward(batch)
      const { data } = lastHiddenState!
      indices.forEach((index, b) => {
        const hidden = data.subarray(batch.firstTokens[b] * width, (batch.firstTokens[b + 1] ?? batch.tokens) * width)
        vectors[index] = windowVector(hidden, sequences[index].own, pooling)
      })
      done += indices.length
      onProgress?.(done)
    }
    const byText = texts.map((): (typeof vectors)[number][] => [])
    for (const [index, { text }] of sequences.entries()) byText[text].push(vectors[index])
    const results = byText.map((each) => textVector(each, { pooling, windowPooling, normalize }))
    return typeof input === 'string' ? results[0] : results
  }
  return Object.assign(run as FeatureExtractionPipeline, { model, close: () => model.close() })
}

/** @throws ConfigError `CONFIG_VALUE` */
function windowSettings({ config }: EncoderModel, settings: LongTextSettings): LongTexts {
  if (settings.pooling === 'attention') {
    throw new ConfigError(
      'CONFIG_VALUE',
      'longTexts.pooling must be mean or max here, not "attention": its weights are those of a classifier',
    )
  }
  return readLongTexts(settings, config.maxPositionEmbeddings)
}

function windowsOfText(
  text: string,
  number: number,
  tokenizer: WholeTextEncoder,
  { maxLength, windows: settings }: { maxLength: number; windows?: LongTexts },
): TextWindow[] {
  const whole = settings
    ? tokenizer.encode(text, { truncation: false })
    : tokenizer.encode(text, { maxLength, truncation: true })
  const { ids, typeIds, sequenceIds } = whole
  if (!settings) return [{ ids, typeIds, text: number, own: new Uint8Array(ids.length).fill(1) }]
  const { windows } = placeWindows(sequenceIds, settings)
  const owners = ownersOf(windows, sequenceIds)
  return windows.map((places, w) => ({
    ids: places.map((place) => ids[place]),
    typeIds: places.map((place) => typeIds[place]),
    text: number,
    own: Uint8Array.from(places, (place) => Number(owners[place] === w)),
  }))
}

/**
 * The window that counts each token: the one where the nearer end of its text is farthest away, the earlier of equals. Special tokens
 * in front of the text are the first window's, those behind it the last one's.
 * @returns int32 [tokens], -1 for tokens that stand in no window
 */
function ownersOf(windows: readonly Int32Array[], sequenceIds: WholeEncoding['sequenceIds']): Int32Array {
  const owners = new Int32Array(sequenceIds.length).fill(-1)
  const contexts = new Int32Array(sequenceIds.length).fill(-1)
  windows.forEach((places, w) => {
    const own = places.filter((place) => sequenceIds[place] !== null)
    const [first, last] = [own[0], own[own.length - 1]]
    for (const place of places) {
      const isSpecial = sequenceIds[place] === null
      const context = !isSpecial ? Math.min(place - first, last - place) : place < first ? 0 : w
      if (context <= contexts[place]) continue
      contexts[place] = context
      owners[place] = w
    }
  })
  return owners
}
