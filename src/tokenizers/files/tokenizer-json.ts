import type { AddedToken } from '../added-tokens.ts'
import { readDecoder } from '../decoders/index.ts'
import { formatModel, readModel } from '../models/index.ts'
import { readNormalizer } from '../normalizers/index.ts'
import { readPostProcessor } from '../post-processors/index.ts'
import { readPreTokenizer } from '../pre-tokenizers/index.ts'
import type { TokenizerDefinition } from '../tokenizer.ts'
import type { JsonObject } from './json-fields.ts'
import { badField, isObject, parseJsonObject } from './json-fields.ts'
import type { TokenRole } from './tokenizer-config.ts'
import { readTokenEntry } from './tokenizer-config.ts'

/**
 * Reads a tokenizer.json of Hugging Face's tokenizers. Its `truncation` and `padding` are those of whoever saved the file,
 * and are ignored: say what you want where you encode. The file does not name its special tokens; they are told from the
 * post-processor, the model's unknown token, and `[PAD]`, `<pad>`, `[MASK]`, `<mask>` among the added tokens.
 *
 * ```ts
 * const tokenizer = createTokenizer(parseTokenizerJson(await (await fetch(url)).text()))
 * ```
 * @param file its name, for messages
 * @throws TokenizerError `TOKENIZER_FILE` for a broken file, `UNSUPPORTED_TOKENIZER` naming a component that is not known
 */
export function parseTokenizerJson(text: string, file = 'tokenizer.json'): TokenizerDefinition {
  const root = parseJsonObject(text, file)
  if (!isObject(root.model)) throw badField(file, '"model"', 'an object', root.model)
  return { model: readModel(root.model, `${file}, "model"`), ...readComponents(root, file) }
}

/** The parts of a tokenizer.json around its model. */
export function readComponents(root: JsonObject, file: string): Omit<TokenizerDefinition, 'model'> {
  const component = <T>(key: string, read: (json: unknown, where: string) => T): T | null =>
    isGiven(root[key]) ? read(root[key], `${file}, "${key}"`) : null
  const addedTokens = readAddedTokens(root.added_tokens, file)
  return {
    normalizer: component('normalizer', readNormalizer),
    preTokenizer: component('pre_tokenizer', readPreTokenizer),
    postProcessor: component('post_processor', readPostProcessor),
    decoder: component('decoder', readDecoder),
    addedTokens,
    specialTokens: inferSpecialTokens(root, addedTokens),
  }
}

/** The text of a tokenizer.json that Hugging Face reads to the same tokenizer, without truncation and padding. */
export function formatTokenizerJson({ definition }: { readonly definition: TokenizerDefinition }): string {
  const root = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: (definition.addedTokens ?? []).map((token) => ({ id: token.id, ...formatAddedToken(token) })),
    normalizer: definition.normalizer ?? null,
    pre_tokenizer: definition.preTokenizer ?? null,
    post_processor: definition.postProcessor ?? null,
    decoder: definition.decoder ?? null,
  }
  return `${JSON.stringify(root, null, 2).slice(0, -2)},\n  "model": ${formatModel(definition.model, 2)}\n}\n`
}

/** An added token as Hugging Face's files have it, without its id. */
export function formatAddedToken(token: AddedToken) {
  const { content, singleWord, lstrip, rstrip, normalized, special } = token
  return { content, single_word: singleWord, lstrip, rstrip, normalized, special }
}

function readAddedTokens(value: unknown, file: string): AddedToken[] {
  if (!isGiven(value)) return []
  if (!Array.isArray(value)) throw badField(file, '"added_tokens"', 'a list', value)
  return value.map((entry: unknown) => {
    const token = readTokenEntry(entry, `${file}, "added_tokens"`)
    if (token.id === undefined)
      throw badField(file, 'an entry of "added_tokens"', 'an object with id and content', entry)
    const { content, id, special = false, normalized = !special } = token
    const { singleWord = false, lstrip = false, rstrip = false } = token
    return { content, id, special, normalized, singleWord, lstrip, rstrip }
  })
}

function inferSpecialTokens(root: JsonObject, added: readonly AddedToken[]): Partial<Record<TokenRole, string>> {
  const tokens: Partial<Record<TokenRole, string>> = {}
  const model = isObject(root.model) ? root.model : {}
  const unknown = typeof model.unk_id === 'number' && Array.isArray(model.vocab) ? model.vocab[model.unk_id] : undefined
  const unk = Array.isArray(unknown) ? unknown[0] : model.unk_token
  if (typeof unk === 'string') tokens.unk = unk
  Object.assign(tokens, aroundText(root.post_processor))
  const padding = isObject(root.padding) ? root.padding.pad_token : undefined
  const named = (names: readonly unknown[]) => added.find((token) => names.includes(token.content))?.content
  tokens.pad = named([padding]) ?? named(['[PAD]', '<pad>'])
  tokens.mask = named(['[MASK]', '<mask>'])
  for (const role of ['pad', 'mask'] as const) if (tokens[role] === undefined) delete tokens[role]
  return tokens
}

/** The tokens that a post-processor puts first and last. */
function aroundText(processor: unknown): Partial<Record<TokenRole, string>> {
  if (!isObject(processor)) return {}
  if (processor.type === 'Sequence' && Array.isArray(processor.processors)) {
    return Object.assign({}, ...processor.processors.map(aroundText))
  }
  if (processor.type === 'TemplateProcessing' && Array.isArray(processor.single)) {
    const names = processor.single.map((piece) =>
      isObject(piece) && isObject(piece.SpecialToken) ? piece.SpecialToken.id : 0,
    )
    const [cls, sep] = [names[0], names.at(-1)]
    return { ...(typeof cls === 'string' && { cls }), ...(typeof sep === 'string' && { sep }) }
  }
  const [cls, sep] = [processor.cls, processor.sep].map((pair) => (Array.isArray(pair) ? pair[0] : undefined))
  return { ...(typeof cls === 'string' && { cls }), ...(typeof sep === 'string' && { sep }) }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}
