import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { trainUnigram } from './unigram.ts'

const fixture = JSON.parse(readFileSync(new URL('./unigram.fixture.json', import.meta.url), 'utf8'))

interface Training {
  texts: 'all' | 'latin'
  settings: Parameters<typeof trainUnigram>[1] & object
  /** Without special tokens; scores to ten digits. */
  pieces: [piece: string, score: number][]
  encodings: { text: string; tokens: string[]; decoded: string }[]
  pair: { texts: [string, string]; tokens: string[]; typeIds: number[] }
}
const trainings: Training[] = fixture.trainings

test.each(trainings.map((training) => [JSON.stringify(training.settings), training] as const))(
  'learns pieces and scores of Hugging Face, and encodes as it does: %s',
  async (_, training) => {
    const tokenizer = await trainUnigram(fixture.texts[training.texts], training.settings)
    const learnt = learntPieces(tokenizer.definition.model)
    expect([...learnt.keys()].sort()).toEqual(training.pieces.map(([piece]) => piece).sort())
    for (const [piece, score] of training.pieces) {
      // Characters that were dropped on the way share the lowest scores, upstream in an order that is random.
      if ([...piece].length > 1) expect(learnt.get(piece), piece).toBeCloseTo(score, 9)
    }
    const sorted = [...learnt.values()].sort((a, b) => b - a)
    for (const [i, score] of training.pieces
      .map((entry) => entry[1])
      .sort((a, b) => b - a)
      .entries()) {
      expect(sorted[i]).toBeCloseTo(score, 9)
    }
    for (const { text, tokens, decoded } of training.encodings) {
      const encoding = tokenizer.encode(text)
      expect(known(encoding.tokens), text).toEqual(known(tokens))
      expect(tokenizer.decode(encoding.ids), text).toBe(decoded)
    }
    const { texts, tokens, typeIds } = training.pair
    const encoding = tokenizer.encode(texts[0], { textPair: texts[1] })
    expect(encoding.tokens).toEqual(tokens)
    expect([...encoding.typeIds]).toEqual(typeIds)

    /** Upstream shows an unknown character and white space that a mask takes as they stand in the text. */
    function known(all: readonly string[]): string[] {
      return all
        .map((token) => (tokenizer.tokenToId(token) === undefined ? '?' : token))
        .map((token) => {
          return token === '<unk>' || token === '<mask>' ? '?' : token
        })
    }
  },
)

test('the order of the texts does not matter', async () => {
  const [forward, backward] = await Promise.all(
    [fixture.texts.latin, [...fixture.texts.latin].reverse()].map((texts) => trainUnigram(texts, { vocabSize: 150 })),
  )
  expect(learntPieces(backward.definition.model)).toEqual(learntPieces(forward.definition.model))
})

test('characters of the initial alphabet are kept', async () => {
  const tokenizer = await trainUnigram(['aa ab ba'], { vocabSize: 20, initialAlphabet: 'xy' })
  for (const character of 'abxy▁') expect(tokenizer.tokenToId(character), character).toBeGreaterThan(4)
})

test('says how far it is, and stops when it is told to', async () => {
  const stages: string[] = []
  await trainUnigram(fixture.texts.latin, { vocabSize: 100, onProgress: ({ stage }) => stages.push(stage) })
  expect(new Set(stages)).toEqual(new Set(['count', 'estimate']))
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(trainUnigram(fixture.texts.latin, { signal })).rejects.toThrow('enough')
})

test.each([
  ['VOCAB_SIZE', '5 special tokens and 4 single characters need 9', { vocabSize: 8 }],
  ['SETTING', 'shrinkingFactor is 1', { shrinkingFactor: 1 }],
  ['MISSING_SPECIAL_TOKEN', 'lacks [CLS]', { family: 'albert' as const, specialTokens: ['<pad>', '<unk>'] }],
])('%s: %s', async (code, message, options) => {
  await expect(trainUnigram(['abc'], options)).rejects.toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  )
})

function learntPieces(model: Awaited<ReturnType<typeof trainUnigram>>['definition']['model']): Map<string, number> {
  if (model.type !== 'Unigram') throw new Error(model.type)
  const { scores } = model
  return new Map([...model.vocab].slice(5).map(([piece, id]) => [piece, scores[id]]))
}
