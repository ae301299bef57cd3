import { booleanField, listField, readComponent, stringField } from '../component-fields.ts'
import type { Normalizer } from '../components.ts'
import { badField } from '../files/json-fields.ts'
import type { PatternConfig } from '../patterns/pattern.ts'
import { readPattern } from '../patterns/pattern.ts'
import { createBertNormalizer } from './bert-normalizer.ts'
import {
  createByteLevelNormalizer,
  createLowercase,
  createNmt,
  createPrepend,
  createStrip,
  createStripAccents,
} from './characters.ts'
import { createNormalForm } from './normal-form.ts'
import { createPrecompiled, readCharsmap } from './precompiled.ts'
import { createReplace } from './replace.ts'
import { createNormalizerSequence } from './sequence.ts'

/** A normaliser as tokenizer.json has it. */
export type NormalizerConfig =
  | {
      type: 'BertNormalizer'
      clean_text: boolean
      handle_chinese_chars: boolean
      /** null: as `lowercase`. */
      strip_accents: boolean | null
      lowercase: boolean
    }
  | { type: 'Strip'; strip_left: boolean; strip_right: boolean }
  | { type: 'StripAccents' | 'Lowercase' | 'Nmt' | 'ByteLevel' }
  | { type: 'NFC' | 'NFD' | 'NFKC' | 'NFKD' }
  /** The rules of a SentencePiece model, in base 64. */
  | { type: 'Precompiled'; precompiled_charsmap: string }
  | { type: 'Replace'; pattern: PatternConfig; content: string }
  | { type: 'Prepend'; prepend: string }
  | { type: 'Sequence'; normalizers: NormalizerConfig[] }

const normalizerTypes = [
  'BertNormalizer',
  'Strip',
  'StripAccents',
  'NFC',
  'NFD',
  'NFKC',
  'NFKD',
  'Sequence',
  'Lowercase',
  'Nmt',
  'Precompiled',
  'Replace',
  'Prepend',
  'ByteLevel',
] as const

/**
 * Checks the JSON object of a normaliser. @param where names the file and field for messages
 *
 * @throws TokenizerError `TOKENIZER_FILE` for a wrong field, `UNSUPPORTED_TOKENIZER` for an unknown type
 */
export function readNormalizer(json: unknown, where: string): NormalizerConfig {
  const { type, object } = readComponent(json, where, 'normalizer', normalizerTypes)
  switch (type) {
    case 'BertNormalizer': {
      const strip = object.strip_accents ?? null
      if (strip !== null && typeof strip !== 'boolean') {
        throw badField(where, '"strip_accents"', 'true, false or null', strip)
      }
      return {
        type,
        clean_text: booleanField(object, 'clean_text', where),
        handle_chinese_chars: booleanField(object, 'handle_chinese_chars', where),
        strip_accents: strip,
        lowercase: booleanField(object, 'lowercase', where),
      }
    }
    case 'Strip':
      return {
        type,
        strip_left: booleanField(object, 'strip_left', where),
        strip_right: booleanField(object, 'strip_right', where),
      }
    case 'Precompiled': {
      const config = { type, precompiled_charsmap: stringField(object, 'precompiled_charsmap', where) }
      readCharsmap(config.precompiled_charsmap, where)
      return config
    }
    case 'Replace':
      return { type, pattern: readPattern(object, where), content: stringField(object, 'content', where) }
    case 'Prepend':
      return { type, prepend: stringField(object, 'prepend', where) }
    case 'Sequence':
      return { type, normalizers: listField(object, 'normalizers', where, readNormalizer) }
    default:
      return { type }
  }
}

/** The normaliser that a configuration describes. Characters and alignment are those of huggingface/tokenizers `normalizers/`. */
export function createNormalizer(config: NormalizerConfig): Normalizer {
  switch (config.type) {
    case 'BertNormalizer':
      return createBertNormalizer({
        cleanText: config.clean_text,
        handleChineseChars: config.handle_chinese_chars,
        stripAccents: config.strip_accents ?? config.lowercase,
        lowercase: config.lowercase,
      })
    case 'Strip':
      return createStrip(config.strip_left, config.strip_right)
    case 'StripAccents':
      return createStripAccents()
    case 'Lowercase':
      return createLowercase()
    case 'Nmt':
      return createNmt()
    case 'ByteLevel':
      return createByteLevelNormalizer()
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return createNormalForm(config.type)
    case 'Precompiled':
      return createPrecompiled(config.precompiled_charsmap)
    case 'Replace':
      return createReplace(config.pattern, config.content)
    case 'Prepend':
      return createPrepend(config.prepend)
    case 'Sequence':
      return createNormalizerSequence(config.normalizers.map(createNormalizer))
  }
}
