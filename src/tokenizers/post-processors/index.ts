/** What stands around and between the texts of an encoding, and how offsets are trimmed: tokenizer.json's `post_processor`. */
import { TokenizerError } from '../../core/errors.ts'
import { booleanField, countField, readComponent, stringField } from '../component-fields.ts'
import { badField, isObject, type JsonObject } from '../files/json-fields.ts'

/** A special token's text and id. */
export type NamedToken = readonly [token: string, id: number]

export type TemplatePiece =
  | { SpecialToken: { id: string; type_id: number } }
  | { Sequence: { id: 'A' | 'B'; type_id: number } }

export interface TemplateConfig {
  type: 'TemplateProcessing'
  single: readonly TemplatePiece[]
  pair: readonly TemplatePiece[]
  /** By the names that the templates use. */
  special_tokens: Readonly<Record<string, { id: string; ids: readonly number[]; tokens: readonly string[] }>>
}

export interface ByteLevelProcessingConfig {
  type: 'ByteLevel'
  add_prefix_space: boolean
  trim_offsets: boolean
  use_regex: boolean
}

export type PostProcessorConfig =
  | TemplateConfig
  | { type: 'BertProcessing'; sep: NamedToken; cls: NamedToken }
  | { type: 'RobertaProcessing'; sep: NamedToken; cls: NamedToken; trim_offsets: boolean; add_prefix_space: boolean }
  | ByteLevelProcessingConfig
  | { type: 'Sequence'; processors: readonly PostProcessorConfig[] }

const types = ['TemplateProcessing', 'BertProcessing', 'RobertaProcessing', 'ByteLevel', 'Sequence'] as const

/** A piece of an encoding: one special token, or the tokens of the first or second text. */
export type Part =
  | { readonly id: number; readonly typeId: number; readonly sequence?: undefined }
  | { readonly sequence: 0 | 1; readonly typeId: number }

/** How encodings are put together. */
export interface PostProcessor {
  /** For one text, and for two, with special tokens. */
  readonly single: readonly Part[]
  readonly pair: readonly Part[]
  /** The same without special tokens. */
  readonly plainSingle: readonly Part[]
  readonly plainPair: readonly Part[]
  /** Leave the white space at the ends of byte-level tokens out of their offsets. */
  readonly trim?: { readonly addPrefixSpace: boolean }
}

/** How encodings are put together where nothing is said. */
const plain: PostProcessor = withoutSpecial(
  [{ sequence: 0, typeId: 0 }],
  [
    { sequence: 0, typeId: 0 },
    { sequence: 1, typeId: 1 },
  ],
)

/** Checks a tokenizer.json's `post_processor`. @throws TokenizerError naming what is wrong or not known */
export function readPostProcessor(json: unknown, where: string): PostProcessorConfig {
  const { type, object } = readComponent(json, where, 'post_processor', types)
  switch (type) {
    case 'TemplateProcessing':
      return {
        type,
        single: readTemplate(object, 'single', where),
        pair: readTemplate(object, 'pair', where),
        special_tokens: readTemplateTokens(object, where),
      }
    case 'BertProcessing':
      return { type, sep: readNamed(object, 'sep', where), cls: readNamed(object, 'cls', where) }
    case 'RobertaProcessing':
      return {
        type,
        sep: readNamed(object, 'sep', where),
        cls: readNamed(object, 'cls', where),
        trim_offsets: booleanField(object, 'trim_offsets', where, true),
        add_prefix_space: booleanField(object, 'add_prefix_space', where, true),
      }
    case 'ByteLevel':
      return {
        type,
        add_prefix_space: booleanField(object, 'add_prefix_space', where, true),
        trim_offsets: booleanField(object, 'trim_offsets', where, true),
        use_regex: booleanField(object, 'use_regex', where, true),
      }
    case 'Sequence': {
      const { processors } = object
      if (!Array.isArray(processors)) throw badField(where, '"processors"', 'a list', processors)
      return { type, processors: processors.map((each) => readPostProcessor(each, where)) }
    }
  }
}

/** @throws TokenizerError `POST_PROCESSOR` for a template that names a token without an id */
export function createPostProcessor(config: PostProcessorConfig | null | undefined): PostProcessor {
  if (!config) return plain
  switch (config.type) {
    case 'TemplateProcessing':
      return withoutSpecial(templateParts(config.single, config), templateParts(config.pair, config))
    case 'BertProcessing': {
      const [cls, sep] = [config.cls[1], config.sep[1]]
      const first: Part[] = [
        { id: cls, typeId: 0 },
        { sequence: 0, typeId: 0 },
        { id: sep, typeId: 0 },
      ]
      return withoutSpecial(first, [...first, { sequence: 1, typeId: 1 }, { id: sep, typeId: 1 }])
    }
    case 'RobertaProcessing': {
      const [cls, sep] = [
        { id: config.cls[1], typeId: 0 },
        { id: config.sep[1], typeId: 0 },
      ]
      const first: Part[] = [cls, { sequence: 0, typeId: 0 }, sep]
      return {
        ...withoutSpecial(first, [...first, sep, { sequence: 1, typeId: 0 }, sep]),
        ...(config.trim_offsets && { trim: { addPrefixSpace: config.add_prefix_space } }),
      }
    }
    case 'ByteLevel':
      return config.trim_offsets ? { ...plain, trim: { addPrefixSpace: config.add_prefix_space } } : plain
    case 'Sequence':
      return config.processors.map(createPostProcessor).reduce(combine, plain)
  }
}

/** What two post-processors do, one after the other: one of them puts together, either may trim. */
function combine(first: PostProcessor, second: PostProcessor): PostProcessor {
  const puts =
    second.single.length > 1 || second.plainPair.some(({ typeId }, i) => typeId !== plain.plainPair[i].typeId)
  return { ...(puts ? second : first), trim: second.trim ?? first.trim }
}

function withoutSpecial(single: readonly Part[], pair: readonly Part[]): PostProcessor {
  const texts = (parts: readonly Part[]) => parts.filter(({ sequence }) => sequence !== undefined)
  return { single, pair, plainSingle: texts(single), plainPair: texts(pair) }
}

function templateParts(pieces: readonly TemplatePiece[], { special_tokens: tokens }: TemplateConfig): Part[] {
  return pieces.flatMap((piece): Part[] => {
    if ('Sequence' in piece) {
      return [{ sequence: piece.Sequence.id === 'A' ? 0 : 1, typeId: piece.Sequence.type_id }]
    }
    const { id: name, type_id: typeId } = piece.SpecialToken
    const token = Object.hasOwn(tokens, name) ? tokens[name] : undefined
    if (token) return token.ids.map((id) => ({ id, typeId }))
    throw new TokenizerError(
      'POST_PROCESSOR',
      `the template uses the special token ${JSON.stringify(name)}, which "special_tokens" gives no id: add it there.`,
    )
  })
}

function readTemplate(object: JsonObject, key: 'single' | 'pair', where: string): TemplatePiece[] {
  const list = object[key]
  if (!Array.isArray(list)) throw badField(where, `"${key}"`, 'a list', list)
  return list.map((piece: unknown) => {
    const given = isObject(piece) ? piece : {}
    if (isObject(given.SpecialToken)) {
      const { SpecialToken } = given
      return {
        SpecialToken: {
          id: stringField(SpecialToken, 'id', where),
          type_id: countField(SpecialToken, 'type_id', where),
        },
      }
    }
    const id = isObject(given.Sequence) ? given.Sequence.id : undefined
    if (!isObject(given.Sequence) || (id !== 'A' && id !== 'B')) {
      throw badField(where, `a piece of "${key}"`, 'SpecialToken, or Sequence with the id A or B', piece)
    }
    if (id === 'B' && key === 'single') throw badField(where, 'a piece of "single"', 'the sequence A', piece)
    return { Sequence: { id, type_id: countField(given.Sequence, 'type_id', where) } }
  })
}

function readTemplateTokens(object: JsonObject, where: string): TemplateConfig['special_tokens'] {
  const given = object.special_tokens ?? {}
  if (!isObject(given)) throw badField(where, '"special_tokens"', 'an object', given)
  return Object.fromEntries(
    Object.entries(given).map(([name, token]) => {
      const { id, ids, tokens } = isObject(token) ? token : {}
      const isRight =
        typeof id === 'string' && isListOf(ids, Number.isInteger) && isListOf(tokens, (t) => typeof t === 'string')
      if (!isRight) throw badField(where, `the special token ${JSON.stringify(name)}`, '{id, ids, tokens}', token)
      return [name, { id, ids: ids as number[], tokens: tokens as string[] }]
    }),
  )
}

function readNamed(object: JsonObject, key: string, where: string): NamedToken {
  const value = object[key]
  if (Array.isArray(value) && typeof value[0] === 'string' && Number.isInteger(value[1])) return [value[0], value[1]]
  throw badField(where, `"${key}"`, 'a token and its id', value)
}

function isListOf(value: unknown, fits: (item: unknown) => boolean): value is unknown[] {
  return Array.isArray(value) && value.every(fits)
}
