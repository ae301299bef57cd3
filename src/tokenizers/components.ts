/** The steps from text to tokens and back, each of which has several kinds; see the folders of the same names. */
import type { NormalizedText } from './normalized-text.ts'
import type { SplitText } from './split-text.ts'
import type { TokenBuffer } from './token-buffer.ts'

/** Rewrites a text: `normalizers/`. */
export interface Normalizer {
  /** Appends the normalised form of `text` to `out`, each code point with the source range that it came from. */
  normalize(text: NormalizedText, out: NormalizedText): void
}

/** Cuts a text into words, and may rewrite it on the way: `pre-tokenizers/`. */
export interface PreTokenizer {
  /** Appends the words that the words of `input` are cut into to `out`. */
  split(input: SplitText, out: SplitText): void
}

/** Cuts words into the pieces of a vocabulary: `models/`. */
export interface TokenModel {
  /** The highest id + 1. */
  readonly size: number
  tokenToId(token: string): number | undefined
  idToToken(id: number): string | undefined
  /** Appends the tokens of the word `text[start, end)`, with offsets in the source text, to `out` and counts the word. */
  tokenize(text: NormalizedText, start: number, end: number, out: TokenBuffer): void
}

/** Turns tokens back to text: `decoders/`. */
export interface Decoder {
  /** The stretches of text that the tokens stand for; joined, they are the text. */
  decode(tokens: readonly string[]): string[]
}
