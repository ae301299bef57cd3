import type { AddedToken } from './added-tokens.ts'
import type { DecoderConfig } from './decoders/index.ts'
import type { ModelConfig } from './models/index.ts'
import type { NormalizerConfig } from './normalizers/index.ts'
import type { PostProcessorConfig } from './post-processors/index.ts'
import type { PreTokenizerConfig } from './pre-tokenizers/index.ts'

/** The names of the tokens that have a meaning of their own. */
export interface SpecialTokens {
  unk: string
  cls: string
  sep: string
  pad: string
  mask: string
}

/** A tokenizer's parts, each as tokenizer.json has it, and what tokenizer_config.json adds. */
export interface TokenizerDefinition {
  model: ModelConfig
  normalizer?: NormalizerConfig | null
  preTokenizer?: PreTokenizerConfig | null
  postProcessor?: PostProcessorConfig | null
  decoder?: DecoderConfig | null
  /** Tokens that are found in the text as they are, special tokens among them. */
  addedTokens?: readonly AddedToken[]
  specialTokens?: Partial<SpecialTokens & { bos: string; eos: string }>
  /** The longest input of the model in tokens (`model_max_length`). Default: not known. */
  maxLength?: number
  /** Default `right`. */
  paddingSide?: 'left' | 'right'
  /** Default `right`. */
  truncationSide?: 'left' | 'right'
  /** What the model takes, e.g. `['input_ids', 'attention_mask']`. */
  modelInputNames?: readonly string[]
  /** `decode` takes out spaces before punctuation (`clean_up_tokenization_spaces`). Default false. */
  cleanUp?: boolean
}
