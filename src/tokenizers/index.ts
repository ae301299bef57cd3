export type { AddedToken } from './added-tokens.ts'
export type { BertTokenizerOptions } from './bert-tokenizer.ts'
export { BertTokenizer, bertSpecialTokens } from './bert-tokenizer.ts'
export type { DecodeOptions, EncodeOptions, TextInput } from './encode-options.ts'
export { Encoding } from './encoding.ts'
export {
  formatSpecialTokensMap,
  formatTokenizerConfig,
  parseSpecialTokensMap,
  parseTokenizerConfig,
} from './files/tokenizer-config.ts'
export { formatTokenizerJson, parseTokenizerJson } from './files/tokenizer-json.ts'
export { type SpecialTokens, Tokenizer, type TokenizerDefinition } from './tokenizer.ts'
export type { TokenizerTrainerOptions, TokenizerTrainingProgress } from './trainers/training-run.ts'
export type { WordPieceTrainerOptions } from './trainers/wordpiece.ts'
export { trainWordPiece } from './trainers/wordpiece.ts'
export type { TruncationStrategy } from './truncation.ts'
export { formatVocabText, parseVocabText } from './vocabulary.ts'
