export type { AddedToken } from './added-tokens.ts'
export type { BertTokenizerOptions, DecodeOptions, EncodeOptions, SpecialTokens } from './bert-tokenizer.ts'
export { BertTokenizer, bertSpecialTokens } from './bert-tokenizer.ts'
export { Encoding } from './encoding.ts'
export {
  formatSpecialTokensMap,
  formatTokenizerConfig,
  parseSpecialTokensMap,
  parseTokenizerConfig,
} from './tokenizer-config.ts'
export { formatTokenizerJson, parseTokenizerJson } from './tokenizer-json.ts'
export type { TruncationStrategy } from './truncation.ts'
export { formatVocabText, parseVocabText } from './vocabulary.ts'
export type { WordPieceProgress, WordPieceTrainerOptions } from './wordpiece-trainer.ts'
export { trainWordPiece } from './wordpiece-trainer.ts'
