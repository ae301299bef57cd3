import { ConfigError, ShapeError } from '../core/errors.ts'
import type { RandomStream } from '../core/random.ts'
import { IGNORED_LABEL } from './collator.ts'

/** How many tokens to predict, and what stands in their place. */
export interface MaskingShares {
  /** Chance of each token that is not special to be predicted, in [0, 1]. Default 0.15. */
  probability?: number
  /** Share of the chosen tokens that become `[MASK]`, in [0, 1]. Default 0.8. */
  maskShare?: number
  /** Share of the chosen tokens that become a random token; what is left over stays as it is. Default 0.1. */
  randomShare?: number
}

/** How to mask tokens. */
export interface MaskingOptions extends MaskingShares {
  /** Id of `[MASK]`. */
  maskId: number
  /**
   * Replacement tokens are drawn from [0, vocabSize): from the whole vocabulary, special tokens and the token itself
   * included, as transformers and BERT's own code do.
   */
  vocabSize: number
  randomStream: RandomStream
}

/** How to mask spans of words. */
export interface SpanMaskingOptions extends MaskingOptions {
  /** Parameter p of the geometric distribution of a span's length in words, in (0, 1]. Default 0.2. */
  geometricP?: number
  /** Longest span in words. Default 10, so that the mean is 3.8. */
  maxSpanLength?: number
  /**
   * Whether mask, random or same is drawn for each token (default of SpanBERT's code) or once a span (its paper and
   * published models). Default `token`.
   */
  replacement?: 'token' | 'span'
}

/** A sequence to mask. */
export interface MaskableSequence {
  /** `ids: int32 [length]` */
  ids: Int32Array
  /** `specialTokensMask: [length]`, 1 where a token must never be masked */
  specialTokensMask: ArrayLike<number>
}

/** A sequence to mask, whose words are known. */
export interface MaskableWords extends MaskableSequence {
  /** `wordStarts: [length]`, 1 where a word begins; a token behind a special token begins one in any case */
  wordStarts: ArrayLike<number>
}

/** A masked sequence. */
export interface MaskedSequence {
  /** `ids: int32 [length]` */
  ids: Int32Array
  /** `labels: int32 [length]`, the original id where a token is to be predicted, -100 elsewhere */
  labels: Int32Array
}

/**
 * Masks tokens for masked language modelling: each token that is not special is chosen with `probability`; of those chosen,
 * 80 % become `[MASK]`, 10 % a random token, and 10 % stay. The input is not changed.
 *
 * Source: Devlin et al. 2018, section 3.1 and appendix A.1; tokens are chosen independently as in transformers'
 * `DataCollatorForLanguageModeling` (data_collator.py), so a short text may have none.
 * @throws ConfigError for a probability or share outside [0, 1]; ShapeError if the mask of special tokens has another length
 */
export function maskTokens(sequence: MaskableSequence, options: MaskingOptions): MaskedSequence {
  const { ids, specialTokensMask } = sequence
  const { probability } = checkedShares(options)
  requireLength('entries in the mask of special tokens', specialTokensMask.length, ids.length)
  const masked = unmasked(ids)
  for (let t = 0; t < ids.length; t++) {
    if (specialTokensMask[t] !== 0 || options.randomStream.uniform() >= probability) continue
    maskOne(masked, t, options)
  }
  return masked
}

/**
 * Masks whole words: each word is chosen with `probability`, so that each token is, and all of its tokens are to be
 * predicted; for each of them the 80 / 10 / 10 is drawn anew.
 *
 * Source: the whole-word masking of google-research/bert (create_pretraining_data.py, `do_whole_word_mask`), whose tokens
 * keep 80 / 10 / 10, where transformers 5 makes them all `[MASK]`. Words are chosen independently rather than up to a
 * fixed count, which makes the expected share of tokens exact.
 * @throws as `maskTokens`
 */
export function maskWholeWords(sequence: MaskableWords, options: MaskingOptions): MaskedSequence {
  const { probability } = checkedShares(options)
  const { starts, ends, count } = wordRanges(sequence)
  const masked = unmasked(sequence.ids)
  for (let word = 0; word < count; word++) {
    if (options.randomStream.uniform() >= probability) continue
    for (let t = starts[word]; t < ends[word]; t++) maskOne(masked, t, options)
  }
  return masked
}

/**
 * Masks spans of whole words up to a budget of `probability` x maskable tokens: a span's length in words is drawn from a
 * geometric distribution cut off at `maxSpanLength`, its first word uniformly from those not yet masked; it ends early at a
 * special token. The word that would exceed the budget is taken with the chance that makes the expected number of masked
 * tokens equal to the budget.
 *
 * Source: Joshi et al. 2020, SpanBERT, section 3.1; facebookresearch/SpanBERT `masking.py` (whose last word may be cut).
 * @throws as `maskTokens`; ConfigError for a geometricP outside (0, 1] or a maxSpanLength that is no positive integer
 */
export function maskSpans(sequence: MaskableWords, options: SpanMaskingOptions): MaskedSequence {
  const { randomStream, geometricP = 0.2, maxSpanLength = 10, replacement = 'token' } = options
  const { probability } = checkedShares(options)
  checkSpans(geometricP, maxSpanLength, replacement)
  const { starts, ends, count } = wordRanges(sequence)
  const masked = unmasked(sequence.ids)
  const chosen = new Uint8Array(count)
  const waiting = Int32Array.from({ length: count }, (_, word) => word)
  let budget = 0
  for (let word = 0; word < count; word++) budget += ends[word] - starts[word]
  budget *= probability
  for (let left = count; left > 0 && budget > 0; ) {
    const drawn = randomStream.integer(left)
    const first = waiting[drawn]
    waiting[drawn] = waiting[--left]
    if (chosen[first] === 1) continue
    const end = Math.min(count, first + spanLength(randomStream.uniform(), geometricP, maxSpanLength))
    const kind = replacement === 'span' ? randomStream.uniform() : undefined
    for (let word = first; word < end && budget > 0; word++) {
      if (word > first && starts[word] !== ends[word - 1]) break // a special token stands between
      if (chosen[word] === 1) continue
      const size = ends[word] - starts[word]
      if (size > budget && randomStream.uniform() * size >= budget) {
        budget = 0
        break
      }
      chosen[word] = 1
      budget -= size
      for (let t = starts[word]; t < ends[word]; t++) maskOne(masked, t, options, kind)
    }
  }
  return masked
}

/** Predicts the token at `position` of a sequence that is masked already. Changes `masked`. */
export function maskOne(
  masked: MaskedSequence,
  position: number,
  options: MaskingOptions,
  kind: number = options.randomStream.uniform(),
): void {
  const { maskShare = 0.8, randomShare = 0.1, maskId, vocabSize, randomStream } = options
  masked.labels[position] = masked.ids[position]
  if (kind < maskShare) masked.ids[position] = maskId
  else if (kind < maskShare + randomShare) masked.ids[position] = randomStream.integer(vocabSize)
}

/** `continuing: uint8 [vocab]`: 1 for the pieces that go on with a word, by WordPiece's prefix. */
export function continuingPieces(vocab: readonly (string | undefined)[], prefix = '##'): Uint8Array {
  return Uint8Array.from(vocab, (token) => (token?.startsWith(prefix) && token.length > prefix.length ? 1 : 0))
}

/** `wordStarts: uint8 [length]` of ids whose vocabulary tells pieces that go on with a word, see `continuingPieces`. */
export function wordStartsOfPieces(ids: ArrayLike<number>, continuing: ArrayLike<number>): Uint8Array {
  const wordStarts = new Uint8Array(ids.length)
  for (let t = 0; t < ids.length; t++) wordStarts[t] = continuing[ids[t]] === 1 ? 0 : 1
  return wordStarts
}

/** `wordStarts: uint8 [length]` of an encoding's word ids, for tokenizers whose tokens do not show where words begin. */
export function wordStartsOfWordIds(wordIds: readonly (number | null)[]): Uint8Array {
  return Uint8Array.from(wordIds, (word, t) => (t === 0 || word === null || word !== wordIds[t - 1] ? 1 : 0))
}

/**
 * The words of a sequence, special tokens left out: word w has the tokens [starts[w], ends[w]).
 * @throws ShapeError for masks of another length
 */
export function wordRanges(sequence: MaskableWords): { starts: Int32Array; ends: Int32Array; count: number } {
  const { ids, specialTokensMask, wordStarts } = sequence
  requireLength('entries in the mask of special tokens', specialTokensMask.length, ids.length)
  requireLength('entries in the mask of word starts', wordStarts.length, ids.length)
  const starts = new Int32Array(ids.length)
  const ends = new Int32Array(ids.length)
  let count = 0
  for (let t = 0; t < ids.length; t++) {
    if (specialTokensMask[t] !== 0) continue
    if (wordStarts[t] !== 0 || t === 0 || specialTokensMask[t - 1] !== 0) starts[count++] = t
    ends[count - 1] = t + 1
  }
  return { starts, ends, count }
}

/** A span's length in words from 1 to `longest`, with chances in proportion to p (1 - p)^(length - 1), from a number in [0, 1). */
export function spanLength(uniform: number, p: number, longest: number): number {
  if (p === 1) return 1
  const length = 1 + Math.floor(Math.log1p(-uniform * (1 - (1 - p) ** longest)) / Math.log1p(-p))
  return Math.min(length, longest) // rounding may give one more
}

function unmasked(ids: Int32Array): MaskedSequence {
  return { ids: ids.slice(), labels: new Int32Array(ids.length).fill(IGNORED_LABEL) }
}

/**
 * Fills in the defaults.
 * @throws ConfigError for a number outside [0, 1] or shares that are more than 1 together
 */
export function checkedShares(shares: MaskingShares): Required<MaskingShares> {
  const { probability = 0.15, maskShare = 0.8, randomShare = 0.1 } = shares
  requireFraction('MASK_PROBABILITY', 'a masking probability', probability)
  requireFraction('MASK_SHARES', 'a share of [MASK]', maskShare)
  requireFraction('MASK_SHARES', 'a share of random tokens', randomShare)
  if (maskShare + randomShare > 1 + 1e-9) {
    throw new ConfigError(
      'MASK_SHARES',
      `the share of [MASK] ${maskShare} and that of random tokens ${randomShare} are more than 1 together: lower one.`,
    )
  }
  return { probability, maskShare, randomShare }
}

function checkSpans(geometricP: number, maxSpanLength: number, replacement: string): void {
  if (!(geometricP > 0 && geometricP <= 1)) {
    throw new ConfigError('SPAN_LENGTH', `expected a geometricP above 0 and at most 1, found ${geometricP}.`)
  }
  if (!Number.isInteger(maxSpanLength) || maxSpanLength < 1) {
    throw new ConfigError('SPAN_LENGTH', `expected a longest span of 1 word or more, found ${maxSpanLength}.`)
  }
  if (replacement !== 'token' && replacement !== 'span') {
    throw new ConfigError('SPAN_REPLACEMENT', `expected a replacement by "token" or "span", found "${replacement}".`)
  }
}

function requireFraction(code: string, what: string, value: number): void {
  if (value >= 0 && value <= 1) return
  throw new ConfigError(code, `expected ${what} from 0 to 1, found ${value}.`)
}

function requireLength(what: string, length: number, expected: number): void {
  if (length === expected) return
  throw new ShapeError('SEQUENCE_LENGTH', `there are ${expected} ids but ${length} ${what}.`)
}
