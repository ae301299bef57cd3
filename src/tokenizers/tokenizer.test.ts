import { describe, expect, test } from 'vitest'
import type { EncodeOptions, TextInput } from './encode-options.ts'
import type { Encoding } from './encoding.ts'
import { createTokenizer } from './files/bert-shape.ts'
import { parseTokenizerJson } from './files/tokenizer-json.ts'
import fixture from './tokenizer.fixture.json' with { type: 'json' }
import { Tokenizer } from './tokenizer.ts'

interface Case {
  tokenizer: string
  kind: string
  text: TextInput
  pair: TextInput | null
  options: EncodeOptions
  expected: unknown
}
const cases = fixture.cases as unknown as Case[]
const files = fixture.tokenizers as unknown as Record<string, { model: unknown }>

function tokenizersOf(name: string): Tokenizer[] {
  const { model, ...parts } = files[name]
  const definition = parseTokenizerJson(
    JSON.stringify({ ...parts, model: typeof model === 'string' ? files[model].model : model }),
  )
  const tokenizer = createTokenizer(definition)
  // BERT's own, faster way and the way through the parts.
  return tokenizer.constructor === Tokenizer ? [tokenizer] : [tokenizer, new Tokenizer(definition)]
}

function answer(encoding: Encoding): unknown[] {
  return [
    Array.from(encoding.ids),
    encoding.codePointOffsets.flat(),
    Array.from(encoding.typeIds),
    Array.from(encoding.attentionMask),
    Array.from(encoding.specialTokensMask),
    encoding.wordIds.map((word) => word ?? -1),
    encoding.sequenceIds.map((sequence) => sequence ?? -1),
  ]
}

/** UTF-16 positions of the code points of a text, and of its end. */
function places(text: string): number[] {
  const found = [0]
  for (const character of text) found.push((found.at(-1) as number) + character.length)
  return found
}

function lookUps(encoding: Encoding, texts: string[]): Record<string, unknown> {
  const units = texts.map(places)
  const words = Array.from({ length: Math.max(0, ...encoding.wordIds.map((word) => word ?? 0)) + 2 }, (_, i) => i)
  const tokens = Array.from({ length: encoding.length + 1 }, (_, i) => i)
  const two = texts.length === 1 ? ([0] as const) : ([0, 1] as const)
  const inCodePoints = (chars: [number, number] | undefined, sequence: number) =>
    chars?.map((unit) => units[sequence].indexOf(unit)) ?? null
  return {
    charToToken: two.map((s) => units[s].map((unit) => encoding.charToToken(unit, s) ?? null)),
    charToWord: two.map((s) => units[s].map((unit) => encoding.charToWord(unit, s) ?? null)),
    wordToTokens: two.map((s) => words.map((word) => encoding.wordToTokens(word, s) ?? null)),
    wordToChars: two.map((s) => words.map((word) => inCodePoints(encoding.wordToChars(word, s), s))),
    tokenToChars: tokens.map((token) => inCodePoints(encoding.tokenToChars(token), encoding.sequenceIds[token] ?? 0)),
    tokenToWord: tokens.map((token) => encoding.tokenToWord(token) ?? null),
  }
}

function respond(tokenizer: Tokenizer, { kind, text, pair, options }: Case): unknown {
  if (kind === 'padding') {
    return tokenizer.encodeBatch(text as readonly (string | [string, string])[], options).map(answer)
  }
  let encoding: Encoding
  try {
    encoding = tokenizer.encode(text, { ...options, textPair: pair ?? undefined })
  } catch (error) {
    if (kind === 'windows') return null
    throw error
  }
  if (kind === 'windows') return [encoding, ...encoding.overflowing].map((window) => answer(window).slice(0, 2))
  if (kind === 'look-ups') return lookUps(encoding, (pair === null ? [text] : [text, pair]) as string[])
  if (kind !== 'texts') return answer(encoding)
  const decoded = [true, false].map((skipSpecialTokens) => tokenizer.decode(encoding.ids, { skipSpecialTokens }))
  return [answer(encoding), decoded]
}

describe.each(Object.keys(files))('%s as in tokenizers 0.23.2', (name) => {
  const own = cases.filter(({ tokenizer }) => tokenizer === name)
  const tokenizers = tokenizersOf(name)
  test.each([...new Set(own.map(({ kind }) => kind))])('%s', (kind) => {
    for (const one of own) {
      if (one.kind !== kind) continue
      const { text, pair, options, expected } = one
      for (const tokenizer of tokenizers) {
        expect({ text, pair, options, got: respond(tokenizer, one) }).toEqual({ text, pair, options, got: expected })
      }
    }
  })
})
