import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { trainBpe } from './bpe.ts'

const fixture = JSON.parse(readFileSync(new URL('./bpe.fixture.json', import.meta.url), 'utf8'))

interface Training {
  texts: 'all' | 'latin'
  settings: Parameters<typeof trainBpe>[1] & object
  /** Without special tokens and bytes. */
  vocab: string[]
  merges: [string, string][]
  encodings: { text: string; ids: number[]; decoded: string }[]
  pair: { texts: [string, string]; ids: number[]; typeIds: number[] }
}
const trainings: Training[] = fixture.trainings

test.each(trainings.map((training) => [JSON.stringify(training.settings), training] as const))(
  'learns pieces and merges of Hugging Face, and encodes as it does: %s',
  async (_, training) => {
    const tokenizer = await trainBpe(fixture.texts[training.texts], training.settings)
    expect(tokenizer.vocabSize).toBe(261 + training.vocab.length)
    expect(training.vocab.map((piece) => tokenizer.tokenToId(piece))).toEqual(training.vocab.map((__, i) => 261 + i))
    expect(learntMerges(tokenizer.definition.model)).toEqual(training.merges)
    for (const { text, ids, decoded } of training.encodings) {
      expect([...tokenizer.encode(text).ids], text).toEqual(ids)
      expect(tokenizer.decode(ids), text).toBe(decoded)
    }
    const { texts, ids, typeIds } = training.pair
    const encoding = tokenizer.encode(texts[0], { textPair: texts[1] })
    expect([...encoding.ids]).toEqual(ids)
    expect([...encoding.typeIds]).toEqual(typeIds)
  },
)

test('special tokens in another order, and more of them', async () => {
  const specialTokens = ['<unk>', '</s>', '<x>', '<s>', '<mask>', '<pad>']
  const tokenizer = await trainBpe(['aa aa'], { specialTokens })
  expect([...tokenizer.encode('a<x>').ids]).toEqual([3, tokenizer.tokenToId('a'), 2, 1])
})

test('says how far it is, and stops when it is told to', async () => {
  const stages: string[] = []
  await trainBpe(fixture.texts.latin, { vocabSize: 300, onProgress: ({ stage }) => stages.push(stage) })
  expect(new Set(stages)).toEqual(new Set(['count', 'merge']))
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(trainBpe(fixture.texts.latin, { signal })).rejects.toThrow('enough')
})

test.each([
  ['VOCAB_SIZE', '5 special tokens and 256 single characters need 261', { vocabSize: 260 }],
  ['SETTING', 'minFrequency is -1', { minFrequency: -1 }],
  ['MISSING_SPECIAL_TOKEN', 'lacks <pad>', { specialTokens: ['<s>', '</s>', '<unk>', '<mask>'] }],
])('%s: %s', async (code, message, options) => {
  await expect(trainBpe(['a'], options)).rejects.toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  )
})

function learntMerges(model: Awaited<ReturnType<typeof trainBpe>>['definition']['model']): [string, string][] {
  if (model.type !== 'BPE') throw new Error(model.type)
  const { merges, vocab } = model
  return Array.from({ length: merges.length / 3 }, (_, i) => [
    vocab.idToToken(merges[i * 3]) as string,
    vocab.idToToken(merges[i * 3 + 1]) as string,
  ])
}
