import { ConfigError } from '../../core/errors.ts'
import type { EncodedSequence } from '../collator.ts'
import type { TokenStore } from './token-store.ts'

/** What the second segment of a pair tells, or that there is none. */
export type PretrainingLayout = 'next-sentence' | 'sentence-order' | 'full-sentences'

/**
 * The examples of a corpus as places in it, about 15 bytes each: E of them. A pure function of store, seed and settings,
 * so that a resumed run plans them again.
 */
export interface PretrainingExamples {
  readonly layout: PretrainingLayout
  /** `lengths: uint16 [E]`, tokens of each example with its special tokens */
  readonly lengths: Uint16Array
  /** `firstStarts: [E]`, first token of the first segment in the store */
  readonly firstStarts: Uint32Array | Float64Array
  /** `firstLengths: uint16 [E]`, its tokens */
  readonly firstLengths: Uint16Array
  /** `secondStarts: [E]`; empty for full sentences */
  readonly secondStarts: Uint32Array | Float64Array
  /** `secondLengths: uint16 [E]`; empty for full sentences */
  readonly secondLengths: Uint16Array
  /**
   * `pairLabels: uint8 [E]`: 0 the second segment follows the first, 1 it is a random one, or both are swapped; empty for
   * full sentences
   */
  readonly pairLabels: Uint8Array
  /** Documents of one token, which make no pair. */
  readonly skippedDocuments: number
}

/** An example as a model reads it. */
export interface PretrainingSequence extends EncodedSequence {
  /** `specialTokensMask: uint8 [length]`, 1 for the special tokens around and between segments */
  specialTokensMask: Uint8Array
  /** 0 is next or in order, 1 random or swapped; undefined for full sentences */
  pairLabel?: number
}

/**
 * Reads an example: `[CLS] first [SEP] second [SEP]`, or `[CLS] text [SEP]` with a further [SEP] wherever a document ends
 * within the text.
 * @throws RangeError if there is no such example
 */
export function materialise(
  store: TokenStore,
  examples: PretrainingExamples,
  index: number,
  { clsId, sepId }: { clsId: number; sepId: number },
): PretrainingSequence {
  if (!(index >= 0 && index < examples.lengths.length)) {
    throw new RangeError(`there is no example ${index}: there are ${examples.lengths.length}.`)
  }
  const length = examples.lengths[index]
  const ids = new Int32Array(length)
  const typeIds = new Int32Array(length)
  const specialTokensMask = new Uint8Array(length)
  const special = (t: number, id: number) => {
    ids[t] = id
    specialTokensMask[t] = 1
  }
  const start = examples.firstStarts[index]
  const first = examples.firstLengths[index]
  special(0, clsId)
  special(length - 1, sepId)
  if (examples.layout === 'full-sentences') {
    const end = start + first
    let t = 1
    for (let from = start; from < end; ) {
      if (from > start) special(t++, sepId)
      const to = Math.min(end, nextDocumentStart(store, from))
      store.read(from, to - from, ids, t)
      t += to - from
      from = to
    }
    return { ids, typeIds, specialTokensMask }
  }
  store.read(start, first, ids, 1)
  special(first + 1, sepId)
  store.read(examples.secondStarts[index], examples.secondLengths[index], ids, first + 2)
  typeIds.fill(1, first + 2)
  return { ids, typeIds, specialTokensMask, pairLabel: examples.pairLabels[index] }
}

/** The first token of the document behind the one that `token` is in. */
function nextDocumentStart({ documentStarts, sentenceStarts }: TokenStore, token: number): number {
  let low = 0 // starts at or before token
  let high = documentStarts.length - 1 // starts behind it
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (sentenceStarts[documentStarts[middle]] <= token) low = middle
    else high = middle
  }
  return sentenceStarts[documentStarts[high]]
}

/**
 * Which documents to take: all, or those given.
 * @throws RangeError if one is not in the store
 */
export function chosenDocuments(
  store: TokenStore,
  documents: ArrayLike<number> | undefined,
): { count: number; at(k: number): number } {
  const all = store.documentStarts.length - 1
  if (documents === undefined) return { count: all, at: (k) => k }
  for (let k = 0; k < documents.length; k++) {
    if (documents[k] >= 0 && documents[k] < all) continue
    throw new RangeError(`there is no document ${documents[k]}: the corpus has ${all}.`)
  }
  return { count: documents.length, at: (k) => documents[k] }
}

/** The fewest tokens that an example has room in: one of text between [CLS] and [SEP], or one of each segment and three special ones. */
export const shortestExample = { sentences: 3, pair: 5 } as const

/** Lengths are kept in 16 bits. */
const longestExample = 2 ** 16 - 1

/** Why no example of so many tokens can be made or described, as what the length is instead; undefined if one can. */
export const unfitLength = (length: number, least: number): string | undefined =>
  Number.isInteger(length) && length >= least && length <= longestExample
    ? undefined
    : `${least} to ${longestExample} tokens, special tokens included, not ${length}`

/** @throws ConfigError if an example of `maxLength` tokens cannot be made or described */
export function requireMaxLength(maxLength: number, least: number): void {
  const unfit = unfitLength(maxLength, least)
  if (unfit !== undefined) throw new ConfigError('MAX_LENGTH', `maxLength must be ${unfit}`)
}

/** @throws ConfigError for a probability outside [0, 1] */
export function requireShortSequenceProbability(probability: number): void {
  if (probability >= 0 && probability <= 1) return
  throw new ConfigError(
    'SHORT_SEQUENCES',
    `expected a probability of short sequences from 0 to 1, found ${probability}.`,
  )
}
