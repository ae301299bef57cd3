import { ConfigError, DataError } from '../core/errors.ts'
import { randomStream } from '../core/random.ts'
import { collateSequences, type EncodedSequence, IGNORED_LABEL, type MaskedLmBatch } from './collator.ts'
import type { BatchContext } from './loader.ts'
import {
  type MaskableSequence,
  type MaskedSequence,
  type MaskingOptions,
  type MaskingShares,
  maskOne,
  maskSpans,
  maskTokens,
  maskWholeWords,
  type SpanMaskingOptions,
  wordRanges,
} from './masking.ts'

/** Which tokens are masked together, and how many. */
export type Masking =
  | ({ kind: 'token' | 'whole-word' } & MaskingShares)
  | ({ kind: 'span' } & MaskingShares & Pick<SpanMaskingOptions, 'geometricP' | 'maxSpanLength' | 'replacement'>)

/** A sequence that batches mask anew each time. */
export interface MaskableItem extends EncodedSequence, MaskableSequence {
  /** `wordStarts: uint8 [length]`, 1 where a word begins; needed where words are masked */
  wordStarts?: Uint8Array
}

/** A batch for masked language modelling; M tokens are to be predicted, at least one. */
export interface MaskedBatch extends MaskedLmBatch {
  /** `uniform: [M]`, random numbers in [0, 1) that a generator draws its tokens with */
  uniform: Float32Array
}

/** How to mask batches. */
export interface BatchMaskerOptions {
  /** Default: single tokens, 15 %, 80 / 10 / 10. */
  masking?: Masking
  maskId: number
  /** The highest id + 1. */
  vocabSize: number
  seed: number
}

/**
 * Makes the function that masks sequences and puts them into a batch without padding. Masks are dynamic: a pure function of (seed,
 * epoch, number of the sequence), so that each epoch has others and a resumed run the same. Should a batch have no masked token,
 * one token (with its whole word, where words are masked) is chosen by (seed, epoch, batch).
 * @throws ConfigError for settings out of range; the function throws DataError for a batch of special tokens alone
 */
export function createBatchMasker({
  masking = { kind: 'token' },
  maskId,
  vocabSize,
  seed,
}: BatchMaskerOptions): (
  sequences: readonly MaskableItem[],
  numbers: readonly number[],
  context: BatchContext,
) => MaskedBatch {
  const settings = { ...masking, maskId, vocabSize }
  const mask = masker(settings)
  // Settings are checked now rather than at the first batch.
  const nothing = new Uint8Array(0)
  mask({ ids: new Int32Array(0), typeIds: new Int32Array(0), specialTokensMask: nothing, wordStarts: nothing }, [seed])

  return (sequences, numbers, { epoch, batch }) => {
    const masked = sequences.map((sequence, b) => mask(sequence, [seed, 'mask', epoch, numbers[b]]))
    let labelled = gatherLabels(masked)
    if (labelled.labels.length === 0) {
      const forced = maskAtLeastOne(sequences, [seed, 'mask-one', epoch, batch], settings)
      masked[forced.b] = forced.masked
      labelled = gatherLabels(masked)
    }
    const random = randomStream(seed, 'uniform', epoch, batch)
    return {
      ...collateSequences(masked.map(({ ids }, b) => ({ ids, typeIds: sequences[b].typeIds }))),
      ...labelled,
      uniform: Float32Array.from(labelled.labels, () => random.uniform()),
    }
  }
}

/** The labels of a batch's masked tokens and their flat rows. */
function gatherLabels(masked: readonly MaskedSequence[]): Pick<MaskedBatch, 'labels' | 'maskedRows'> {
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

type Settings = Masking & Pick<MaskingOptions, 'maskId' | 'vocabSize'>

/** The masking that the settings name, with the random numbers of a path. */
function masker(settings: Settings): (sequence: MaskableItem, path: (string | number)[]) => MaskedSequence {
  switch (settings.kind) {
    case 'token':
      return (sequence, path) => maskTokens(sequence, { ...settings, randomStream: randomStream(...path) })
    case 'whole-word':
    case 'span': {
      const maskWords = settings.kind === 'span' ? maskSpans : maskWholeWords
      return (sequence, path) => {
        return maskWords(
          { ...sequence, wordStarts: sequence.wordStarts! },
          { ...settings, randomStream: randomStream(...path) },
        )
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
  sequences: readonly MaskableItem[],
  path: (string | number)[],
  settings: Settings,
): { b: number; masked: MaskedSequence } {
  const random = randomStream(...path)
  const ordinary = sequences.map(({ specialTokensMask }) =>
    Array.from(specialTokensMask).reduce((sum, bit) => sum + 1 - bit, 0),
  )
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
  const wordStarts = settings.kind === 'token' ? new Uint8Array(ids.length).fill(1) : sequences[b].wordStarts!
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
