import type { ModelConfig } from '../models/index.ts'
import type { Tokenizer, TokenizerDefinition } from '../tokenizer.ts'
import { formatVocabText } from '../vocabulary.ts'
import { canonicalJson } from './bert-shape.ts'
import type { ComponentSettings, FamilyName, FamilyTokens, TokenizerFamily } from './families.ts'
import { families } from './families.ts'
import type { JsonObject } from './json-fields.ts'
import { isObject } from './json-fields.ts'
import { robertaTemplate, sequence } from './json-parts.ts'
import { tokenRoles } from './tokenizer-config.ts'
import { formatAddedToken, formatTokenizerJson } from './tokenizer-json.ts'

/** What transformers writes for "not known": int(1e30). Not a number that JSON.stringify would write so. */
const unsetMaxLength = '1000000000000000019884624838656'

/** The texts of the files of a tokenizer by name: what transformers 4 and 5, tokenizers and transformers.js load. */
export function formatTokenizerFiles(tokenizer: Tokenizer): Record<string, string> {
  const { model } = tokenizer.definition
  const vocab = model.type === 'WordPiece' ? formatVocabText(model.vocab) : undefined
  return {
    'tokenizer.json': formatTokenizerJson(tokenizer),
    'tokenizer_config.json': formatTokenizerConfig(tokenizer),
    'special_tokens_map.json': formatSpecialTokensMap(tokenizer),
    ...(vocab !== undefined && { 'vocab.txt': vocab }),
  }
}

/**
 * The text of a tokenizer_config.json for transformers 4 and 5. Its `tokenizer_class` is the class that builds exactly these
 * components anew, as version 5 does instead of reading them, or else `PreTrainedTokenizerFast`, which reads them.
 */
export function formatTokenizerConfig({ definition }: { readonly definition: TokenizerDefinition }): string {
  const { addedTokens = [], maxLength, paddingSide, truncationSide, cleanUp, modelInputNames } = definition
  const rebuilt = rebuiltBy(definition)
  const named = specialTokenNames(definition)
  const texts = new Set(Object.values(named))
  const extra = addedTokens.filter((token) => token.special && !texts.has(token.content)).map((token) => token.content)
  const config = {
    added_tokens_decoder: Object.fromEntries(addedTokens.map((token) => [token.id, formatAddedToken(token)])),
    ...named,
    ...(extra.length > 0 && { additional_special_tokens: extra }),
    ...rebuilt?.settings,
    ...(cleanUp !== undefined && { clean_up_tokenization_spaces: cleanUp }),
    ...(modelInputNames !== undefined && { model_input_names: modelInputNames }),
    model_max_length: maxLength ?? unsetMaxLength,
    ...(paddingSide !== undefined && { padding_side: paddingSide }),
    ...(truncationSide !== undefined && { truncation_side: truncationSide }),
    tokenizer_class: rebuilt?.family.tokenizerClass ?? 'PreTrainedTokenizerFast',
  }
  return `${JSON.stringify(config, null, 2).replace(`"${unsetMaxLength}"`, unsetMaxLength)}\n`
}

/** The text of a special_tokens_map.json. */
export function formatSpecialTokensMap({ definition }: { readonly definition: TokenizerDefinition }): string {
  return `${JSON.stringify(specialTokenNames(definition), null, 2)}\n`
}

function specialTokenNames({ specialTokens = {} }: TokenizerDefinition): Record<string, string> {
  const entries = tokenRoles.map((role) => [`${role}_token`, specialTokens[role]])
  return Object.fromEntries(entries.filter(([, token]) => token !== undefined))
}

/** The family whose class in transformers 5 makes the same components from the same vocabulary, and the settings that it needs. */
function rebuiltBy(definition: TokenizerDefinition): { family: TokenizerFamily; settings: JsonObject } | undefined {
  const { specialTokens = {}, modelInputNames } = definition
  const { model } = definition
  const idOf = (token: string) => model.vocab.tokenToId(token)
  const wanted = canonicalJson(parts(definition))
  for (const family of families) {
    const names = { ...family.specialTokens, ...specialTokens } as FamilyTokens
    if (tokenRoles.some((role) => names[role] !== undefined && idOf(names[role]) === undefined)) continue
    if (family.name === 'distilbert' && modelInputNames?.includes('token_type_ids') !== false) continue
    if (family.name === 'bert' && modelInputNames?.includes('token_type_ids') === false) continue
    if (family.name === 'camembert' && idOf('<s>NOTUSED') === undefined) continue
    if (family.name === 'xlm-roberta' && idOf('<s>NOTUSED') !== undefined) continue
    const settings = settingsOf(definition)
    const made = remade(family, settings, names, (token) => idOf(token) as number, charsmapOf(definition.normalizer))
    if (canonicalJson(made) === wanted && sameModel(model, family, names.unk)) {
      return { family, settings: settingsToWrite(family, settings, model) }
    }
  }
  return undefined
}

function parts({ normalizer, preTokenizer, postProcessor, decoder }: TokenizerDefinition) {
  return { normalizer: normalizer ?? null, preTokenizer, postProcessor, decoder }
}

/** The components as the class of transformers 5 makes them, where that differs from the family's. */
function remade(
  family: TokenizerFamily,
  settings: ComponentSettings,
  names: FamilyTokens,
  idOf: (token: string) => number,
  charsmap: string | undefined,
) {
  const made = family.parts(settings, names, idOf, charsmap)
  if (family.name === 'deberta') {
    return { ...made, postProcessor: robertaTemplate(names.cls, names.sep, idOf) }
  }
  if (family.name !== 'deberta-v2') return made
  const normalizer = sequence('normalizers', [
    ...(settings.lowercase === true ? [{ type: 'Lowercase' }] : []),
    { type: 'Replace', pattern: { Regex: '\\s{2,}|[\\n\\r\\t]' }, content: ' ' },
    { type: 'NFC' },
    { type: 'Strip', strip_left: false, strip_right: true },
  ])
  return { ...made, normalizer }
}

/** The settings of the classes, read off the components. */
function settingsOf({ normalizer, preTokenizer, postProcessor }: TokenizerDefinition): ComponentSettings {
  const normalizers = flatten(normalizer)
  const splitters = flatten(preTokenizer)
  const has = (list: JsonObject[], type: string) => list.find((each) => each.type === type)
  const bert = has(normalizers, 'BertNormalizer')
  const processing: JsonObject = isObject(postProcessor) ? postProcessor : {}
  const scheme = has(splitters, 'Metaspace')?.prepend_scheme
  return {
    lowercase: bert === undefined ? has(normalizers, 'Lowercase') !== undefined : (bert.lowercase as boolean),
    stripAccents: (bert?.strip_accents ?? null) as boolean | null,
    handleChineseChars: (bert?.handle_chinese_chars ?? true) as boolean,
    keepAccents: has(normalizers, 'StripAccents') === undefined,
    addPrefixSpace: scheme === undefined ? has(splitters, 'ByteLevel')?.add_prefix_space === true : scheme === 'always',
    trimOffsets: processing.trim_offsets !== false,
    splitByPunctuation: has(splitters, 'Punctuation') !== undefined,
  }
}

function flatten(component: unknown): JsonObject[] {
  if (!isObject(component)) return []
  const inner = component.normalizers ?? component.pretokenizers
  return Array.isArray(inner) ? inner.flatMap(flatten) : [component]
}

function charsmapOf(normalizer: unknown): string | undefined {
  const map = flatten(normalizer).find((each) => each.type === 'Precompiled')?.precompiled_charsmap
  return typeof map === 'string' ? map : undefined
}

function settingsToWrite(family: TokenizerFamily, settings: ComponentSettings, model: ModelConfig): JsonObject {
  const { lowercase, stripAccents, handleChineseChars, keepAccents, addPrefixSpace, trimOffsets } = settings
  if (family.vocabulary === 'wordpiece') {
    return { do_lower_case: lowercase, strip_accents: stripAccents, tokenize_chinese_chars: handleChineseChars }
  }
  if (family.vocabulary === 'byte-level-bpe') return { add_prefix_space: addPrefixSpace, trim_offsets: trimOffsets }
  const common = { add_prefix_space: addPrefixSpace }
  if (family.name === 'albert') return { do_lower_case: lowercase, keep_accents: keepAccents, ...common }
  if (family.name !== 'deberta-v2' || model.type !== 'Unigram') return common
  return { do_lower_case: lowercase, split_by_punct: settings.splitByPunctuation, unk_id: model.unk_id, ...common }
}

/** Whether the class makes the same model from the vocabulary. */
function sameModel(model: ModelConfig, { name, vocabulary }: TokenizerFamily, unk: string): boolean {
  switch (model.type) {
    case 'WordPiece':
      return (
        vocabulary === 'wordpiece' &&
        model.unk_token === unk &&
        model.continuing_subword_prefix === '##' &&
        model.max_input_chars_per_word === 100
      )
    case 'BPE':
      return (
        vocabulary === 'byte-level-bpe' &&
        !(model.unk_token || model.continuing_subword_prefix || model.end_of_word_suffix) &&
        !(model.fuse_unk || model.byte_fallback || model.ignore_merges)
      )
    case 'Unigram': {
      const id = model.vocab.tokenToId(unk)
      const unkIds: Partial<Record<FamilyName, number | null>> = {
        'xlm-roberta': 3,
        camembert: id,
        albert: 1,
        // Looked up as a piece of score 0, else as `unk_id` says.
        'deberta-v2': id !== undefined && model.scores[id] === 0 ? id : model.unk_id,
      }
      return vocabulary === 'sentencepiece' && model.unk_id === unkIds[name] && !model.byte_fallback
    }
    default:
      return false
  }
}
