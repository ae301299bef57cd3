import { ConfigError } from '../core/errors.ts'
import type { ClassificationItem, EncodedSequence } from './collator.ts'
import type { Example } from './example.ts'
import { labelIds } from './labels.ts'

/** What is needed of a tokenizer: text, or a pair of texts, to ids with special tokens. */
export interface SequenceEncoder {
  encode(
    text: string,
    options: { textPair?: string; maxLength?: number; truncation?: boolean },
  ): { ids: Int32Array; typeIds: Int32Array; truncated?: boolean }
}

/** How to encode examples. */
export interface EncodeExamplesOptions {
  /** Longer sequences are cut to so many tokens, special tokens included. Default: no limit. */
  maxLength?: number
}

/** Encodes examples one by one, in order. @throws ConfigError for a maxLength that is no positive integer */
export function encodeExamples(
  examples: readonly Pick<Example, 'text' | 'textPair'>[],
  encoder: SequenceEncoder,
  { maxLength }: EncodeExamplesOptions = {},
): (EncodedSequence & { truncated?: boolean })[] {
  if (maxLength !== undefined && !(Number.isInteger(maxLength) && maxLength > 0)) {
    throw new ConfigError('MAX_LENGTH', `expected a maximum length of 1 or more, a whole number, found ${maxLength}.`)
  }
  return examples.map(({ text, textPair }) => {
    const { ids, typeIds, truncated } = encoder.encode(text, {
      textPair,
      maxLength,
      truncation: maxLength !== undefined,
    })
    return { ids, typeIds, truncated }
  })
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
