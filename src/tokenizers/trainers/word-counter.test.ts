import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NormalizerConfig } from '../normalizers/index.ts'
import { createNormalizer } from '../normalizers/index.ts'
import { createPreTokenizer } from '../pre-tokenizers/index.ts'
import { TextCounter } from './text-counter.ts'
import { bertChunkEnd, spacedChunkEnd, WordCounter } from './word-counter.ts'

const byteLevel = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true } as const
const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true } as const
const white: NormalizerConfig = {
  type: 'Sequence',
  normalizers: [
    { type: 'Nmt' },
    { type: 'NFKC' },
    { type: 'Strip', strip_left: true, strip_right: true },
    { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
  ],
}
const bert: NormalizerConfig = {
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
}
const text = fc.string({
  unit: fc.constantFrom('a', 'B', "'s", ' ', '.', '3', '\t', 'é', '\u0301', '水', '𝕬', '\ud800', '\u00a8', '\u3000'),
  maxLength: 90,
})

test.each([
  ['byte-level', undefined, byteLevel, spacedChunkEnd],
  ['byte-level after NFKD', createNormalizer({ type: 'NFKD' }), byteLevel, spacedChunkEnd],
  ['Metaspace', createNormalizer(white), metaspace, spacedChunkEnd],
  ['BERT', createNormalizer(bert), { type: 'BertPreTokenizer' } as const, bertChunkEnd],
])('cut into chunks, a text has the same words: %s', (_, normalizer, config, chunkEnd) => {
  const settings = { normalizer, preTokenizer: createPreTokenizer(config), maxWords: 1e6 }
  fc.assert(
    fc.property(fc.array(text, { maxLength: 3 }), (texts) => {
      const [cut, whole] = [chunkEnd, (all: string) => all.length].map((end) => {
        const counter = new WordCounter({ ...settings, chunkEnd: end })
        for (const each of texts) counter.add(each)
        const { words, counts } = counter.words()
        return words.map((word, w) => [word, counts[w]])
      })
      expect(cut).toEqual(whole)
    }),
  )
})

test('counts as a Map does', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 200 }), (texts) => {
      const counter = new TextCounter()
      const map = new Map<string, number>()
      for (const each of texts) {
        counter.add(`<${each}>`, 1, 1 + each.length, 2)
        map.set(each, (map.get(each) ?? 0) + 2)
      }
      expect([...counter.entries()]).toEqual([...map])
    }),
  )
})

test('forgets the rarest, and finds the others again', () => {
  const counter = new TextCounter()
  const words = Array.from({ length: 10_000 }, (_, i) => `word${i}`)
  for (const [i, word] of words.entries()) counter.add(word, 0, word.length, (i % 10) + 1)
  counter.forgetRare(2500)
  expect(counter.size).toBe(2000) // counts 9 and 10: with 8 there would be 3000
  for (const word of words) counter.add(word, 0, word.length, 1)
  const counts = new Map(counter.entries())
  expect(counts.size).toBe(10_000)
  expect(counts.get('word8')).toBe(10)
  expect(counts.get('word7')).toBe(1)
})

test('memory is bounded by maxWords', () => {
  const preTokenizer = createPreTokenizer(metaspace)
  const counter = new WordCounter({ chunkEnd: spacedChunkEnd, normalizer: undefined, preTokenizer, maxWords: 100 })
  for (let i = 0; i < 1000; i++) counter.add(`often ${i}`)
  const { words, counts } = counter.words()
  expect(words.length).toBeLessThanOrEqual(101)
  expect(counts[words.indexOf('▁often')]).toBeGreaterThan(900)
})
