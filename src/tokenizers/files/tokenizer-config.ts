import type { ComponentSettings } from './families.ts'
import type { JsonObject } from './json-fields.ts'
import { badField, field, isObject, parseJsonObject } from './json-fields.ts'

/** What the special tokens of transformers are for. */
export type TokenRole = 'unk' | 'cls' | 'sep' | 'pad' | 'mask' | 'bos' | 'eos'
export const tokenRoles: readonly TokenRole[] = ['unk', 'sep', 'pad', 'cls', 'mask', 'bos', 'eos']

/** A token as a settings file has it; flags that the file does not give are undefined. */
export interface TokenEntry {
  content: string
  id?: number
  special?: boolean
  normalized?: boolean
  singleWord?: boolean
  lstrip?: boolean
  rstrip?: boolean
}

/** What a special_tokens_map.json says, and the same keys of a tokenizer_config.json. */
export interface NamedTokens {
  /** null: the file says that there is none. */
  roles: Partial<Record<TokenRole, TokenEntry | null>>
  /** `additional_special_tokens`, or `extra_special_tokens`. */
  extra: readonly TokenEntry[]
}

/** What a tokenizer_config.json says; undefined where it says nothing. Other keys are transformers' own. */
export interface TokenizerSettings extends ComponentSettings {
  tokenizerClass?: string
  named: NamedTokens
  /** `added_tokens_decoder`. */
  addedTokens?: readonly TokenEntry[]
  maxLength?: number
  paddingSide?: 'left' | 'right'
  truncationSide?: 'left' | 'right'
  cleanUp?: boolean
  modelInputNames?: readonly string[]
}

/** What transformers writes for "not known": int(1e30). */
const unsetMaxLength = 1e9

/**
 * Reads a tokenizer_config.json of transformers 4 or 5.
 *
 * @param file its name, for messages
 * @throws TokenizerError `TOKENIZER_FILE` for a broken file
 */
export function parseTokenizerConfig(text: string, file = 'tokenizer_config.json'): TokenizerSettings {
  const root = parseJsonObject(text, file)
  const flag = (key: string) => (isGiven(root[key]) ? field(root, key, true, file) : undefined)
  const side = (key: string) => {
    const value = isGiven(root[key]) ? field<string>(root, key, 'right', file) : undefined
    if (value === undefined || value === 'left' || value === 'right') return value
    throw badField(file, `"${key}"`, '"left" or "right"', value)
  }
  const maxLength = isGiven(root.model_max_length) ? field(root, 'model_max_length', 0, file) : undefined
  return {
    tokenizerClass: isGiven(root.tokenizer_class) ? field(root, 'tokenizer_class', '', file) : undefined,
    lowercase: flag('do_lower_case'),
    stripAccents: root.strip_accents === null ? null : flag('strip_accents'),
    handleChineseChars: flag('tokenize_chinese_chars'),
    keepAccents: flag('keep_accents'),
    addPrefixSpace: flag('add_prefix_space'),
    trimOffsets: flag('trim_offsets'),
    splitByPunctuation: flag('split_by_punct'),
    named: readNamedTokens(root, file),
    addedTokens: isGiven(root.added_tokens_decoder) ? readDecoder(root.added_tokens_decoder, file) : undefined,
    maxLength: maxLength !== undefined && maxLength < unsetMaxLength ? maxLength : undefined,
    paddingSide: side('padding_side'),
    truncationSide: side('truncation_side'),
    cleanUp: flag('clean_up_tokenization_spaces'),
    modelInputNames: isGiven(root.model_input_names) ? strings(root, 'model_input_names', file) : undefined,
  }
}

/** Reads a special_tokens_map.json. @throws TokenizerError `TOKENIZER_FILE` for a broken file */
export function parseSpecialTokensMap(text: string, file = 'special_tokens_map.json'): NamedTokens {
  return readNamedTokens(parseJsonObject(text, file), file)
}

/**
 * Reads an added_tokens.json: `{"token": id}`, or an object or a list of objects with `content` and flags by id.
 * @throws TokenizerError `TOKENIZER_FILE` for a broken file
 */
export function parseAddedTokens(text: string, file = 'added_tokens.json'): TokenEntry[] {
  const isList = text.trimStart().startsWith('[')
  const root = isList ? parseJsonObject(`{"tokens":${text}}`, file) : parseJsonObject(text, file)
  if (isList && Array.isArray(root.tokens)) return root.tokens.map((entry) => readTokenEntry(entry, file))
  return Object.entries(root).map(([key, value]) => {
    if (typeof value === 'number') return { content: key, id: value }
    return readTokenEntry(isObject(value) ? { id: Number(key), ...value } : value, file)
  })
}

/** Reads one token: its text, or an object with content and flags. @throws TokenizerError if it is neither */
export function readTokenEntry(value: unknown, file: string): TokenEntry {
  if (typeof value === 'string') return { content: value }
  if (!isObject(value) || typeof value.content !== 'string' || (isGiven(value.id) && typeof value.id !== 'number')) {
    throw badField(file, 'a token', 'a text, or an object with "content" and flags', value)
  }
  const flag = (key: string) => (isGiven(value[key]) ? field(value, key, true, file) : undefined)
  return {
    content: value.content,
    id: isGiven(value.id) ? (value.id as number) : undefined,
    special: flag('special'),
    normalized: flag('normalized'),
    singleWord: flag('single_word'),
    lstrip: flag('lstrip'),
    rstrip: flag('rstrip'),
  }
}

function readNamedTokens(root: JsonObject, file: string): NamedTokens {
  const roles: NamedTokens['roles'] = {}
  for (const role of tokenRoles) {
    const value = root[`${role}_token`]
    if (value === null) roles[role] = null
    else if (value !== undefined) roles[role] = readTokenEntry(value, `${file}, "${role}_token"`)
  }
  const extra = root.additional_special_tokens ?? root.extra_special_tokens ?? []
  // A list of tokens, or their names and the tokens.
  const list = isObject(extra) ? Object.values(extra) : extra
  if (!Array.isArray(list)) throw badField(file, '"additional_special_tokens"', 'a list', extra)
  return { roles, extra: list.map((token: unknown) => readTokenEntry(token, file)) }
}

function readDecoder(value: unknown, file: string): TokenEntry[] {
  if (!isObject(value)) throw badField(file, '"added_tokens_decoder"', 'an object of ids and tokens', value)
  return Object.entries(value).map(([key, entry]) => {
    if (!/^\d+$/.test(key)) throw badField(file, 'a key of "added_tokens_decoder"', 'an id', key)
    return { ...readTokenEntry(entry, `${file}, "added_tokens_decoder"`), id: Number(key) }
  })
}

function strings(root: JsonObject, key: string, file: string): string[] {
  const value = root[key]
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw badField(file, `"${key}"`, 'a list of texts', value)
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}
