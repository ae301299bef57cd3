import { booleanField, characterField, countField, listField, readComponent, stringField } from '../component-fields.ts'
import type { Decoder } from '../components.ts'
import type { PatternConfig } from '../patterns/pattern.ts'
import { forEachMatch, patternToRegExp, readPattern } from '../patterns/pattern.ts'
import type { ByteLevelConfig } from '../pre-tokenizers/index.ts'
import type { MetaspaceConfig } from '../pre-tokenizers/metaspace.ts'
import { readMetaspace } from '../pre-tokenizers/metaspace.ts'
import { decodeByteFallback, decodeByteLevel } from './bytes.ts'
import { decodeCtc } from './ctc.ts'
import { decodeMetaspace } from './metaspace.ts'
import { stripCharacters } from './strip.ts'
import { wordPieceTexts } from './wordpiece.ts'

/** A decoder as tokenizer.json has it. */
export type DecoderConfig =
  | { type: 'WordPiece'; prefix: string; cleanup: boolean }
  | ByteLevelConfig
  | MetaspaceConfig
  | { type: 'BPEDecoder'; suffix: string }
  | { type: 'CTC'; pad_token: string; word_delimiter_token: string; cleanup: boolean }
  | { type: 'Replace'; pattern: PatternConfig; content: string }
  /** Takes at most `start` and `stop` characters `content` from the ends of each token. */
  | { type: 'Strip'; content: string; start: number; stop: number }
  | { type: 'Fuse' | 'ByteFallback' }
  | { type: 'Sequence'; decoders: DecoderConfig[] }

const decoderTypes = [
  'BPEDecoder',
  'ByteLevel',
  'WordPiece',
  'Metaspace',
  'CTC',
  'Sequence',
  'Replace',
  'Fuse',
  'Strip',
  'ByteFallback',
] as const

/**
 * Checks the JSON object of a decoder; defaults are filled in and old forms of Metaspace become the new one.
 *
 * @param where names the file and field for messages
 * @throws TokenizerError `TOKENIZER_FILE` for a wrong field, `UNSUPPORTED_TOKENIZER` for an unknown type
 */
export function readDecoder(json: unknown, where: string): DecoderConfig {
  const { type, object } = readComponent(json, where, 'decoder', decoderTypes)
  switch (type) {
    case 'WordPiece':
      return {
        type,
        prefix: stringField(object, 'prefix', where),
        cleanup: booleanField(object, 'cleanup', where),
      }
    case 'ByteLevel':
      return {
        type,
        add_prefix_space: booleanField(object, 'add_prefix_space', where),
        trim_offsets: booleanField(object, 'trim_offsets', where),
        use_regex: booleanField(object, 'use_regex', where, true),
      }
    case 'Metaspace':
      return readMetaspace(object, where)
    case 'BPEDecoder':
      return { type, suffix: stringField(object, 'suffix', where) }
    case 'CTC':
      return {
        type,
        pad_token: stringField(object, 'pad_token', where),
        word_delimiter_token: stringField(object, 'word_delimiter_token', where),
        cleanup: booleanField(object, 'cleanup', where),
      }
    case 'Replace':
      return { type, pattern: readPattern(object, where), content: stringField(object, 'content', where) }
    case 'Strip':
      return {
        type,
        content: characterField(object, 'content', where),
        start: countField(object, 'start', where),
        stop: countField(object, 'stop', where),
      }
    case 'Sequence':
      return { type, decoders: listField(object, 'decoders', where, readDecoder) }
    default:
      return { type }
  }
}

/** The decoder that a configuration describes, as huggingface/tokenizers `decoders/`. */
export function createDecoder(config: DecoderConfig): Decoder {
  switch (config.type) {
    case 'WordPiece':
      return { decode: (tokens) => wordPieceTexts(tokens, config.prefix, config.cleanup) }
    case 'ByteLevel':
      return { decode: (tokens) => [decodeByteLevel(tokens)] }
    case 'Metaspace':
      return { decode: (tokens) => decodeMetaspace(tokens, config) }
    case 'BPEDecoder':
      return {
        decode: (tokens) =>
          tokens.map((token, i) => token.replaceAll(config.suffix, () => (i === tokens.length - 1 ? '' : ' '))),
      }
    case 'CTC':
      return { decode: (tokens) => decodeCtc(tokens, config.pad_token, config.word_delimiter_token, config.cleanup) }
    case 'Replace': {
      const pattern = patternToRegExp(config.pattern)
      return { decode: (tokens) => tokens.map((token) => replaceMatches(token, pattern, config.content)) }
    }
    case 'Strip':
      return {
        decode: (tokens) => tokens.map((token) => stripCharacters(token, config.content, config.start, config.stop)),
      }
    case 'Fuse':
      return { decode: (tokens) => [tokens.join('')] }
    case 'ByteFallback':
      return { decode: decodeByteFallback }
    case 'Sequence': {
      const decoders = config.decoders.map(createDecoder)
      return { decode: (tokens) => decoders.reduce<string[]>((texts, decoder) => decoder.decode(texts), [...tokens]) }
    }
  }
}

function replaceMatches(text: string, pattern: RegExp, content: string): string {
  let out = ''
  let from = 0
  forEachMatch(text, pattern, (start, end) => {
    out += text.slice(from, start) + content
    from = end
  })
  return out + text.slice(from)
}
