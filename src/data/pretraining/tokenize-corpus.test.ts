import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../core/errors.ts'
import { documentParagraphs } from './paragraphs.ts'
import { createMemoryTokenStore } from './token-store.ts'
import { sentenceSplitter, tokenizeCorpus } from './tokenize-corpus.ts'

describe('sentences', () => {
  const split = sentenceSplitter()

  test('follow the rules of Unicode', () => {
    expect([...split('It is 3.5 km, etc. and so on. Is it? Yes! 你好。再见。')]).toEqual([
      'It is 3.5 km, etc. and so on. ',
      'Is it? ',
      'Yes! ',
      '你好。',
      '再见。',
    ])
    expect([...split('')]).toEqual([])
    expect([...sentenceSplitter({ sentences: 'line' })('A. B.')]).toEqual(['A. B.'])
    expect(() => sentenceSplitter({ sentences: 'word' as 'line' })).toThrow(ConfigError)
  })

  test('of a very long paragraph are the same, in time that grows with its length', () => {
    // 4 million characters: seconds at most, where the segmenter alone would take hours.
    const sentence = (i: number) => `Number ${i} of ${'many '.repeat(i % 50)}goes on. `
    const sentences = Array.from({ length: 30_000 }, (_, i) => sentence(i))
    expect([...split(sentences.join(''))]).toEqual(sentences)
  })

  test('longer than a window are cut at white space, never within a character', () => {
    for (const text of ['word '.repeat(20_000), 'x'.repeat(100_000), `a${'😀'.repeat(30_000)}`]) {
      const parts = [...split(text)]
      expect(parts.join('')).toBe(text)
      expect(parts.length).toBeGreaterThan(3)
      for (const part of parts) expect(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/.test(part)).toBe(false)
    }
    expect([...split('word '.repeat(20_000))].every((part) => part.startsWith('word ') && part.endsWith(' '))).toBe(
      true,
    )
  })
})

test('texts in memory become documents; empty sentences and documents are passed over', async () => {
  const writer = createMemoryTokenStore(128)
  const tokenizer = {
    vocabSize: 128,
    encode: (text: string) => ({ ids: Int32Array.from(text.replace(/[^A-Z]/g, ''), (c) => c.charCodeAt(0)) }),
  }
  await tokenizeCorpus(documentParagraphs(['... A. BC.\n\nD.', 'no capitals.', '', 'EF']), { tokenizer, writer })
  const store = writer.finish()
  expect([...store.sentenceStarts]).toEqual([0, 1, 3, 4, 6])
  expect([...store.documentStarts]).toEqual([0, 3, 4])
  const wrong = tokenizeCorpus(documentParagraphs(['A']), { tokenizer, writer, maxSentenceTokens: 0 })
  await expect(wrong).rejects.toThrow(ConfigError)
})
