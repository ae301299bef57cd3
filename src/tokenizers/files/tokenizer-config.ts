import { TokenizerError } from '../../core/errors.ts'
import type { BertTokenizer, BertTokenizerOptions } from '../bert-tokenizer.ts'
import type { SpecialTokens } from '../tokenizer.ts'
import { field, isObject, parseJsonObject } from './json-fields.ts'
import { formatAddedToken } from './tokenizer-json.ts'

/** What transformers writes for "not known": int(1e30). Not a number that JSON.stringify would write so. */
const unsetMaxLength = '1000000000000000019884624838656'
const roles: readonly (keyof SpecialTokens)[] = ['unk', 'sep', 'pad', 'cls', 'mask']

const supportedClasses =
  /^(Bert|DistilBert|Electra|MobileBert|ConvBert|SqueezeBert|LayoutLM|Funnel|Retribert|PreTrained)?(Tokenizer)(Fast)?$|^TokenizersBackend$/

/**
 * Reads the settings of a tokenizer_config.json; those that it does not hold are left out. Other keys are transformers'
 * own and do not change the ids.
 *
 * @param file its name, for messages
 * @throws TokenizerError `TOKENIZER_FILE` for a broken file, `UNSUPPORTED_TOKENIZER` for another kind of tokenizer
 */
export function parseTokenizerConfig(
  text: string,
  file = 'tokenizer_config.json',
): Omit<BertTokenizerOptions, 'vocab'> {
  const root = parseJsonObject(text, file)
  const tokenizerClass = field(root, 'tokenizer_class', 'BertTokenizer', file)
  if (!supportedClasses.test(tokenizerClass)) {
    throw new TokenizerError(
      'UNSUPPORTED_TOKENIZER',
      `${file}: tokenizer_class is "${tokenizerClass}": only the tokenizer of BERT, DistilBERT and ELECTRA is supported so far.`,
    )
  }
  const options: Omit<BertTokenizerOptions, 'vocab'> = {}
  if (isGiven(root.do_lower_case)) options.lowercase = field(root, 'do_lower_case', true, file)
  if (isGiven(root.strip_accents)) options.stripAccents = field(root, 'strip_accents', true, file)
  if (isGiven(root.tokenize_chinese_chars)) {
    options.handleChineseChars = field(root, 'tokenize_chinese_chars', true, file)
  }
  const maxLength = field(root, 'model_max_length', Number.POSITIVE_INFINITY, file)
  if (maxLength < 1e9) options.maxLength = maxLength
  options.specialTokens = readSpecialTokens(root)
  return options
}

/** Reads the names of the special tokens from a special_tokens_map.json. @throws TokenizerError for a broken file */
export function parseSpecialTokensMap(text: string, file = 'special_tokens_map.json'): Partial<SpecialTokens> {
  return readSpecialTokens(parseJsonObject(text, file))
}

/** The text of a tokenizer_config.json for transformers 4 and 5. */
export function formatTokenizerConfig(tokenizer: BertTokenizer): string {
  // transformers' BertTokenizer builds these three parts anew with its own values, so that other values need the plain class.
  const plain =
    !tokenizer.cleanText || tokenizer.continuingSubwordPrefix !== '##' || tokenizer.maxInputCharsPerWord !== 100
  const config = {
    added_tokens_decoder: Object.fromEntries(tokenizer.addedTokens.map((token) => [token.id, formatAddedToken(token)])),
    ...specialTokenNames(tokenizer),
    do_lower_case: tokenizer.lowercase,
    strip_accents: tokenizer.stripAccents,
    tokenize_chinese_chars: tokenizer.handleChineseChars,
    model_input_names: ['input_ids', 'token_type_ids', 'attention_mask'],
    model_max_length: tokenizer.maxLength ?? unsetMaxLength,
    tokenizer_class: plain ? 'PreTrainedTokenizerFast' : 'BertTokenizer',
  }
  return `${JSON.stringify(config, null, 2).replace(`"${unsetMaxLength}"`, unsetMaxLength)}\n`
}

/** The text of a special_tokens_map.json. */
export function formatSpecialTokensMap(tokenizer: BertTokenizer): string {
  return `${JSON.stringify(specialTokenNames(tokenizer), null, 2)}\n`
}

function specialTokenNames(tokenizer: BertTokenizer): Record<string, string> {
  return Object.fromEntries(roles.map((role) => [`${role}_token`, tokenizer.specialTokens[role]]))
}

/** A token is its text, or an object that holds it. */
function readSpecialTokens(root: Record<string, unknown>): Partial<SpecialTokens> {
  const tokens: Partial<SpecialTokens> = {}
  for (const role of roles) {
    const value = root[`${role}_token`]
    const content = isObject(value) ? value.content : value
    if (typeof content === 'string') tokens[role] = content
  }
  return tokens
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}
