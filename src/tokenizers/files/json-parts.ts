/** Components in the form of tokenizer.json that several tokenizers share. */
import type { JsonObject } from './json-fields.ts'

/** `[CLS] A [SEP]`, and `[CLS] A [SEP] B [SEP]` with type 1 from B on. */
export function bertTemplate(cls: string, sep: string, idOf: (token: string) => number): JsonObject {
  const start = [special(cls, 0), text('A', 0), special(sep, 0)]
  return template(start, [...start, text('B', 1), special(sep, 1)], [cls, sep], idOf)
}

/** `<s> A </s>`, and `<s> A </s></s> B </s>`, all of type 0. */
export function robertaTemplate(bos: string, eos: string, idOf: (token: string) => number): JsonObject {
  const start = [special(bos, 0), text('A', 0), special(eos, 0)]
  return template(start, [...start, special(eos, 0), text('B', 0), special(eos, 0)], [bos, eos], idOf)
}

export function robertaProcessing(
  cls: string,
  sep: string,
  idOf: (token: string) => number,
  trimOffsets: boolean,
  addPrefixSpace: boolean,
): JsonObject {
  return {
    type: 'RobertaProcessing',
    sep: [sep, idOf(sep)],
    cls: [cls, idOf(cls)],
    trim_offsets: trimOffsets,
    add_prefix_space: addPrefixSpace,
  }
}

export function metaspace(prependScheme: 'always' | 'never' | 'first'): JsonObject {
  return { type: 'Metaspace', replacement: '▁', prepend_scheme: prependScheme, split: true }
}

/** @param key the name of the list, which differs by kind of component */
export function sequence(key: 'normalizers' | 'pretokenizers', list: readonly JsonObject[]): JsonObject {
  return { type: 'Sequence', [key]: list }
}

function special(id: string, type: number): JsonObject {
  return { SpecialToken: { id, type_id: type } }
}

function text(id: 'A' | 'B', type: number): JsonObject {
  return { Sequence: { id, type_id: type } }
}

function template(
  single: JsonObject[],
  pair: JsonObject[],
  tokens: readonly string[],
  idOf: (token: string) => number,
): JsonObject {
  const entries = tokens.map((token) => [token, { id: token, ids: [idOf(token)], tokens: [token] }])
  return { type: 'TemplateProcessing', single, pair, special_tokens: Object.fromEntries(entries) }
}
