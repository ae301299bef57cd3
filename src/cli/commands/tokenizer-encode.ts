import { stdout } from 'node:process'
import { styleText } from 'node:util'
import { ConfigError } from '../../core/errors.ts'
import { readTexts } from '../../data/node.ts'
import type { Encoding } from '../../tokenizers/index.ts'
import { AutoTokenizer } from '../../tokenizers/node.ts'
import { defineCommand } from '../command.ts'
import { dataFlags, readOptions } from '../inputs.ts'

/** Words take turns in these. */
const colours = ['cyan', 'yellow', 'green', 'magenta'] as const

export const tokenizerEncode = defineCommand({
  name: 'tokenizer encode',
  summary: 'Show the pieces, ids and offsets of texts',
  example: `bertsmith tokenizer encode --tokenizer out/tokenizer "ChatGPT is fascinating."
bertsmith tokenizer encode --tokenizer out/tokenizer "Who wrote it?" --text-pair "She wrote it." --json`,
  positionals: { name: 'TEXT…', description: 'texts, in quotes', many: true },
  flags: {
    tokenizer: { type: 'string', required: true, value: 'DIR|ID', description: 'Folder of a tokenizer, or a hub id' },
    input: { type: 'string', value: 'FILE', description: 'Texts: txt with one a line, or a column of csv, tsv, jsonl' },
    'text-pair': { type: 'string', value: 'TEXT', description: 'The second text of a pair' },
    'max-length': { type: 'number', value: 'N', description: 'Cut to so many tokens' },
    stride: { type: 'number', value: 'N', description: 'Show all windows of a cut text, with so many tokens repeated' },
    special: {
      type: 'boolean',
      description: 'Special tokens around the texts (default; --no-special leaves them out)',
    },
    'text-column': dataFlags['text-column'],
    format: dataFlags.format,
  },
  async run(values, given, { print }) {
    const { input, textPair, maxLength, stride, special = true } = values
    if (given.length > 0 === (input !== undefined)) {
      throw new ConfigError('TEXTS', 'give texts as arguments or a file with --input FILE, one of the two')
    }
    const tokenizer = await AutoTokenizer.fromPretrained(values.tokenizer)
    const options = {
      textPair,
      maxLength,
      addSpecialTokens: special,
      truncation: maxLength !== undefined || stride !== undefined,
      stride,
      returnOverflowingTokens: stride !== undefined,
    }
    const encodings: Encoding[] = []
    for await (const text of input === undefined ? given : readTexts(input, readOptions(values))) {
      const encoding = tokenizer.encode(text, options)
      encodings.push(encoding, ...encoding.overflowing)
      for (const window of [encoding, ...encoding.overflowing]) print(`${table(window)}\n`)
    }
    return {
      encodings: encodings.map((encoding) => ({
        ids: [...encoding.ids],
        tokens: encoding.tokens,
        offsets: encoding.offsets,
        typeIds: [...encoding.typeIds],
        attentionMask: [...encoding.attentionMask],
        specialTokensMask: [...encoding.specialTokensMask],
      })),
    }
  },
})

/** A line a token: its text, id, segment and place; words in colours where the terminal has them. */
function table({ tokens, ids, typeIds, offsets, wordIds, specialTokensMask }: Encoding): string {
  const width = Math.max(5, ...tokens.map((token) => token.length))
  const isColoured = stdout.hasColors?.() ?? false
  const lines = tokens.map((token, i) => {
    const [start, end] = offsets[i]
    const isSpecial = specialTokensMask[i] === 1
    const place = isSpecial ? '' : `${start}-${end}`
    const style = isSpecial ? 'dim' : colours[(wordIds[i] ?? 0) % colours.length]
    const shown = token.padEnd(width)
    return `${isColoured ? styleText(style, shown) : shown}  ${`${ids[i]}`.padStart(7)}  ${`${typeIds[i]}`.padStart(4)}  ${place}`.trimEnd()
  })
  return [`${'token'.padEnd(width)}  ${'id'.padStart(7)}  type  characters`, ...lines].join('\n')
}
