import { readPostProcessor } from '../post-processors/index.ts'
import type { TokenizerDefinition } from '../tokenizer.ts'
import type { TokenizerFamily } from './families.ts'
import { bertTemplate } from './json-parts.ts'
import type { TokenizerSettings } from './tokenizer-config.ts'

/**
 * A tokenizer.json's definition with what tokenizer_config.json says about its components, as transformers' classes apply it:
 * case, accents and Chinese characters to a BertNormalizer, the leading space to a ByteLevel or Metaspace pre-tokenizer. Without a
 * class (`PreTrainedTokenizerFast`) the tokenizer.json counts as it is.
 */
export function applySettings(
  definition: TokenizerDefinition,
  family: TokenizerFamily | undefined,
  settings: TokenizerSettings,
): TokenizerDefinition {
  if (family === undefined) return definition
  let { normalizer, preTokenizer, postProcessor } = definition
  if (normalizer?.type === 'BertNormalizer') {
    normalizer = {
      ...normalizer,
      lowercase: settings.lowercase ?? normalizer.lowercase,
      strip_accents: settings.stripAccents === undefined ? normalizer.strip_accents : settings.stripAccents,
      handle_chinese_chars: settings.handleChineseChars ?? normalizer.handle_chinese_chars,
    }
  }
  if (preTokenizer?.type === 'ByteLevel' && settings.addPrefixSpace !== undefined) {
    preTokenizer = { ...preTokenizer, add_prefix_space: settings.addPrefixSpace }
  }
  if (postProcessor?.type === 'RobertaProcessing' && family.vocabulary === 'byte-level-bpe') {
    postProcessor = {
      ...postProcessor,
      trim_offsets: settings.trimOffsets ?? postProcessor.trim_offsets,
      add_prefix_space: settings.addPrefixSpace ?? postProcessor.add_prefix_space,
    }
  }
  // transformers' BertTokenizer puts its special tokens around texts even where the file has no post-processor.
  if (!postProcessor && (family.name === 'bert' || family.name === 'distilbert')) {
    const idOf = (token: string) => definition.model.vocab.tokenToId(token)
    const { cls, sep } = { ...family.specialTokens, ...contents(settings) }
    if (idOf(cls) !== undefined && idOf(sep) !== undefined) {
      postProcessor = readPostProcessor(
        bertTemplate(cls, sep, (token) => idOf(token) as number),
        'post_processor',
      )
    }
  }
  return { ...definition, normalizer, preTokenizer, postProcessor }
}

function contents({ named }: TokenizerSettings): { cls?: string; sep?: string } {
  const { cls, sep } = named.roles
  return { ...(cls && { cls: cls.content }), ...(sep && { sep: sep.content }) }
}
