import { TokenizerError } from '../../core/errors.ts'
import type { AddedToken } from '../added-tokens.ts'
import type { BertTokenizer, BertTokenizerOptions } from '../bert-tokenizer.ts'
import { bertSpecialTokens } from '../bert-tokenizer.ts'
import type { SpecialTokens } from '../tokenizer.ts'
import type { JsonObject } from './json-fields.ts'
import { badField, field, isObject, parseJsonObject } from './json-fields.ts'

/**
 * Reads a tokenizer.json of the BERT kind (BertNormalizer, BertPreTokenizer, WordPiece). Truncation and padding are those of
 * whoever saved the file, and are ignored. A missing post-processor counts as BERT's, as in transformers' `BertTokenizer`.
 *
 * @param file its name, for messages
 * @throws TokenizerError `TOKENIZER_FILE` for a broken file, `UNSUPPORTED_TOKENIZER` naming the component that is not BERT's
 */
export function parseTokenizerJson(text: string, file = 'tokenizer.json'): BertTokenizerOptions {
  const root = parseJsonObject(text, file)
  const model = component(root, 'model', file, ['WordPiece'], true)
  if (!isObject(model.vocab)) throw badField(file, '"model.vocab"', 'an object of tokens and ids', model.vocab)
  const normalizer = component(root, 'normalizer', file, ['BertNormalizer'])
  component(root, 'pre_tokenizer', file, ['BertPreTokenizer'])
  if (root.decoder !== undefined && root.decoder !== null) component(root, 'decoder', file, ['WordPiece'])
  const strip = normalizer.strip_accents ?? null
  if (strip !== null && typeof strip !== 'boolean')
    throw badField(file, '"strip_accents"', 'true, false or null', strip)
  const vocab = new Map<string, number>()
  for (const [token, id] of Object.entries(model.vocab)) {
    if (typeof id !== 'number') throw badField(file, `the id of ${JSON.stringify(token)}`, 'a number', id)
    vocab.set(token, id)
  }
  return {
    vocab,
    lowercase: field(normalizer, 'lowercase', true, file),
    stripAccents: strip,
    handleChineseChars: field(normalizer, 'handle_chinese_chars', true, file),
    cleanText: field(normalizer, 'clean_text', true, file),
    maxInputCharsPerWord: field(model, 'max_input_chars_per_word', 100, file),
    continuingSubwordPrefix: field(model, 'continuing_subword_prefix', '##', file),
    specialTokens: {
      unk: field(model, 'unk_token', bertSpecialTokens.unk, file),
      ...readPostProcessor(root.post_processor, file),
    },
    addedTokens: readAddedTokens(root.added_tokens, file),
  }
}

/** The text of a tokenizer.json that Hugging Face reads to the same tokenizer, without truncation and padding. */
export function formatTokenizerJson(tokenizer: BertTokenizer): string {
  const { cls, sep, unk } = tokenizer.specialTokens
  const special = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } })
  const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } })
  const named = (name: string, id: number) => ({ id: name, ids: [id], tokens: [name] })
  const root = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: tokenizer.addedTokens.map((token) => ({ id: token.id, ...formatAddedToken(token) })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: tokenizer.cleanText,
      handle_chinese_chars: tokenizer.handleChineseChars,
      strip_accents: tokenizer.stripAccents,
      lowercase: tokenizer.lowercase,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special(cls, 0), sequence('A', 0), special(sep, 0)],
      pair: [special(cls, 0), sequence('A', 0), special(sep, 0), sequence('B', 1), special(sep, 1)],
      special_tokens: { [cls]: named(cls, tokenizer.clsId), [sep]: named(sep, tokenizer.sepId) },
    },
    decoder: { type: 'WordPiece', prefix: tokenizer.continuingSubwordPrefix, cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: unk,
      continuing_subword_prefix: tokenizer.continuingSubwordPrefix,
      max_input_chars_per_word: tokenizer.maxInputCharsPerWord,
      vocab: {},
    },
  }
  // By hand, in the order of the ids: an object would put tokens such as "7" first.
  const entries: string[] = []
  tokenizer.vocab.forEach((token, id) => {
    if (token !== undefined) entries.push(`      ${JSON.stringify(token)}: ${id}`)
  })
  const text = JSON.stringify(root, null, 2)
  const hole = text.lastIndexOf('{}')
  return `${text.slice(0, hole)}{\n${entries.join(',\n')}\n    }${text.slice(hole + 2)}\n`
}

/** An added token as Hugging Face's files have it, without its id. */
export function formatAddedToken(token: AddedToken) {
  const { content, singleWord, lstrip, rstrip, normalized, special } = token
  return { content, single_word: singleWord, lstrip, rstrip, normalized, special }
}

function component(root: JsonObject, key: string, file: string, known: string[], untyped = false): JsonObject {
  const value = root[key]
  if (value !== undefined && value !== null && !isObject(value)) throw badField(file, `"${key}"`, 'an object', value)
  const type = value?.type
  if (isObject(value) && ((typeof type === 'string' && known.includes(type)) || (untyped && type === undefined))) {
    return value
  }
  throw new TokenizerError(
    'UNSUPPORTED_TOKENIZER',
    `${file}: ${key} is ${type === undefined ? 'missing' : JSON.stringify(type)}: only ${known.join(', ')} is supported so ` +
      'far, the tokenizer of BERT, DistilBERT and ELECTRA.',
  )
}

function readPostProcessor(value: unknown, file: string): Partial<SpecialTokens> {
  if (value === undefined || value === null) return {}
  if (!isObject(value)) throw badField(file, '"post_processor"', 'an object or null', value)
  if (value.type === 'BertProcessing') {
    const [cls, sep] = [value.cls, value.sep].map((pair) => (Array.isArray(pair) ? pair[0] : undefined))
    if (typeof cls === 'string' && typeof sep === 'string') return { cls, sep }
  }
  if (value.type === 'TemplateProcessing') {
    const single = pieces(value.single)
    const pair = pieces(value.pair)
    if (single?.length === 3 && pair?.length === 5) {
      const [cls, , sep] = single.map(([name]) => name)
      const wanted = `${cls}:0 A:0 ${sep}:0`
      const found = [single, pair].map((list) => list.map(([name, type]) => `${name}:${type}`).join(' '))
      if (found[0] === wanted && found[1] === `${wanted} B:1 ${sep}:1`) return { cls, sep }
    }
  }
  throw new TokenizerError(
    'UNSUPPORTED_TOKENIZER',
    `${file}: post_processor is ${JSON.stringify(value.type)} and does not give [CLS] A [SEP] B [SEP] with the types 0 and ` +
      '1: only that, the form of BERT, is supported so far.',
  )
}

/** Names and type ids of a template's pieces, or undefined if it is none. */
function pieces(template: unknown): [name: string, type: number][] | undefined {
  if (!Array.isArray(template)) return undefined
  const list: [string, number][] = []
  for (const piece of template) {
    const inner = isObject(piece) ? (piece.SpecialToken ?? piece.Sequence) : undefined
    if (!isObject(inner) || typeof inner.id !== 'string' || typeof inner.type_id !== 'number') return undefined
    list.push([inner.id, inner.type_id])
  }
  return list
}

function readAddedTokens(value: unknown, file: string): AddedToken[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw badField(file, '"added_tokens"', 'a list', value)
  return value.map((entry: unknown) => {
    if (!isObject(entry) || typeof entry.content !== 'string' || typeof entry.id !== 'number') {
      throw badField(file, 'an entry of "added_tokens"', 'an object with id and content', entry)
    }
    const special = field(entry, 'special', false, file)
    return {
      content: entry.content,
      id: entry.id,
      special,
      normalized: field(entry, 'normalized', !special, file),
      singleWord: field(entry, 'single_word', false, file),
      lstrip: field(entry, 'lstrip', false, file),
      rstrip: field(entry, 'rstrip', false, file),
    }
  })
}
