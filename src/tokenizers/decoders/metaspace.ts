import type { MetaspaceConfig } from '../pre-tokenizers/metaspace.ts'

/**
 * Turns the replacement back into spaces, and drops it from the first token where one was put before the text. Matches
 * huggingface/tokenizers `pre_tokenizers/metaspace.rs`.
 */
export function decodeMetaspace(tokens: readonly string[], config: MetaspaceConfig): string[] {
  return tokens.map((token, i) =>
    token.replaceAll(config.replacement, i === 0 && config.prepend_scheme !== 'never' ? '' : ' '),
  )
}
