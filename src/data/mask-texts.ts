import { ConfigError, DataError } from '../core/errors.ts'
import type { Example } from './example.ts'
import { describePlace } from './example.ts'
import type { BatchContext } from './loader.ts'
import { createBatchMasker, type MaskableItem, type MaskedBatch, type Masking } from './mask-batch.ts'
import { wordStartsOfWordIds } from './masking.ts'

/** A text, or a part of a long one, whose tokens are masked anew in each batch. */
export interface MaskedTextItem extends MaskableItem {
  wordStarts: Uint8Array
  /** What its masks are drawn by besides seed and epoch: a hash of its ids. */
  number: number
  /** The text that it is from. */
  example: Example
  /** The tokenizer's. */
  maskId: number
  vocabSize: number
}

/** What is needed of a tokenizer: text to ids, special tokens, words, and all of a long text in parts. */
export interface MaskedTextEncoder {
  readonly maskId: number | undefined
  readonly unkId: number | undefined
  readonly vocabSize: number
  encode(
    text: string,
    options: { maxLength: number; truncation: boolean; stride: number; returnOverflowingTokens: boolean },
  ): MaskedTextEncoding
}

interface MaskedTextEncoding {
  ids: Int32Array
  typeIds: Int32Array
  specialTokensMask: ArrayLike<number>
  wordIds: readonly (number | null)[]
  overflowing: readonly MaskedTextEncoding[]
}

/**
 * Encodes texts for masked language modelling. Longer ones become several items, so that all of a text is read and none of it
 * twice. Special tokens and [UNK] are never masked.
 * @throws ConfigError `NO_MASK_TOKEN` for a tokenizer without one; DataError `TEXT_PAIR` for an example of two texts
 */
export function encodeMaskedTexts(
  examples: readonly Example[],
  encoder: MaskedTextEncoder,
  { maxLength }: { maxLength: number },
): MaskedTextItem[] {
  const { maskId, unkId, vocabSize } = encoder
  if (maskId === undefined) {
    throw new ConfigError('NO_MASK_TOKEN', 'the tokenizer has no mask token, such as [MASK]: use the one of the model')
  }
  return examples.flatMap((example) => {
    if (example.textPair !== undefined) {
      throw new DataError(
        'TEXT_PAIR',
        `${describePlace(example.source)}: masked language modelling reads single texts: leave out the column of the second`,
      )
    }
    const options = { maxLength, truncation: true, stride: 0, returnOverflowingTokens: true }
    const first = encoder.encode(example.text, options)
    return [first, ...first.overflowing].map(({ ids, typeIds, specialTokensMask, wordIds }) => ({
      ...{ ids, typeIds, example, maskId, vocabSize },
      specialTokensMask: Uint8Array.from(ids, (id, t) => (id === unkId ? 1 : specialTokensMask[t])),
      wordStarts: wordStartsOfWordIds(wordIds),
      number: hashOf(ids),
    }))
  })
}

/**
 * Masks items and puts them into a batch, see `createBatchMasker`.
 * @throws as `createBatchMasker`
 */
export function collateMaskedTexts(
  items: readonly MaskedTextItem[],
  { seed, masking, ...context }: BatchContext & { seed: number; masking?: Masking },
): MaskedBatch {
  const { maskId, vocabSize } = items[0]
  return createBatchMasker({ masking, maskId, vocabSize, seed })(
    items,
    items.map(({ number }) => number),
    context,
  )
}

/** FNV-1a of the ids, 32 bits. */
function hashOf(ids: Int32Array): number {
  let hash = 0x811c9dc5
  for (const id of ids) hash = Math.imul(hash ^ id, 0x01000193)
  return hash >>> 0
}
