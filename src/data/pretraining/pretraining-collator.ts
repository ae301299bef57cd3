import { ConfigError } from '../../core/errors.ts'
import type { BatchContext } from '../loader.ts'
import { createBatchMasker, type MaskedBatch, type Masking } from '../mask-batch.ts'
import { continuingPieces, wordStartsOfPieces } from '../masking.ts'
import { materialise, type PretrainingExamples } from './examples.ts'
import type { TokenStore } from './token-store.ts'

/** What masking must know of a vocabulary. */
export interface MaskingVocabulary {
  clsId: number
  sepId: number
  maskId: number
  /** The highest id + 1. */
  vocabSize: number
  /** Ids that are never masked, wherever they stand. */
  specialIds: readonly number[]
  /** `continuing: uint8 [vocab]`, 1 for pieces that go on with a word; for whole words and spans. */
  continuing: Uint8Array
}

/** A batch for masked language modelling with or without pairs. */
export interface PretrainingBatch extends MaskedBatch {
  /** `pairLabels: int32 [B]`: 0 is next or in order, 1 random or swapped; there only if the examples are pairs */
  pairLabels?: Int32Array
}

/** How to make batches for pre-training. */
export interface PretrainingCollatorOptions {
  store: TokenStore
  examples: PretrainingExamples
  /** See `maskingVocabulary`. */
  vocabulary: MaskingVocabulary
  /** Default: single tokens, 15 %, 80 / 10 / 10. */
  masking?: Masking
  seed: number
}

/**
 * What masking must know of a WordPiece tokenizer: its special tokens are never masked, [UNK] among them.
 * @param tokenizer such as a `BertTokenizer`
 */
export function maskingVocabulary(tokenizer: {
  readonly clsId: number
  readonly sepId: number
  readonly maskId: number
  readonly vocabSize: number
  readonly addedTokens: readonly { id: number; special: boolean }[]
  readonly vocab: readonly (string | undefined)[]
  readonly continuingSubwordPrefix: string
}): MaskingVocabulary {
  const { clsId, sepId, maskId, vocabSize, addedTokens, vocab, continuingSubwordPrefix } = tokenizer
  return {
    clsId,
    sepId,
    maskId,
    vocabSize,
    specialIds: addedTokens.filter((token) => token.special).map((token) => token.id),
    continuing: continuingPieces(vocab, continuingSubwordPrefix),
  }
}

/**
 * Makes the function that turns numbers of examples into a masked batch without padding, for `DataLoader`'s `collate`.
 * Masks are those of `createBatchMasker`: a resumed run has the same, and an evaluation that always passes epoch 0 compares like
 * with like.
 * @throws ConfigError for settings out of range, or a masking of words with a vocabulary that tells no words
 */
export function createPretrainingCollator(
  options: PretrainingCollatorOptions,
): (indices: readonly number[], context: BatchContext) => PretrainingBatch {
  const { store, examples, vocabulary, masking = { kind: 'token' }, seed } = options
  requireVocabulary(store, vocabulary)
  const isSpecial = new Uint8Array(vocabulary.vocabSize)
  for (const id of [vocabulary.clsId, vocabulary.sepId, vocabulary.maskId, ...vocabulary.specialIds]) isSpecial[id] = 1
  const mask = createBatchMasker({ masking, maskId: vocabulary.maskId, vocabSize: vocabulary.vocabSize, seed })
  const masksWords = masking.kind !== 'token'

  return (indices, context) => {
    const sequences = indices.map((index) => {
      const sequence = materialise(store, examples, index, vocabulary)
      const { ids, specialTokensMask } = sequence
      for (let t = 0; t < ids.length; t++) if (isSpecial[ids[t]] === 1) specialTokensMask[t] = 1
      return { ...sequence, ...(masksWords && { wordStarts: wordStartsOfPieces(ids, vocabulary.continuing) }) }
    })
    const made: PretrainingBatch = mask(sequences, indices, context)
    if (examples.layout !== 'full-sentences') {
      made.pairLabels = Int32Array.from(indices, (index) => examples.pairLabels[index])
    }
    return made
  }
}

function requireVocabulary(store: TokenStore, vocabulary: MaskingVocabulary): void {
  if (store.vocabSize !== vocabulary.vocabSize) {
    throw new ConfigError(
      'VOCABULARY_SIZE',
      `the corpus was tokenised with a vocabulary of ${store.vocabSize} ids, but the masking has one of ` +
        `${vocabulary.vocabSize}: use the same tokenizer for both.`,
    )
  }
}
