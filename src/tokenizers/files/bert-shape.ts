import type { BertTokenizerOptions } from '../bert-tokenizer.ts'
import { BertTokenizer } from '../bert-tokenizer.ts'
import type { TokenizerDefinition } from '../tokenizer.ts'
import { Tokenizer } from '../tokenizer.ts'
import { isObject } from './json-fields.ts'
import { bertTemplate } from './json-parts.ts'

/**
 * A tokenizer of a definition: a `BertTokenizer`, which is faster, where the definition is exactly BERT's, else a `Tokenizer`.
 * @throws TokenizerError if its parts do not fit together
 */
export function createTokenizer(definition: TokenizerDefinition): Tokenizer {
  const options = bertOptions(definition)
  return options === undefined ? new Tokenizer(definition) : new BertTokenizer(options)
}

/** The options of the `BertTokenizer` that is the same as the definition, or undefined if none is. */
export function bertOptions(definition: TokenizerDefinition): BertTokenizerOptions | undefined {
  const { model, normalizer, preTokenizer, postProcessor, decoder, specialTokens } = definition
  if (model.type !== 'WordPiece' || normalizer?.type !== 'BertNormalizer') return undefined
  if (preTokenizer?.type !== 'BertPreTokenizer') return undefined
  const prefix = model.continuing_subword_prefix
  if (decoder?.type !== 'WordPiece' || decoder.prefix !== prefix || !decoder.cleanup) return undefined
  const around = bertTokens(postProcessor)
  if (around === undefined) return undefined
  const idOf = (token: string) => model.vocab.tokenToId(token)
  if (idOf(around.cls) !== around.clsId || idOf(around.sep) !== around.sepId) return undefined
  return {
    vocab: model.vocab,
    lowercase: normalizer.lowercase,
    stripAccents: normalizer.strip_accents,
    handleChineseChars: normalizer.handle_chinese_chars,
    cleanText: normalizer.clean_text,
    maxInputCharsPerWord: model.max_input_chars_per_word,
    continuingSubwordPrefix: prefix,
    specialTokens: { ...specialTokens, unk: model.unk_token, cls: around.cls, sep: around.sep },
    addedTokens: definition.addedTokens,
    maxLength: definition.maxLength,
    paddingSide: definition.paddingSide,
    truncationSide: definition.truncationSide,
    modelInputNames: definition.modelInputNames,
    cleanUp: definition.cleanUp,
  }
}

/** The tokens that a post-processor puts around texts in the way of BERT, or undefined if it does something else. */
function bertTokens(processor: unknown): { cls: string; sep: string; clsId: number; sepId: number } | undefined {
  if (!isObject(processor)) return undefined
  if (processor.type === 'BertProcessing') {
    const { cls, sep } = processor as { cls: [string, number]; sep: [string, number] }
    return { cls: cls[0], clsId: cls[1], sep: sep[0], sepId: sep[1] }
  }
  if (processor.type !== 'TemplateProcessing') return undefined
  const { single, special_tokens: tokens } = processor as {
    single: { SpecialToken?: { id: string } }[]
    special_tokens: Record<string, { ids: number[] }>
  }
  const [cls, sep] = [single[0]?.SpecialToken?.id, single[2]?.SpecialToken?.id]
  if (cls === undefined || sep === undefined) return undefined
  const [clsId, sepId] = [cls, sep].map((token) => tokens[token]?.ids[0])
  const same = bertTemplate(cls, sep, (token) => (token === cls ? clsId : sepId))
  return canonicalJson(same) === canonicalJson(processor) ? { cls, sep, clsId, sepId } : undefined
}

/** JSON with keys in order, to compare values with. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  )
}
