import type { TokenModel } from '../components.ts'
import { createBpe } from './bpe.ts'
import type { ModelConfig } from './config.ts'
import { createUnigram } from './unigram.ts'
import { createWordLevel } from './wordlevel.ts'
import { WordPiece } from './wordpiece.ts'

export type { BpeConfig, ModelConfig, UnigramConfig, WordLevelConfig, WordPieceConfig } from './config.ts'
export { formatModel } from './format-model.ts'
export { createMerges } from './merges.ts'
export { readModel } from './read-model.ts'

/**
 * The model that a configuration describes. Ids and offsets are those of huggingface/tokenizers `models/`. A word that is
 * not covered by a vocabulary without an unknown token throws when it is met: TokenizerError `MISSING_SPECIAL_TOKEN`.
 */
export function createModel(config: ModelConfig): TokenModel {
  switch (config.type) {
    case 'WordPiece':
      return new WordPiece(config.vocab, {
        unkId: config.vocab.tokenToId(config.unk_token),
        unkToken: config.unk_token,
        continuingSubwordPrefix: config.continuing_subword_prefix,
        maxInputCharsPerWord: config.max_input_chars_per_word,
      })
    case 'WordLevel':
      return createWordLevel(config.vocab, config.unk_token)
    case 'BPE':
      return createBpe(config)
    case 'Unigram':
      return createUnigram(config)
  }
}
