import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { TokenizerError } from '../../core/errors.ts'
import { BertTokenizer } from '../../tokenizers/index.ts'
import { saveTokenizer } from '../../tokenizers/node.ts'
import type { CommandContext } from '../command.ts'
import { tokenizerEncode } from './tokenizer-encode.ts'

const folder = join(temporaryFolder(), 'tokenizer')
const words = ['chat', '##gp', '##t', 'is', 'fascinating', '.']

async function run(texts: readonly string[], flags: object = {}) {
  await saveTokenizer(new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words] }), folder)
  const lines: string[] = []
  const context = { print: (text: string) => lines.push(text) } as unknown as CommandContext
  const result = await tokenizerEncode.run({ tokenizer: folder, ...flags } as never, [...texts], context)
  return { text: lines.join('\n'), ...(result as { encodings: Record<string, unknown>[] }) }
}

test('shows pieces, ids and the characters they are from', async () => {
  const { text, encodings } = await run(['ChatGPT is fascinating.'])
  expect(text).toMatch(
    /^token +id +type +characters\n\[CLS\] +2 +0\nchat +5 +0 +0-4\n##gp +6 +0 +4-6\n##t +7 +0 +6-7\n/,
  )
  expect(encodings).toEqual([
    {
      ids: [2, 5, 6, 7, 8, 9, 10, 3],
      tokens: ['[CLS]', ...words, '[SEP]'],
      offsets: [
        [0, 0],
        [0, 4],
        [4, 6],
        [6, 7],
        [8, 10],
        [11, 22],
        [22, 23],
        [0, 0],
      ],
      typeIds: [0, 0, 0, 0, 0, 0, 0, 0],
      attentionMask: [1, 1, 1, 1, 1, 1, 1, 1],
      specialTokensMask: [1, 0, 0, 0, 0, 0, 0, 1],
    },
  ])
})

test('pairs, windows, no special tokens', async () => {
  const pair = await run(['is'], { textPair: 'chat' })
  expect(pair.encodings[0].typeIds).toEqual([0, 0, 0, 1, 1])
  const windows = await run(['chat is fascinating.'], { maxLength: 4, stride: 1 })
  expect(windows.encodings.map(({ tokens }) => tokens)).toEqual([
    ['[CLS]', 'chat', 'is', '[SEP]'],
    ['[CLS]', 'is', 'fascinating', '[SEP]'],
    ['[CLS]', 'fascinating', '.', '[SEP]'],
  ])
  expect((await run(['is'], { special: false })).encodings[0].ids).toEqual([8])
})

test('a stride that leaves no room is refused', async () => {
  await expect(run(['chat is fascinating.'], { maxLength: 4, stride: 2 })).rejects.toThrow(TokenizerError)
})
