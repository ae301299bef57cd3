import { TokenizerError } from '../../core/errors.ts'
import { booleanField, characterField, choiceField, countField, listField, readComponent } from '../component-fields.ts'
import type { PreTokenizer } from '../components.ts'
import type { PatternConfig } from '../patterns/pattern.ts'
import { readPattern } from '../patterns/pattern.ts'
import { createByteLevel } from './byte-level.ts'
import type { SplitBehavior } from './delimiters.ts'
import { splitBehaviors } from './delimiters.ts'
import {
  createBertPreTokenizer,
  createCharDelimiterSplit,
  createDigits,
  createFixedLength,
  createPunctuation,
  createWhitespace,
  createWhitespaceSplit,
} from './kinds.ts'
import type { MetaspaceConfig } from './metaspace.ts'
import { createMetaspace, readMetaspace } from './metaspace.ts'
import { createPreTokenizerSequence } from './sequence.ts'
import { createSplit } from './split.ts'
import { createUnicodeScripts } from './unicode-scripts.ts'

/** Byte-level pre-tokenizer or decoder as tokenizer.json has it. */
export interface ByteLevelConfig {
  type: 'ByteLevel'
  /** Put a space before a word that has none. */
  add_prefix_space: boolean
  /** For the post-processor: leave white space out of offsets. */
  trim_offsets: boolean
  /** Split with GPT-2's pattern. */
  use_regex: boolean
}

/** A pre-tokenizer as tokenizer.json has it. */
export type PreTokenizerConfig =
  | { type: 'BertPreTokenizer' | 'Whitespace' | 'WhitespaceSplit' | 'UnicodeScripts' }
  | ByteLevelConfig
  | MetaspaceConfig
  | { type: 'CharDelimiterSplit'; delimiter: string }
  | { type: 'Punctuation'; behavior: SplitBehavior }
  | { type: 'Digits'; individual_digits: boolean }
  | { type: 'FixedLength'; length: number }
  | { type: 'Split'; pattern: PatternConfig; behavior: SplitBehavior; invert: boolean }
  | { type: 'Sequence'; pretokenizers: PreTokenizerConfig[] }

const preTokenizerTypes = [
  'BertPreTokenizer',
  'ByteLevel',
  'CharDelimiterSplit',
  'Metaspace',
  'Whitespace',
  'Sequence',
  'Split',
  'Punctuation',
  'WhitespaceSplit',
  'Digits',
  'UnicodeScripts',
  'FixedLength',
] as const

/**
 * Checks the JSON object of a pre-tokenizer; defaults are filled in and old forms of Metaspace become the new one.
 *
 * @param where names the file and field for messages
 * @throws TokenizerError `TOKENIZER_FILE` for a wrong field, `UNSUPPORTED_TOKENIZER` for an unknown type
 */
export function readPreTokenizer(json: unknown, where: string): PreTokenizerConfig {
  const { type, object } = readComponent(json, where, 'pre-tokenizer', preTokenizerTypes)
  switch (type) {
    case 'ByteLevel':
      return {
        type,
        add_prefix_space: booleanField(object, 'add_prefix_space', where),
        trim_offsets: booleanField(object, 'trim_offsets', where),
        use_regex: booleanField(object, 'use_regex', where, true),
      }
    case 'Metaspace':
      return readMetaspace(object, where)
    case 'CharDelimiterSplit':
      return { type, delimiter: characterField(object, 'delimiter', where) }
    case 'Punctuation':
      return { type, behavior: choiceField(object, 'behavior', where, splitBehaviors, 'Isolated') }
    case 'Digits':
      return { type, individual_digits: booleanField(object, 'individual_digits', where) }
    case 'FixedLength': {
      const length = countField(object, 'length', where, 5)
      if (length === 0) throw new TokenizerError('TOKENIZER_FILE', `${where}: "length" should be 1 or more, found 0.`)
      return { type, length }
    }
    case 'Split':
      return {
        type,
        pattern: readPattern(object, where),
        behavior: choiceField(object, 'behavior', where, splitBehaviors),
        invert: booleanField(object, 'invert', where),
      }
    case 'Sequence':
      return { type, pretokenizers: listField(object, 'pretokenizers', where, readPreTokenizer) }
    default:
      return { type }
  }
}

/** The pre-tokenizer that a configuration describes. Words and alignment are those of huggingface/tokenizers `pre_tokenizers/`. */
export function createPreTokenizer(config: PreTokenizerConfig): PreTokenizer {
  switch (config.type) {
    case 'BertPreTokenizer':
      return createBertPreTokenizer()
    case 'Whitespace':
      return createWhitespace()
    case 'WhitespaceSplit':
      return createWhitespaceSplit()
    case 'UnicodeScripts':
      return createUnicodeScripts()
    case 'ByteLevel':
      return createByteLevel(config.add_prefix_space, config.use_regex)
    case 'Metaspace':
      return createMetaspace(config)
    case 'CharDelimiterSplit':
      return createCharDelimiterSplit(config.delimiter)
    case 'Punctuation':
      return createPunctuation(config.behavior)
    case 'Digits':
      return createDigits(config.individual_digits)
    case 'FixedLength':
      return createFixedLength(config.length)
    case 'Split':
      return createSplit(config.pattern, config.behavior, config.invert)
    case 'Sequence':
      return createPreTokenizerSequence(config.pretokenizers.map(createPreTokenizer))
  }
}
