import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError, DataError } from '../../core/errors.ts'
import { detectScheme, firstBrokenTag, schemeOfLabels } from './detect-scheme.ts'
import { areEntityTags, parseTag } from './tag.ts'
import { convertTags, type EntitySpan, readEntities, type TagScheme, tagSchemes, writeTags } from './tag-scheme.ts'

type Row = [type: string, start: number, end: number]

const { cases } = JSON.parse(readFileSync(new URL('tag-scheme.fixture.json', import.meta.url), 'utf8')) as {
  cases: [scheme: TagScheme, tags: string, lenient: Row[], strict: Row[]][]
}
const rows = (entities: EntitySpan[]) => entities.map(({ type, start, end }): Row => [type, start, end])
const wordsOf = (tags: string) => tags.split(' ').filter(Boolean)

test.each(tagSchemes)('%s: entities as seqeval reads them, by default and strictly', (scheme) => {
  const own = cases.filter(([name]) => name === scheme)
  expect(own.length).toBeGreaterThan(150)
  for (const [, tags, lenient, strict] of own) {
    expect(rows(readEntities(wordsOf(tags))), tags).toEqual(lenient)
    expect(rows(readEntities(wordsOf(tags), scheme)), `${tags}, strictly`).toEqual(strict)
  }
})

/** Entities of a sentence, some side by side, and its number of words. */
const sentences = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 0, max: 2 }),
      length: fc.integer({ min: 1, max: 4 }),
      type: fc.constantFrom('A', 'b-c', '_', 'é'),
    }),
    { maxLength: 6 },
  )
  .chain((parts) =>
    fc.integer({ min: 0, max: 2 }).map((rest) => {
      let at = 0
      const entities = parts.map(({ gap, length, type }): EntitySpan => {
        const start = at + gap
        at = start + length
        return { type, start, end: at }
      })
      return { entities, words: at + rest }
    }),
  )
const schemes = fc.constantFrom(...tagSchemes)

describe('properties', () => {
  test('what is written is read again, leniently and strictly', () => {
    fc.assert(
      fc.property(sentences, schemes, ({ entities, words }, scheme) => {
        const tags = writeTags(entities, words, scheme)
        expect(tags.length).toBe(words)
        expect(readEntities(tags)).toEqual(entities)
        expect(readEntities(tags, scheme)).toEqual(entities)
        expect(writeTags([...entities].reverse(), words, scheme)).toEqual(tags)
      }),
    )
  })

  test('to another scheme and back changes nothing', () => {
    fc.assert(
      fc.property(sentences, schemes, schemes, ({ entities, words }, first, second) => {
        const tags = writeTags(entities, words, first)
        expect(convertTags(convertTags(tags, second, first), first, second)).toEqual(tags)
      }),
    )
  })

  test('the scheme of what was written is detected, without a broken tag', () => {
    fc.assert(
      fc.property(fc.array(sentences), schemes, (many, scheme) => {
        const written = many.map(({ entities, words }) => writeTags(entities, words, scheme))
        const detected = detectScheme(written)
        expect(detected.broken).toBe(0)
        // Sentences may be the same in two schemes.
        const again = many.map(({ entities, words }) => writeTags(entities, words, detected.scheme))
        expect(again).toEqual(written)
      }),
    )
  })

  test('any tags become valid ones of the same entities', () => {
    const tags = fc.array(fc.constantFrom('O', 'B-A', 'I-A', 'E-A', 'S-A', 'B-B', 'I-B', 'L-B', 'U-B'), {
      maxLength: 9,
    })
    fc.assert(
      fc.property(tags, schemes, (broken, scheme) => {
        const repaired = convertTags(broken, scheme)
        expect(readEntities(repaired, scheme)).toEqual(readEntities(broken))
      }),
    )
  })
})

test('what an I- without B- means', () => {
  const tags = ['I-A', 'I-A', 'O', 'B-A', 'I-B', 'B-B']
  const begun = [
    ['A', 0, 2],
    ['A', 3, 4],
    ['B', 4, 5],
    ['B', 5, 6],
  ]
  expect(rows(readEntities(tags))).toEqual(begun)
  expect(rows(readEntities(tags, 'IOB2'))).toEqual([
    ['A', 3, 4],
    ['B', 5, 6],
  ])
  // In IOB1 a B- must be right behind its like.
  expect(rows(readEntities(tags, 'IOB1'))).toEqual(begun.filter(([, start]) => start !== 3))
  expect(convertTags(tags, 'IOB2')).toEqual(['B-A', 'I-A', 'O', 'B-A', 'B-B', 'B-B'])
  expect(convertTags(tags, 'BIOES')).toEqual(['B-A', 'E-A', 'O', 'S-A', 'S-B', 'S-B'])
  expect(convertTags(tags, 'BILOU')).toEqual(['B-A', 'L-A', 'O', 'U-A', 'U-B', 'U-B'])
  expect(convertTags(tags, 'IOB1')).toEqual(['I-A', 'I-A', 'O', 'I-A', 'I-B', 'B-B'])
})

test('tags that are a letter alone are converted to such', () => {
  expect(convertTags(['I', 'I', 'O', 'B-A'], 'BIOES')).toEqual(['B', 'E', 'O', 'S-A'])
  expect(convertTags(['I-_', 'O'], 'IOB2')).toEqual(['B-_', 'O'])
  expect(writeTags([{ type: '_', start: 0, end: 2 }], 3, 'IOB2', { noType: true })).toEqual(['B', 'I', 'O'])
})

describe('detection', () => {
  test.each<[TagScheme, number, string[]]>([
    ['IOB2', 0, []],
    ['IOB2', 0, ['O O']],
    ['IOB2', 0, ['O B-A I-A', 'B-B B-A']],
    ['IOB2', 1, ['O B-A I-A', 'B-B B-A I-B']],
    ['IOB1', 0, ['O I-A I-A', 'I-B B-B']],
    ['IOB1', 1, ['O I-A I-A', 'I-B B-B B-A']],
    ['BIOES', 0, ['S-A O B-A I-A E-A']],
    ['BIOES', 3, ['B-A', 'E-A', 'I-A E-A']],
    ['BILOU', 1, ['B-A O U-A']],
  ])('%s with %i broken tags', (scheme, broken, written) => {
    expect(detectScheme(written.map(wordsOf))).toEqual({ scheme, broken })
    expect(written.some((tags) => firstBrokenTag(wordsOf(tags), scheme) !== undefined)).toBe(broken > 0)
  })

  test.each<[TagScheme, string, number | undefined]>([
    ['IOB2', 'O B-A I-A I-B', 3],
    ['IOB2', 'B-A S-A', 1],
    ['IOB1', 'I-A B-A B-B', 2],
    ['BIOES', 'B-A E-A B-A O', 3],
    ['BIOES', 'S-A B-A', 1],
    ['BILOU', 'B-A I-A L-A U-B', undefined],
    ['BILOU', '', undefined],
  ])('the first tag that breaks %s in "%s"', (scheme, tags, place) => {
    expect(firstBrokenTag(wordsOf(tags), scheme)).toBe(place)
  })

  test('labels of a model show BIOES and BILOU alone', () => {
    expect(schemeOfLabels(['O', 'B-A', 'I-A', 'E-A', 'S-A'])).toBe('BIOES')
    expect(schemeOfLabels(['U-A', 'O'])).toBe('BILOU')
    expect(schemeOfLabels(['O', 'B-A', 'I-A'])).toBeUndefined()
    expect(schemeOfLabels(['NOUN', 'VERB'])).toBeUndefined()
  })

  test('letters of two schemes, or of none', () => {
    expect(() => detectScheme([['B-A', 'L-A'], ['S-A']])).toThrow(/B, L, S, which is no scheme/)
    expect(() => detectScheme([['I-A', 'E-A']])).toThrow(DataError)
  })
})

describe('what is no tag', () => {
  test.each(['', 'B-', 'NOUN', 'b-A', 'BA', 'o', 'O-A', 'X-A', 'constructor'])('"%s"', (tag) => {
    expect(parseTag(tag)).toBeUndefined()
    expect(areEntityTags(['O', tag])).toBe(false)
    expect(() => readEntities(['O', tag])).toThrow(expect.objectContaining({ code: 'TAG' }))
    expect(() => detectScheme([[tag]])).toThrow(/marks no entity/)
  })

  test('a letter that the scheme does not have', () => {
    expect(() => readEntities(['S-A'], 'IOB2')).toThrow(expect.objectContaining({ code: 'TAG_SCHEME' }))
    expect(() => readEntities(['S-A'], 'BILOU')).toThrow(/not of the scheme BILOU/)
  })

  test('entities that overlap, are empty or leave the sentence; a scheme that there is not', () => {
    const spans = (...list: [number, number][]) => list.map(([start, end]) => ({ type: 'A', start, end }))
    for (const wrong of [spans([0, 2], [1, 3]), spans([1, 1]), spans([2, 4]), spans([-1, 1]), spans([Number.NaN, 1])]) {
      expect(() => writeTags(wrong, 3, 'IOB2')).toThrow(expect.objectContaining({ code: 'ENTITY_RANGE' }))
    }
    expect(() => writeTags([], 1, 'IOE' as TagScheme)).toThrow(ConfigError)
  })
})
