import type { ModelConfig } from '../models/index.ts'
import type { TokenEntry } from './tokenizer-config.ts'

/** A model, and what comes with it in a vocabulary file. */
export interface VocabularyParts {
  model: ModelConfig
  /** The compiled rules of the normaliser in base64. */
  charsmap?: string
  /** Tokens that the vocabulary itself marks as found in the text as they are. */
  addedTokens?: readonly TokenEntry[]
}
