import { ConfigError, DataError } from '../core/errors.ts'
import { type Logger, silentLogger } from '../core/logger.ts'
import { collateSequences, type EncodedSequence } from '../data/collator.ts'
import type { EncoderModel } from '../models/model.ts'
import { type PredictOptions, softmaxRows } from '../training/tasks/predict.ts'

/** One way to fill a mask. */
export interface Fill {
  /** The token's text; a piece that continues a word begins with `##`. */
  token: string
  tokenId: number
  /** Its probability among all tokens. */
  score: number
  /** The text with the token in the mask's place, as ids decode; other masks stay. */
  sequence: string
}

/** What a text's masks are filled with, the most probable first: a list; with several masks a list of lists, one a mask. */
export type Fills = Fill[] | Fill[][]

export interface FillMaskOptions extends PredictOptions {
  /** Fills of each mask; default 5; fewer if there are fewer tokens or targets. */
  topK?: number
  /**
   * Only these tokens. Scores stay probabilities among all tokens. A text that is no token is replaced by its first
   * piece, of which the logger is told.
   */
  targets?: string | readonly string[]
  /** The number that errors call the first of several texts by, default 1: for texts that are given in parts. */
  firstNumber?: number
}

/** Fills the masks of one text or many. */
export interface FillMaskPipeline {
  (text: string, options?: FillMaskOptions): Promise<Fills>
  (texts: readonly string[], options?: FillMaskOptions): Promise<Fills[]>
  readonly model: EncoderModel
  /** Ends the model's engine. */
  close(): Promise<void>
}

/** What is needed of a tokenizer that has a mask token, such as a `BertTokenizer`. */
export interface MaskTokenizer {
  readonly maskId: number | undefined
  readonly padId: number | undefined
  readonly specialTokens: { readonly mask?: string }
  encode(
    text: string,
    options: { maxLength?: number; truncation?: boolean; addSpecialTokens?: boolean },
  ): { ids: Int32Array; typeIds: Int32Array }
  decode(ids: Iterable<number>, options?: { skipSpecialTokens?: boolean }): string
  tokenToId(token: string): number | undefined
  idToToken(id: number): string | undefined
}

export interface FillMaskPipelineOptions {
  /** Longer texts are cut to so many tokens. Default: longer texts than the model takes are refused. */
  maxLength?: number
  /** Told of targets that are no tokens. */
  logger?: Logger
}

/** Masks of one batch; each needs memory for the probabilities of the whole vocabulary. */
const masksPerBatch = 512

/**
 * Text with masks in, tokens for them out, for a model with a masked language modelling head (`masked-lm` or `pretraining`).
 * Gives what transformers' `FillMaskPipeline` gives (pipelines/fill_mask.py): several masks are filled one by one, each with
 * all others masked.
 *
 * ```ts
 * const fill = fillMaskPipeline(model, tokenizer)
 * await fill('Paris is the [MASK] of France.')
 * // [{ token: 'capital', tokenId: 3007, score: 0.99, sequence: 'paris is the capital of france.' }, …]
 * ```
 * @throws ConfigError if the model has no such head; the pipeline throws DataError for a text without a mask or longer than
 *   the model takes, ConfigError for a `topK` that is no number of fills or for no target
 */
export function fillMaskPipeline(
  model: EncoderModel,
  tokenizer: MaskTokenizer,
  { maxLength, logger = silentLogger }: FillMaskPipelineOptions = {},
): FillMaskPipeline {
  if (!fillsMasks(model.definition.head?.task)) {
    throw new ConfigError(
      'NO_MASKED_LM',
      `a ${model.className} fills no masks: expected a masked language model such as ${model.definition.architecture.classPrefix}ForMaskedLM`,
    )
  }
  async function fill(input: string | readonly string[], options: FillMaskOptions = {}): Promise<Fills | Fills[]> {
    const { topK = 5, targets, batchSize = 32, firstNumber = 1, signal, onProgress } = options
    if (!Number.isInteger(topK) || topK < 1)
      throw new ConfigError('TOP_K', `topK must be a whole number of at least 1, not ${topK}`)
    const texts = typeof input === 'string' ? [input] : input
    const candidates = targets === undefined ? undefined : targetIds(targets, tokenizer, logger)
    const sequences = texts.map((text, i) =>
      encodeMasked(text, typeof input === 'string' ? 'the text' : `text ${firstNumber + i}`),
    )
    const results: Fills[] = new Array(texts.length)
    for (const indices of batchesOf(sequences, batchSize)) {
      signal?.throwIfAborted()
      const chosen = indices.map((index) => sequences[index])
      const batch = collateSequences(chosen)
      const maskedRows = Int32Array.from(chosen.flatMap(({ masks }, b) => masks.map((t) => batch.firstTokens[b] + t)))
      const { logits } = await model.forward({ ...batch, maskedRows })
      const width = logits!.dims[1]
      let row = 0
      for (const index of indices) {
        const { ids, masks } = sequences[index]
        const lists = masks.map((place) => {
          const values = (logits!.data as Float32Array).subarray(row * width, ++row * width)
          return fillsOf(values, topK, candidates).map(({ id, score }): Fill => {
            const filled = ids.map((other, t) => (t === place ? id : other)).filter((each) => each !== tokenizer.padId)
            // Special tokens are left out, but then other masks would be too.
            const sequence = tokenizer.decode(filled, { skipSpecialTokens: masks.length === 1 })
            return { token: tokenizer.decode([id], { skipSpecialTokens: false }), tokenId: id, score, sequence }
          })
        })
        results[index] = lists.length === 1 ? lists[0] : lists
      }
      onProgress?.(indices.at(-1)! + 1)
    }
    return typeof input === 'string' ? results[0] : results
  }

  function encodeMasked(text: string, name: string): MaskedText {
    const { ids, typeIds } = tokenizer.encode(text, { maxLength, truncation: maxLength !== undefined })
    const which = `${name} (${JSON.stringify(beginningOf(text))})`
    const limit = model.config.maxPositionEmbeddings
    if (ids.length > limit) {
      throw new DataError(
        'TEXT_TOO_LONG',
        `${which} has ${ids.length} tokens, the model takes at most ${limit}: shorten it, or set maxLength to have it cut`,
      )
    }
    const masks = [...ids.keys()].filter((t) => ids[t] === tokenizer.maskId)
    if (masks.length > 0) return { ids, typeIds, masks }
    const mask = tokenizer.specialTokens.mask ?? 'mask token, which this tokenizer does not have'
    const cut =
      maxLength !== undefined && text.includes(mask) ? ` among the ${maxLength} tokens that it was cut to` : ''
    throw new DataError('NO_MASK', `${which} has no ${mask}${cut}: write ${mask} where a token is to be filled in`)
  }

  return Object.assign(fill as FillMaskPipeline, { model, close: () => model.close() })
}

/** Whether a model with the head of this task fills masks. */
export const fillsMasks = (task: string | undefined): boolean => task === 'masked-lm' || task === 'pretraining'

interface MaskedText extends EncodedSequence {
  /** Places of its masks, ascending. */
  masks: number[]
}

/** Numbers of the texts of each batch, in order. */
function* batchesOf(texts: readonly MaskedText[], batchSize: number): Generator<number[]> {
  let indices: number[] = []
  let masks = 0
  for (const [index, text] of texts.entries()) {
    if (indices.length > 0 && (indices.length === batchSize || masks + text.masks.length > masksPerBatch)) {
      yield indices
      indices = []
      masks = 0
    }
    indices.push(index)
    masks += text.masks.length
  }
  if (indices.length > 0) yield indices
}

/** The most probable tokens of a mask. logits: float32 [V] */
function fillsOf(
  logits: Float32Array,
  topK: number,
  candidates: readonly number[] = Array.from(logits.keys()),
): { id: number; score: number }[] {
  const scores = softmaxRows(logits, logits.length)
  return [...candidates]
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(0, topK)
    .map((id) => ({ id, score: scores[id] }))
}

/** The ids of target tokens, each once. @throws ConfigError if none is left */
function targetIds(targets: string | readonly string[], tokenizer: MaskTokenizer, logger: Logger): number[] {
  const ids = new Set<number>()
  for (const target of typeof targets === 'string' ? [targets] : targets) {
    const known = tokenizer.tokenToId(target)
    const id = known ?? tokenizer.encode(target, { addSpecialTokens: false, truncation: false }).ids.at(0)
    if (id === undefined) {
      logger.warn(`the target ${JSON.stringify(target)} has no token and is left out`)
      continue
    }
    if (known === undefined) {
      logger.warn(
        `the target ${JSON.stringify(target)} is no token: ${JSON.stringify(tokenizer.idToToken(id))} is taken`,
      )
    }
    ids.add(id)
  }
  if (ids.size > 0) return [...ids]
  throw new ConfigError('TARGETS', 'targets has no token to choose from: give at least one token of the vocabulary')
}

const beginningOf = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text)
