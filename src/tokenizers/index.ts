export type { AddedToken } from './added-tokens.ts'
export type { BertTokenizerOptions } from './bert-tokenizer.ts'
export { BertTokenizer, bertSpecialTokens, requireBertTokenizer } from './bert-tokenizer.ts'
export type { DecoderConfig } from './decoders/index.ts'
export type { BatchEncodeOptions, BatchEntry, DecodeOptions, EncodeOptions, TextInput } from './encode-options.ts'
export { Encoding } from './encoding.ts'
export { createTokenizer } from './files/bert-shape.ts'
export { type TokenizerFiles, tokenizerFileNames } from './files/file-names.ts'
export { formatSpecialTokensMap, formatTokenizerConfig, formatTokenizerFiles } from './files/format-config.ts'
export { parseAddedTokens, parseSpecialTokensMap, parseTokenizerConfig } from './files/tokenizer-config.ts'
export { tokenizerFromFiles } from './files/tokenizer-files.ts'
export { formatTokenizerJson, parseTokenizerJson } from './files/tokenizer-json.ts'
export {
  type AddedWord,
  type GrownVocabulary,
  type GrowVocabularyOptions,
  growVocabulary,
} from './grow-vocabulary.ts'
export {
  type BpeConfig,
  createMerges,
  type ModelConfig,
  type UnigramConfig,
  type WordLevelConfig,
  type WordPieceConfig,
} from './models/index.ts'
export type { NormalizerConfig } from './normalizers/index.ts'
export type {
  ByteLevelProcessingConfig,
  NamedToken,
  PostProcessorConfig,
  TemplateConfig,
  TemplatePiece,
} from './post-processors/index.ts'
export type { ByteLevelConfig, PreTokenizerConfig } from './pre-tokenizers/index.ts'
export { type SpecialTokens, Tokenizer, type TokenizerDefinition } from './tokenizer.ts'
export { type BpeTrainerOptions, trainBpe } from './trainers/bpe.ts'
export type { TokenizerTrainerOptions, TokenizerTrainingProgress } from './trainers/training-run.ts'
export { trainUnigram, type UnigramTrainerOptions } from './trainers/unigram.ts'
export type { WordPieceTrainerOptions } from './trainers/wordpiece.ts'
export { trainWordPiece } from './trainers/wordpiece.ts'
export type { TruncationStrategy } from './truncation.ts'
export { createVocabulary, formatVocabText, parseVocabText, Vocabulary } from './vocabulary.ts'
