import { booleanField, characterField, choiceField } from '../component-fields.ts'
import type { PreTokenizer } from '../components.ts'
import type { JsonObject } from '../files/json-fields.ts'
import { badField } from '../files/json-fields.ts'

/** Metaspace, pre-tokenizer or decoder, as tokenizer.json has it. */
export interface MetaspaceConfig {
  type: 'Metaspace'
  /** The character that stands for a space. */
  replacement: string
  /** Which words get one put before them: all, the one at the beginning of the text, or none. */
  prepend_scheme: 'always' | 'first' | 'never'
  /** Begin a word at each replacement. */
  split: boolean
}

/** Reads both forms: the old one has `add_prefix_space` and `str_rep`. @throws TokenizerError `TOKENIZER_FILE` */
export function readMetaspace(object: JsonObject, where: string): MetaspaceConfig {
  const prefix = booleanField(object, 'add_prefix_space', where, true)
  const fallback = prefix ? 'always' : 'never'
  const scheme = choiceField(object, 'prepend_scheme', where, ['always', 'first', 'never'], fallback)
  if (!prefix && scheme !== 'never') {
    throw badField(where, '"prepend_scheme"', '"never", as "add_prefix_space" is false', scheme)
  }
  return {
    type: 'Metaspace',
    replacement: characterField(object, 'replacement', where),
    prepend_scheme: scheme,
    split: booleanField(object, 'split', where, true),
  }
}

/** Turns spaces into the replacement and splits before each of them: `pre_tokenizers/metaspace.rs`. */
export function createMetaspace(config: MetaspaceConfig): PreTokenizer {
  const replacement = config.replacement.codePointAt(0) as number
  return {
    split(input, out) {
      const { codePoints, starts, ends } = input.text
      for (let w = 0; w < input.count; w++) {
        const start = input.wordStarts[w]
        const end = input.wordEnds[w]
        let wordStart = out.text.length
        const begins = codePoints[start] === 0x20 || codePoints[start] === replacement
        if (!begins && config.prepend_scheme !== 'never') {
          const source = input.sourceStart === -1 ? starts[start] : input.sourceStart
          if (config.prepend_scheme === 'always' || source === 0) {
            out.text.push(replacement, starts[start], ends[start])
          }
        }
        for (let i = start; i < end; i++) {
          const codePoint = codePoints[i] === 0x20 ? replacement : codePoints[i]
          if (config.split && codePoint === replacement && i > start) {
            out.pushWord(wordStart, out.text.length)
            wordStart = out.text.length
          }
          out.text.push(codePoint, starts[i], ends[i])
        }
        out.pushWord(wordStart, out.text.length)
      }
      if (!config.split) out.sourceStart = input.sourceStart
    },
  }
}
