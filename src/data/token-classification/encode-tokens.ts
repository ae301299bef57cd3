import { ConfigError } from '../../core/errors.ts'
import { IGNORED_LABEL, type MaskedLmItem } from '../collator.ts'
import { tagIds } from './tag-labels.ts'
import type { TokenExample } from './token-example.ts'

/** An encoding as far as words and their pieces go. */
export interface WordEncoding {
  /** `ids: int32 [length]` */
  readonly ids: Int32Array
  /** `typeIds: int32 [length]` */
  readonly typeIds: Int32Array
  /** The word of each token, ascending; null for special tokens. */
  readonly wordIds: readonly (number | null)[]
  /** `starts: int32 [length]`, where each token begins: in its text, or in its word where words are given; UTF-16 units */
  readonly starts: Int32Array
  /** `ends: int32 [length]` */
  readonly ends: Int32Array
  /** Whether tokens were cut off. */
  readonly truncated: boolean
  /** Further windows. */
  readonly overflowing: readonly WordEncoding[]
}

/** What is needed of a tokenizer: a text or its words to pieces that know their word, in windows. */
export interface WordEncoder {
  encode(text: string | readonly string[], options: WordEncodeOptions): WordEncoding
}

/** The settings of a tokenizer that windows need. */
export interface WordEncodeOptions {
  maxLength?: number
  truncation?: boolean
  truncationSide?: 'right'
  stride?: number
  returnOverflowingTokens?: boolean
}

/** How words become tokens. */
export interface EncodeTokensOptions {
  /** Most tokens of a sequence, special tokens included. Default: no limit. */
  maxLength?: number
  /**
   * What becomes of a longer sentence. `windows` (default): it is read in several sequences that overlap, and each word counts
   * in the one where it has most context. `cut`: the words behind are not read, and so stay outside of entities.
   */
  overflow?: 'windows' | 'cut'
  /** Tokens that a window repeats of the one before. Default: a quarter of its room for words. */
  stride?: number
  /** Label every piece of a word with its tag, not only the first. Default false. */
  labelAllPieces?: boolean
}

/** What all windows of a sentence share: the same object. */
export interface TokenSentence {
  /** Words of the whole sentence. */
  wordCount: number
  /** `tags: int32 [wordCount]`, the true label of each word; absent if they are not known */
  tags?: Int32Array
  /** What it was made of; absent for a text. */
  example?: TokenExample
}

/** A sentence, or a window of one. M of its tokens are pieces of words that count here. */
export interface TokenItem extends MaskedLmItem {
  /** `words: int32 [M]`, the word of each token whose label is not -100, in order */
  words: Int32Array
  sentence: TokenSentence
}

/** Sentences as sequences of tokens. */
export interface EncodedTokens {
  /** In the order of the sentences, at least one each. */
  items: TokenItem[]
  /** Sentences that were cut. */
  truncated: number
  /** Sentences that were read in several windows. */
  windowed: number
}

/** The tokens of a sequence that stand for words, and what is known of them. */
export interface EncodedWords extends Pick<TokenItem, 'ids' | 'typeIds' | 'words'> {
  /** `rows: int32 [M]`, the place of each such token in the sequence */
  rows: Int32Array
}

/**
 * Encodes sentences for a token classifier: the label of each word stands on its first piece, all other tokens have -100. A word
 * counts once, whichever windows it stands in. Without `labels` the first pieces have the label 0, to be predicted.
 * @param labels what a model's classes are called
 * @throws ConfigError for a maxLength, stride or overflow that cannot be; DataError naming file, row and word for a tag that is
 *   missing or unknown
 */
export function encodeTokens(
  examples: readonly TokenExample[],
  encoder: WordEncoder,
  { labels, ...options }: EncodeTokensOptions & { labels?: readonly string[] } = {},
): EncodedTokens {
  const ids = labels && new Map(labels.map((label, id) => [label, id]))
  // First, since a wrong tag should not show after minutes of encoding.
  const tags = labels && examples.map((example) => tagIds(example, labels, ids))
  const result: EncodedTokens = { items: [], truncated: 0, windowed: 0 }
  examples.forEach((example, i) => {
    const { windows, truncated } = encodeWords(example.words, encoder, options)
    if (truncated) result.truncated++
    if (windows.length > 1) result.windowed++
    const sentence = { wordCount: example.words.length, ...(tags && { tags: tags[i] }), example }
    for (const window of windows) result.items.push(tokenItem(window, sentence))
  })
  return result
}

/** A window as a sequence that can be asked or trained: labels are 0 where no tags are known. */
export function tokenItem({ ids, typeIds, words, rows }: EncodedWords, sentence: TokenSentence): TokenItem {
  const labels = new Int32Array(ids.length).fill(IGNORED_LABEL)
  rows.forEach((row, m) => {
    labels[row] = sentence.tags ? sentence.tags[words[m]] : 0
  })
  return { ids, typeIds, labels, words, sentence }
}

/**
 * Encodes a text or its words in as many windows as they need.
 * @returns windows, in which each word that has tokens counts once, and the encodings that they were made of
 * @throws ConfigError for a maxLength, stride or overflow that cannot be
 */
export function encodeWords(
  text: string | readonly string[],
  encoder: WordEncoder,
  { maxLength, overflow = 'windows', stride, labelAllPieces = false }: EncodeTokensOptions,
): { windows: EncodedWords[]; encodings: WordEncoding[]; truncated: boolean } {
  checkOptions(maxLength, overflow, stride)
  const whole = encoder.encode(text, { truncation: false })
  const isLong = maxLength !== undefined && whole.ids.length > maxLength
  let encodings = [whole]
  let step = 0
  if (isLong) {
    const { wordIds } = whole
    const special = wordIds.reduce((count: number, word) => count + (word === null ? 1 : 0), 0)
    const room = maxLength - special
    if (room < 1) {
      throw new ConfigError(
        'MAX_LENGTH',
        `a maximum length of ${maxLength} leaves no room for words beside ${special} special tokens: raise it.`,
      )
    }
    if (stride !== undefined && stride >= room) {
      throw new ConfigError(
        'STRIDE',
        `a stride of ${stride} leaves windows of ${room} tokens nothing new: expected less than ${room}.`,
      )
    }
    const repeated = stride ?? Math.floor(room / 4)
    step = room - repeated
    const first = encoder.encode(text, {
      maxLength,
      truncation: true,
      truncationSide: 'right',
      ...(overflow === 'windows' && { stride: repeated, returnOverflowingTokens: true }),
    })
    encodings = [first, ...(overflow === 'windows' ? first.overflowing : [])]
  }
  const pieces = piecesOfWords(whole.wordIds)
  const windows = encodings.map((encoding, w) => placeWords(encoding, w * step))
  const winners = bestWindows(encodings, windows, pieces)
  return {
    windows: windows.map((window, w) => chosenWords(encodings[w], window, pieces, winners, w, labelAllPieces)),
    encodings,
    truncated: isLong && overflow === 'cut',
  }
}

function checkOptions(maxLength: number | undefined, overflow: string, stride: number | undefined): void {
  if (maxLength !== undefined && !(Number.isInteger(maxLength) && maxLength > 0)) {
    throw new ConfigError('MAX_LENGTH', `expected a maximum length of 1 or more, a whole number, found ${maxLength}.`)
  }
  if (stride !== undefined && !(Number.isInteger(stride) && stride >= 0)) {
    throw new ConfigError('STRIDE', `expected a stride of 0 or more, a whole number, found ${stride}.`)
  }
  if (overflow !== 'windows' && overflow !== 'cut') {
    throw new ConfigError('OVERFLOW', `overflow is "${overflow}": expected "windows" or "cut".`)
  }
}

/** Pieces of words are numbered through a whole text, special tokens left out: `[first, last + 1]` of each word that has any. */
type Pieces = ReadonlyMap<number, readonly [from: number, to: number]>

function piecesOfWords(wordIds: readonly (number | null)[]): Pieces {
  const pieces = new Map<number, [number, number]>()
  let piece = 0
  for (const word of wordIds) {
    if (word === null) continue
    const known = pieces.get(word)
    if (known) known[1] = piece + 1
    else pieces.set(word, [piece, piece + 1])
    piece++
  }
  return pieces
}

/** The pieces `[from, to)` that a window has, and where each of them stands in it. */
interface Window {
  from: number
  to: number
  rows: number[]
}

function placeWords({ wordIds }: WordEncoding, from: number): Window {
  const rows = [...wordIds.keys()].filter((row) => wordIds[row] !== null)
  return { from, to: from + rows.length, rows }
}

/**
 * The window that each word counts in: of those with its first piece the one where the nearer end is farthest away, as the
 * "max context" of BERT's run_squad.py; the earlier of equals. A window that cuts a word has it beyond its end.
 */
function bestWindows(
  encodings: readonly WordEncoding[],
  windows: readonly Window[],
  pieces: Pieces,
): ReadonlyMap<number, number> {
  const winners = new Map<number, number>()
  const contexts = new Map<number, number>()
  windows.forEach(({ from, to, rows }, w) => {
    rows.forEach((row, i) => {
      const word = encodings[w].wordIds[row]!
      const [first, end] = pieces.get(word)!
      if (first !== from + i) return
      const context = Math.min(i, to - end)
      if (context <= (contexts.get(word) ?? Number.NEGATIVE_INFINITY)) return
      contexts.set(word, context)
      winners.set(word, w)
    })
  })
  return winners
}

function chosenWords(
  { ids, typeIds, wordIds }: WordEncoding,
  { from, rows: rowsOfPieces }: Window,
  pieces: Pieces,
  winners: ReadonlyMap<number, number>,
  w: number,
  allPieces: boolean,
): EncodedWords {
  const rows: number[] = []
  const words: number[] = []
  rowsOfPieces.forEach((row, i) => {
    const word = wordIds[row]!
    if (winners.get(word) !== w) return
    if (!allPieces && pieces.get(word)![0] !== from + i) return
    rows.push(row)
    words.push(word)
  })
  return { ids, typeIds, rows: Int32Array.from(rows), words: Int32Array.from(words) }
}
