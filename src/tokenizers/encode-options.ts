import { TokenizerError } from '../core/errors.ts'
import type { TruncationStrategy } from './truncation.ts'

/** A text, or its words where it was split before. */
export type TextInput = string | readonly string[]

/** A text of a batch, or a pair of them. */
export type BatchEntry = string | readonly string[] | readonly [text: TextInput, textPair: TextInput]

/** How to encode. */
export interface EncodeOptions {
  /** The second text of a pair. */
  textPair?: TextInput
  /** Put special tokens such as [CLS] and [SEP] around the texts. Default true. */
  addSpecialTokens?: boolean
  /** Longest encoding in tokens, special tokens included. Default: the tokenizer's maxLength. */
  maxLength?: number
  /** `true` is `longest_first`. Default: `longest_first` if maxLength is given without padding, else no truncation. */
  truncation?: boolean | TruncationStrategy
  /** The end that is cut. Default: the tokenizer's, or `right`. */
  truncationSide?: 'left' | 'right'
  /** Tokens that a window repeats of the one before; with `returnOverflowingTokens`. Default 0. */
  stride?: number
  /** Keep what is cut off, as further windows of the same length: `encoding.overflowing`. Default false. */
  returnOverflowingTokens?: boolean
  /** To the longest of the batch, or to maxLength. Default: none. */
  padding?: false | 'longest' | 'max_length'
  /** Pad up to a multiple of this many tokens. Default: any length. */
  padToMultipleOf?: number
  /** Default: the tokenizer's, or `right`. */
  paddingSide?: 'left' | 'right'
}

/** How to encode a batch. */
export interface BatchEncodeOptions extends Omit<EncodeOptions, 'textPair'> {
  /** Every text is a list of words; else a list of two is a pair of texts. Default false. */
  isSplitIntoWords?: boolean
}

/** How to decode. */
export interface DecodeOptions {
  /** Leave special tokens out, [UNK] among them. Default true. */
  skipSpecialTokens?: boolean
  /** Take out spaces before punctuation and contractions. Default: as the tokenizer's decoder does. */
  cleanUp?: boolean
}

/** What `encode` does, with the defaults filled in. */
export interface EncodePlan {
  special: boolean
  /** 0 if there is none. */
  maxLength: number
  /** undefined: nothing is cut. */
  strategy: TruncationStrategy | undefined
  side: 'left' | 'right'
  stride: number
  overflow: boolean
  padding: false | 'longest' | 'max_length'
  multiple: number
  paddingSide: 'left' | 'right'
}

const strategies: readonly string[] = ['longest_first', 'only_first', 'only_second']

/** @throws TokenizerError for a value that cannot be used */
export function planEncoding(
  options: EncodeOptions,
  defaults: { maxLength?: number; truncationSide: 'left' | 'right'; paddingSide: 'left' | 'right' },
): EncodePlan {
  const { addSpecialTokens = true, padding = false, stride = 0, padToMultipleOf = 1 } = options
  const maxLength = options.maxLength ?? defaults.maxLength
  const truncation = options.truncation ?? (options.maxLength !== undefined && padding === false)
  if (typeof truncation === 'string') oneOf('truncation', truncation, strategies)
  if (padding !== false) oneOf('padding', padding, ['longest', 'max_length'])
  const side = options.truncationSide ?? defaults.truncationSide
  const paddingSide = options.paddingSide ?? defaults.paddingSide
  oneOf('truncationSide', side, ['left', 'right'])
  oneOf('paddingSide', paddingSide, ['left', 'right'])
  if (options.maxLength !== undefined) checkMaxLength(options.maxLength, 0)
  if (maxLength === undefined && padding === 'max_length') {
    throw new TokenizerError(
      'MAX_LENGTH',
      'padding "max_length" needs a maxLength, and this tokenizer does not know the model\'s: pass maxLength.',
    )
  }
  if (!Number.isInteger(stride) || stride < 0) {
    throw new TokenizerError('STRIDE', `stride is ${stride}: expected a whole number of 0 or more.`)
  }
  if (!Number.isInteger(padToMultipleOf) || padToMultipleOf < 1) {
    throw new TokenizerError('PADDING', `padToMultipleOf is ${padToMultipleOf}: expected a whole number of 1 or more.`)
  }
  const overflow = options.returnOverflowingTokens ?? false
  const isCut = truncation !== false || overflow
  if (overflow && maxLength === undefined) {
    throw new TokenizerError(
      'MAX_LENGTH',
      'returnOverflowingTokens needs a maxLength, the size of a window, and this tokenizer does not know one: pass maxLength.',
    )
  }
  // As Hugging Face: truncation without a known maximum does nothing.
  const strategy = typeof truncation === 'string' ? truncation : 'longest_first'
  return {
    special: addSpecialTokens,
    maxLength: maxLength ?? 0,
    strategy: isCut && maxLength !== undefined ? strategy : undefined,
    side,
    stride,
    overflow,
    padding,
    multiple: padToMultipleOf,
    paddingSide,
  }
}

/** The text and the second text of entry `at` of a batch. @throws TokenizerError `TEXT` if it is neither a text nor a pair */
export function readEntry(
  entry: BatchEntry,
  at: number,
  isSplitIntoWords: boolean,
): [text: TextInput, textPair: TextInput | undefined] {
  if (typeof entry === 'string' && !isSplitIntoWords) return [entry, undefined]
  const isList = Array.isArray(entry)
  if (isSplitIntoWords && isList && entry.every((word) => typeof word === 'string')) return [entry, undefined]
  const isPairOfWords = () => entry.length === 2 && Array.isArray(entry[0]) && Array.isArray(entry[1])
  if (isList && (isSplitIntoWords ? isPairOfWords() : entry.length === 2)) return [entry[0], entry[1]]
  const found = isList ? `a list of ${entry.length}` : typeof entry
  throw new TokenizerError(
    'TEXT',
    isSplitIntoWords
      ? `text ${at} of the batch is ${found}: with isSplitIntoWords expected a list of words, or a pair of such lists.`
      : `text ${at} of the batch is ${found}: expected a text or a pair of texts; for lists of words set isSplitIntoWords.`,
  )
}

/** @throws TokenizerError `TEXT` for anything else than a text or its words */
export function checkText(text: TextInput): void {
  if (typeof text === 'string' || (Array.isArray(text) && text.every((word) => typeof word === 'string'))) return
  const found = Array.isArray(text) ? 'a list of other things' : text === null ? 'null' : typeof text
  throw new TokenizerError('TEXT', `expected a text, or a list of its words, found ${found}.`)
}

/** @param special how many special tokens are added */
export function checkMaxLength(maxLength: number, special: number): void {
  if (Number.isInteger(maxLength) && maxLength >= Math.max(1, special)) return
  throw new TokenizerError(
    'MAX_LENGTH',
    `maxLength is ${maxLength}: expected a whole number of ${Math.max(1, special)} or more` +
      (special > 0 ? `, since ${special} special tokens are added to each input.` : '.'),
  )
}

/** @param window tokens of a window without special tokens */
export function checkStride(stride: number, window: number): void {
  if (stride === 0 || stride < window) return
  throw new TokenizerError(
    'STRIDE',
    `stride is ${stride}, but a window has room for only ${window} tokens of the text, so that no window would go on: ` +
      'choose a smaller stride or a larger maxLength.',
  )
}

function oneOf(name: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return
  throw new TokenizerError('OPTION', `${name} is ${JSON.stringify(value)}: expected one of ${known.join(', ')}.`)
}
