/** Settings of the models, as tokenizer.json names them; vocabularies in a compact form. */
import type { Vocabulary } from '../vocabulary.ts'

/** The longest known pieces of a word, from the left: BERT. */
export interface WordPieceConfig {
  type: 'WordPiece'
  unk_token: string
  /** Before pieces that are not the first of their word, e.g. `##`. */
  continuing_subword_prefix: string
  /** A word of more code points is unknown. */
  max_input_chars_per_word: number
  vocab: Vocabulary
}

/** Pairs of pieces put together in the order in which training found them: RoBERTa. */
export interface BpeConfig {
  type: 'BPE'
  /** Random merging is for training and not supported. */
  dropout: null
  unk_token: string | null
  /** Before pieces that are not the first of their word. */
  continuing_subword_prefix: string | null
  /** After pieces that are the last of their word. */
  end_of_word_suffix: string | null
  /** Unknown characters that follow each other are one token. */
  fuse_unk: boolean
  /** Unknown characters are the tokens of their UTF-8 bytes, `<0x00>` …, where the vocabulary has them. */
  byte_fallback: boolean
  /** A word that is in the vocabulary is one token, whatever the merges say. */
  ignore_merges: boolean
  vocab: Vocabulary
  /** int32 [merges, 3]: ids of the left piece, the right piece and the two together, best first; see `createMerges`. */
  merges: Int32Array
}

/** The most probable pieces: ALBERT, XLM-R. */
export interface UnigramConfig {
  type: 'Unigram'
  /** null: unknown characters throw. */
  unk_id: number | null
  vocab: Vocabulary
  /** Log probability of each id: float64 [vocab.size]. */
  scores: Float64Array
  /** Unknown characters are the tokens of their UTF-8 bytes, `<0x00>` …, where the vocabulary has them. */
  byte_fallback: boolean
}

/** Whole words. */
export interface WordLevelConfig {
  type: 'WordLevel'
  vocab: Vocabulary
  unk_token: string
}

/** A model as tokenizer.json has it, with a compact vocabulary. */
export type ModelConfig = WordPieceConfig | BpeConfig | UnigramConfig | WordLevelConfig
