import { ConfigError, DataError } from '../../core/errors.ts'
import { randomStream } from '../../core/random.ts'
import { collateSequences, IGNORED_LABEL, type MaskedLmBatch } from '../collator.ts'
import type { BatchContext } from '../loader.ts'
import {
  continuingPieces,
  type MaskedSequence,
  type MaskingOptions,
  type MaskingShares,
  maskOne,
  maskSpans,
  maskTokens,
  maskWholeWords,
  type SpanMaskingOptions,
  wordRanges,
  wordStartsOfPieces,
} from '../masking.ts'
import { materialise, type PretrainingExamples, type PretrainingSequence } from './examples.ts'
import type { TokenStore } from './token-store.ts'

/** Which tokens are masked together, and how many. */
export type PretrainingMasking =
  | ({ kind: 'token' | 'whole-word' } & MaskingShares)
  | ({ kind: 'span' } & MaskingShares & Pick<SpanMaskingOptions, 'geometricP' | 'maxSpanLength' | 'replacement'>)

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

/** A batch for masked language modelling with or without pairs; M tokens are to be predicted, at least one. */
export interface PretrainingBatch extends MaskedLmBatch {
  /** `pairLabels: int32 [B]`: 0 is next or in order, 1 random or swapped; there only if the examples are pairs */
  pairLabels?: Int32Array
  /** `uniform: [M]`, random numbers in [0, 1) that a generator draws its tokens with */
  uniform: Float32Array
}

/** How to make batches for pre-training. */
export interface PretrainingCollatorOptions {
  store: TokenStore
  examples: PretrainingExamples
  /** See `maskingVocabulary`. */
  vocabulary: MaskingVocabulary
  /** Default: single tokens, 15 %, 80 / 10 / 10. */
  masking?: PretrainingMasking
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
 * Masks are dynamic: a pure function of (seed, epoch, number of the example), so each epoch has others, a resumed run has
 * the same, and an evaluation that always passes epoch 0 compares like with like. Should a batch have no masked token, one
 * token (with its whole word, where words are masked) is chosen by (seed, epoch, batch).
 * @throws ConfigError for settings out of range, or a masking of words with a vocabulary that tells no words
 */
export function createPretrainingCollator(
  options: PretrainingCollatorOptions,
): (indices: readonly number[], context: BatchContext) => PretrainingBatch {
  const { store, examples, vocabulary, masking = { kind: 'token' }, seed } = options
  requireVocabulary(store, vocabulary)
  const isSpecial = new Uint8Array(vocabulary.vocabSize)
  for (const id of [vocabulary.clsId, vocabulary.sepId, vocabulary.maskId, ...vocabulary.specialIds]) isSpecial[id] = 1
  const settings = { ...masking, maskId: vocabulary.maskId, vocabSize: vocabulary.vocabSize }
  const mask = masker(settings, vocabulary)
  // Settings are checked now rather than at the first batch.
  mask({ ids: new Int32Array(0), typeIds: new Int32Array(0), specialTokensMask: new Uint8Array(0) }, [seed])

  return (indices, { epoch, batch }) => {
    const sequences = indices.map((index) => {
      const sequence = materialise(store, examples, index, vocabulary)
      const { ids, specialTokensMask } = sequence
      for (let t = 0; t < ids.length; t++) if (isSpecial[ids[t]] === 1) specialTokensMask[t] = 1
      return sequence
    })
    const masked = sequences.map((sequence, b) => mask(sequence, [seed, 'mask', epoch, indices[b]]))
    let labelled = gatherLabels(masked)
    if (labelled.labels.length === 0) {
      const forced = maskAtLeastOne(sequences, [seed, 'mask-one', epoch, batch], settings, vocabulary)
      masked[forced.b] = forced.masked
      labelled = gatherLabels(masked)
    }
    const random = randomStream(seed, 'uniform', epoch, batch)
    const made: PretrainingBatch = {
      ...collateSequences(masked.map(({ ids }, b) => ({ ids, typeIds: sequences[b].typeIds }))),
      ...labelled,
      uniform: Float32Array.from(labelled.labels, () => random.uniform()),
    }
    if (examples.layout !== 'full-sentences') {
      made.pairLabels = Int32Array.from(indices, (index) => examples.pairLabels[index])
    }
    return made
  }
}

/** The labels of a batch's masked tokens and their flat rows. */
function gatherLabels(masked: readonly MaskedSequence[]): Pick<MaskedLmBatch, 'labels' | 'maskedRows'> {
  const found: number[] = []
  const maskedRows: number[] = []
  let row = 0
  for (const { labels } of masked) {
    for (let t = 0; t < labels.length; t++, row++) {
      if (labels[t] === IGNORED_LABEL) continue
      found.push(labels[t])
      maskedRows.push(row)
    }
  }
  return { labels: Int32Array.from(found), maskedRows: Int32Array.from(maskedRows) }
}

type Settings = PretrainingMasking & Pick<MaskingOptions, 'maskId' | 'vocabSize'>

/** The masking that the settings name, with the random numbers of a path. */
function masker(
  settings: Settings,
  { continuing }: MaskingVocabulary,
): (sequence: PretrainingSequence, path: (string | number)[]) => MaskedSequence {
  switch (settings.kind) {
    case 'token':
      return (sequence, path) => maskTokens(sequence, { ...settings, randomStream: randomStream(...path) })
    case 'whole-word':
    case 'span': {
      const maskWords = settings.kind === 'span' ? maskSpans : maskWholeWords
      return (sequence, path) => {
        const wordStarts = wordStartsOfPieces(sequence.ids, continuing)
        return maskWords({ ...sequence, wordStarts }, { ...settings, randomStream: randomStream(...path) })
      }
    }
    default:
      throw new ConfigError(
        'MASKING',
        `expected the masking "token", "whole-word" or "span", found "${(settings as { kind: string }).kind}".`,
      )
  }
}

/** Masks one token of the batch, with its word where words are masked. @throws DataError if there is none to mask */
function maskAtLeastOne(
  sequences: readonly PretrainingSequence[],
  path: (string | number)[],
  settings: Settings,
  { continuing }: MaskingVocabulary,
): { b: number; masked: MaskedSequence } {
  const random = randomStream(...path)
  const ordinary = sequences.map(({ specialTokensMask }) => specialTokensMask.reduce((sum, bit) => sum + 1 - bit, 0))
  let drawn = random.integer(ordinary.reduce((sum, count) => sum + count, 0))
  const b = ordinary.findIndex((count) => {
    if (drawn < count) return true
    drawn -= count
    return false
  })
  if (b < 0) {
    throw new DataError(
      'NOTHING_TO_MASK',
      'a batch has no token that may be masked, only special and unknown ones: does the tokenizer fit the language and ' +
        'alphabet of the corpus?',
    )
  }
  const { ids, specialTokensMask } = sequences[b]
  const wordStarts =
    settings.kind === 'token' ? new Uint8Array(ids.length).fill(1) : wordStartsOfPieces(ids, continuing)
  const { starts, ends } = wordRanges({ ids, specialTokensMask, wordStarts })
  const masked = { ids: ids.slice(), labels: new Int32Array(ids.length).fill(IGNORED_LABEL) }
  for (let word = 0; ; word++) {
    const size = ends[word] - starts[word]
    if (drawn >= size) {
      drawn -= size
      continue
    }
    for (let t = starts[word]; t < ends[word]; t++) maskOne(masked, t, { ...settings, randomStream: random })
    return { b, masked }
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
