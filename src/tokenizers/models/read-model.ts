import { TokenizerError } from '../../core/errors.ts'
import { booleanField, countField, readComponent, stringField } from '../component-fields.ts'
import type { JsonObject } from '../files/json-fields.ts'
import { badField, isObject } from '../files/json-fields.ts'
import type { Vocabulary } from '../vocabulary.ts'
import { createVocabulary } from '../vocabulary.ts'
import type { BpeConfig, ModelConfig, UnigramConfig } from './config.ts'
import { asReferenceReads } from './lossy-number.ts'
import { createMerges } from './merges.ts'

const modelTypes = ['WordPiece', 'BPE', 'Unigram', 'WordLevel'] as const

/**
 * Checks the JSON object of a model. Old forms are read too: without a type, and merges as `"a b"`.
 *
 * @param where names the file and field for messages
 * @throws TokenizerError `TOKENIZER_FILE` for a wrong field, `VOCABULARY` for a wrong id, `UNSUPPORTED_TOKENIZER` for an
 * unknown type or for dropout
 */
export function readModel(json: unknown, where: string): ModelConfig {
  const typed =
    isObject(json) && (json.type === undefined || json.type === null) ? { ...json, type: guessType(json) } : json
  const { type, object } = readComponent(typed, where, 'model', modelTypes)
  switch (type) {
    case 'WordPiece':
      return {
        type,
        unk_token: stringField({ unk_token: '[UNK]', ...object }, 'unk_token', where),
        continuing_subword_prefix: stringField(
          { continuing_subword_prefix: '##', ...object },
          'continuing_subword_prefix',
          where,
        ),
        max_input_chars_per_word: countField(object, 'max_input_chars_per_word', where, 100),
        vocab: readVocabulary(object, where),
      }
    case 'BPE':
      return readBpe(object, where)
    case 'Unigram':
      return readUnigram(object, where)
    case 'WordLevel':
      return { type, vocab: readVocabulary(object, where), unk_token: stringField(object, 'unk_token', where) }
  }
}

/** The type of a model of old files, which do not say it: the first that has all its fields. */
function guessType(object: JsonObject): string | undefined {
  const has = (...keys: string[]) => keys.every((key) => object[key] !== undefined)
  if (has('vocab', 'merges')) return 'BPE'
  if (has('vocab', 'unk_token', 'continuing_subword_prefix', 'max_input_chars_per_word')) return 'WordPiece'
  if (has('vocab', 'unk_token')) return 'WordLevel'
  return has('vocab') ? 'Unigram' : undefined
}

function readVocabulary(object: JsonObject, where: string): Vocabulary {
  if (!isObject(object.vocab)) throw badField(where, '"vocab"', 'an object of tokens and ids', object.vocab)
  const ids = new Map<string, number>()
  for (const [token, id] of Object.entries(object.vocab)) {
    if (typeof id !== 'number') throw badField(where, `the id of ${JSON.stringify(token)}`, 'a number', id)
    ids.set(token, id)
  }
  return createVocabulary(ids, where)
}

function readBpe(object: JsonObject, where: string): BpeConfig {
  const { dropout, merges } = object
  if (typeof dropout === 'number' && dropout > 0) {
    throw new TokenizerError(
      'UNSUPPORTED_TOKENIZER',
      `${where}: the BPE model has the dropout ${dropout}, which cuts words at random while a model is trained. It is not ` +
        'supported: set "dropout" to null, as it is for a trained model.',
    )
  }
  if (dropout !== undefined && dropout !== null && dropout !== 0) throw badField(where, '"dropout"', 'null', dropout)
  if (!Array.isArray(merges)) throw badField(where, '"merges"', 'a list', merges)
  const vocab = readVocabulary(object, where)
  const prefix = textOrNull(object, 'continuing_subword_prefix', where)
  return {
    type: 'BPE',
    dropout: null,
    unk_token: textOrNull(object, 'unk_token', where),
    continuing_subword_prefix: prefix,
    end_of_word_suffix: textOrNull(object, 'end_of_word_suffix', where),
    fuse_unk: booleanField(object, 'fuse_unk', where, false),
    byte_fallback: booleanField(object, 'byte_fallback', where, false),
    ignore_merges: booleanField(object, 'ignore_merges', where, false),
    vocab,
    merges: createMerges(vocab, readPairs(merges, where), prefix, where),
  }
}

function* readPairs(merges: readonly unknown[], where: string): Generator<readonly [left: string, right: string]> {
  for (const [i, merge] of merges.entries()) {
    if (typeof merge === 'string' && merge.startsWith('#version')) continue
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string' || typeof pair[1] !== 'string') {
      throw badField(where, `"merges"[${i}]`, 'two pieces, as ["a", "b"] or "a b"', merge)
    }
    yield [pair[0], pair[1]]
  }
}

function readUnigram(object: JsonObject, where: string): UnigramConfig {
  const { vocab } = object
  if (!Array.isArray(vocab)) throw badField(where, '"vocab"', 'a list of pieces and scores', vocab)
  const scores = new Float64Array(vocab.length)
  const pieces: string[] = []
  for (const [id, entry] of (vocab as unknown[]).entries()) {
    if (!Array.isArray(entry) || entry.length !== 2 || typeof entry[0] !== 'string' || typeof entry[1] !== 'number') {
      throw badField(where, `"vocab"[${id}]`, 'a piece and its score, as ["a", -1.5]', entry)
    }
    pieces.push(entry[0])
    scores[id] = asReferenceReads(entry[1])
  }
  const unkId = (object.unk_id ?? null) === null ? null : countField(object, 'unk_id', where)
  if (unkId !== null && unkId >= vocab.length) {
    throw badField(where, '"unk_id"', `an id of the vocabulary, which has ${vocab.length} pieces`, unkId)
  }
  return {
    type: 'Unigram',
    unk_id: unkId,
    vocab: createVocabulary(pieces, where, 'last'),
    scores,
    byte_fallback: booleanField(object, 'byte_fallback', where, false),
  }
}

function textOrNull(object: JsonObject, key: string, where: string): string | null {
  const value = object[key] ?? null
  if (value !== null && typeof value !== 'string') throw badField(where, `"${key}"`, 'a string or null', value)
  return value
}
