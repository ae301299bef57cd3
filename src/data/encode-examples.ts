import { ConfigError } from '../core/errors.ts'
import type { ClassificationItem, EncodedText } from './collator.ts'
import type { Example } from './example.ts'
import { labelIds } from './labels.ts'
import { cutIntoWindows, type WholeEncoding, type WindowOptions } from './text-windows.ts'

/** What is needed of a tokenizer: text, or a pair of texts, to ids with special tokens. */
export interface SequenceEncoder {
  /** `sequenceIds`, as in `WholeEncoding`, is needed for windows alone. */
  encode(
    text: string,
    options: { textPair?: string; maxLength?: number; truncation?: boolean },
  ): Pick<WholeEncoding, 'ids' | 'typeIds'> & Partial<Pick<WholeEncoding, 'sequenceIds'>> & { truncated?: boolean }
}

/** How to encode examples. */
export interface EncodeExamplesOptions {
  /** Longer sequences are cut to so many tokens, special tokens included. Default: no limit. */
  maxLength?: number
  /** Longer texts are read in windows instead, as a model's `config.longTexts` says. */
  longTexts?: WindowOptions
}

/**
 * Encodes examples one by one, in order. `truncated` says whether a part of a text is not read.
 * @throws ConfigError for a maxLength that is no positive integer or not that of the windows; as `cutIntoWindows`
 */
export function encodeExamples(
  examples: readonly Pick<Example, 'text' | 'textPair'>[],
  encoder: SequenceEncoder,
  { maxLength, longTexts }: EncodeExamplesOptions = {},
): (EncodedText & { truncated?: boolean })[] {
  if (maxLength !== undefined && !(Number.isInteger(maxLength) && maxLength > 0)) {
    throw new ConfigError('MAX_LENGTH', `expected a maximum length of 1 or more, a whole number, found ${maxLength}.`)
  }
  if (longTexts && maxLength !== undefined && maxLength !== longTexts.maxLength) {
    throw new ConfigError(
      'MAX_LENGTH',
      `long texts are read in windows of ${longTexts.maxLength} tokens, not ${maxLength}: leave maxLength out.`,
    )
  }
  return examples.map(({ text, textPair }) => {
    if (longTexts) {
      const { ids, typeIds, sequenceIds } = encoder.encode(text, { textPair, truncation: false })
      return cutIntoWindows({ ids, typeIds, sequenceIds: requireSequences(sequenceIds) }, longTexts)
    }
    const { ids, typeIds, truncated } = encoder.encode(text, {
      textPair,
      maxLength,
      truncation: maxLength !== undefined,
    })
    return { ids, typeIds, truncated }
  })
}

function requireSequences(sequenceIds: WholeEncoding['sequenceIds'] | undefined): WholeEncoding['sequenceIds'] {
  if (sequenceIds) return sequenceIds
  throw new ConfigError('SEQUENCE_IDS', 'windows need a tokenizer whose encodings have sequenceIds.')
}

/** Encodes labelled examples for a classifier. @throws as `encodeExamples` and `labelIds` */
export function encodeClassification(
  examples: readonly Example[],
  encoder: SequenceEncoder,
  options: EncodeExamplesOptions & { labels: readonly string[] },
): ClassificationItem[] {
  const ids = labelIds(examples, options.labels) // first, since a wrong label should not show after minutes of encoding
  return encodeExamples(examples, encoder, options).map((sequence, i) => ({ ...sequence, labelId: ids[i] }))
}
