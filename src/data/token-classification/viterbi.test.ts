import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scoreEntities } from './scored-entities.ts'
import { createTagDecoder } from './tag-decoder.ts'
import { convertTags, type EntitySpan, readEntities, type TagScheme, tagSchemes, writeTags } from './tag-scheme.ts'
import { bestSequence, tagTransitions } from './viterbi.ts'

const labelsOf: Record<TagScheme, string[]> = {
  IOB1: ['O', 'B-A', 'I-A', 'B-B', 'I-B'],
  IOB2: ['I-B', 'B-A', 'O', 'I-A', 'B-B'],
  BIOES: ['O', 'B-A', 'I-A', 'E-A', 'S-A', 'B-B', 'E-B', 'I-B', 'S-B'],
  BILOU: ['U-A', 'B-A', 'I-A', 'L-A', 'O'],
}
const schemes = fc.constantFrom(...tagSchemes)
const number = fc.oneof(
  { weight: 9, arbitrary: fc.double({ min: -9, max: 0, noNaN: true }) },
  fc.constantFrom(0, -1, Number.NEGATIVE_INFINITY, Number.NaN, 1e30, -1e30),
)

/** Whether tags are just what the scheme writes for the entities in them. */
const isValid = (tags: string[], scheme: TagScheme) => `${convertTags(tags, scheme)}` === `${tags}`

/** Every sequence of so many labels. */
function* sequences(labels: number, words: number): Generator<number[]> {
  if (words === 0) yield []
  else
    for (const rest of sequences(labels, words - 1)) for (let label = 0; label < labels; label++) yield [...rest, label]
}

test('of any scores at all the best sequence is a valid one', () => {
  const input = schemes.chain((scheme) => {
    const size = labelsOf[scheme].length
    const rows = fc.array(fc.array(number, { minLength: size, maxLength: size }), { maxLength: 12 })
    return rows.map((values) => ({ scheme, values: values.flat() }))
  })
  fc.assert(
    fc.property(input, ({ scheme, values }) => {
      const labels = labelsOf[scheme]
      const best = bestSequence(values, tagTransitions(labels, scheme))
      expect(best.length).toBe(values.length / labels.length)
      const tags = Array.from(best, (id) => labels[id])
      expect(isValid(tags, scheme), tags.join(' ')).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test.each(tagSchemes)('%s: it is the best of all valid sequences, each of which is allowed', (scheme) => {
  const labels = scheme === 'BIOES' ? labelsOf.BIOES.slice(0, 5) : labelsOf[scheme]
  const size = labels.length
  const transitions = tagTransitions(labels, scheme)
  const words = 4
  const valid = [...sequences(size, words)].filter((ids) =>
    isValid(
      ids.map((id) => labels[id]),
      scheme,
    ),
  )
  // What is allowed is what is valid, counted through the transitions.
  const allowed = [...sequences(size, words)].filter(
    (ids) =>
      transitions.first[ids[0]] &&
      transitions.last[ids[words - 1]] &&
      ids.every((id, i) => i === 0 || transitions.next[ids[i - 1] * size + id]),
  )
  expect(allowed).toEqual(valid)
  const rows = fc.array(fc.double({ min: -9, max: 0, noNaN: true }), {
    minLength: words * size,
    maxLength: words * size,
  })
  fc.assert(
    fc.property(rows, (values) => {
      const scoreOf = (ids: ArrayLike<number>) =>
        Array.from(ids).reduce((sum, id, word) => sum + values[word * size + id], 0)
      expect(scoreOf(bestSequence(values, transitions))).toBe(Math.max(...valid.map(scoreOf)))
    }),
    { numRuns: 40 },
  )
})

test('what is valid already stays', () => {
  const parts = fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 3 }), fc.constantFrom('A', 'B')), {
    maxLength: 4,
  })
  fc.assert(
    fc.property(parts, fc.constantFrom('IOB1' as const, 'IOB2' as const, 'BIOES' as const), (list, scheme) => {
      let at = 0
      const entities = list.map(([gap, length, type]): EntitySpan => {
        const start = at + gap
        at = start + length
        return { type, start, end: at }
      })
      const labels = labelsOf[scheme]
      const tags = writeTags(entities, at + 1, scheme)
      const values = tags.flatMap((tag) => labels.map((label) => (label === tag ? -0.1 : -5)))
      const best = bestSequence(values, tagTransitions(labels, scheme))
      expect(Array.from(best, (id) => labels[id])).toEqual(tags)
    }),
  )
})

describe('by hand', () => {
  const labels = ['O', 'B-A', 'I-A']
  const decode = (values: number[], scheme: TagScheme = 'IOB2') =>
    Array.from(bestSequence(values, tagTransitions(labels, scheme)), (id) => labels[id]).join(' ')

  test('an I- that nothing begins is begun, or left out, whichever is more probable', () => {
    expect(decode([-0.5, -1, -9, -9, -9, -0.1])).toBe('B-A I-A')
    expect(decode([-0.5, -9, -9, -0.2, -9, -0.1])).toBe('O O')
    expect(decode([-0.5, -9, -9, -0.2, -9, -0.1], 'IOB1')).toBe('O I-A')
  })

  test('no words, one word, equals', () => {
    expect(decode([])).toBe('')
    expect(decode([-3, -2, -1])).toBe('B-A')
    expect(decode([0, 0, 0, 0, 0, 0])).toBe('O O')
  })

  test('labels that are no tags may stand anywhere', () => {
    const names = ['NOUN', 'VERB']
    const best = bestSequence([0, 1, 1, 0, 0, 1], tagTransitions(names, 'IOB2'))
    expect(Array.from(best, (id) => names[id])).toEqual(['VERB', 'NOUN', 'VERB'])
  })

  test('labels of which no sequence can be made', () => {
    const transitions = tagTransitions(['B-A', 'I-A'], 'BIOES')
    expect(() => bestSequence([0, 0, 0, 0], transitions)).toThrow(/no sequence of 2 of the labels B-A, I-A is allowed/)
  })
})

describe('a decoder', () => {
  const labels = ['O', 'B-A', 'I-A']
  /** Scores in which each word's letter is the best, and `second` the next. */
  const scores = (letters: string, second: string) =>
    [...letters].flatMap((letter) => [...'OBI'].map((own) => (own === letter ? -0.5 : own === second ? -1 : -7)))
  const decode = (values: number[], scheme?: TagScheme | 'none', names = labels) =>
    Array.from(createTagDecoder(names, scheme)(values), (id) => names[id][0]).join('')

  test('of B- and I- takes the scheme that a sentence follows', () => {
    expect(decode(scores('OIIOI', 'B'))).toBe('OIIOI') // a model that learnt IOB1
    expect(decode(scores('IBIOI', 'B'))).toBe('IBIOI')
    expect(decode(scores('OBIOIOB', 'B'))).toBe('OBIOBOB') // IOB2, with a slip
    expect(decode(scores('BIOBIOI', 'O'))).toBe('BIOBIOO')
    expect(decode(scores('OIIOI', 'B'), 'IOB2')).toBe('OBIOB')
    expect(decode(scores('OBIOIOB', 'B'), 'none')).toBe('OBIOIOB')
    expect(decode([])).toBe('')
  })

  test('takes the scheme that labels show', () => {
    const names = ['O', 'B-A', 'E-A', 'S-A']
    expect(decode([0, -1, -9, -9, 0, -1, -0.5, -9], undefined, names)).toBe('OO')
    expect(decode([-2, -1, -9, -9, 0, -1, -0.5, -9], undefined, names)).toBe('BE')
    expect(decode([-2, -1, -9, -9, 0, -1, -0.5, -9], 'none', names)).toBe('BO')
  })

  test('chooses labels that mark no entities one by one', () => {
    expect(decode([0, 1, 1, 0], undefined, ['NOUN', 'VERB'])).toBe('VN')
    expect(decode([0, 1, 1, 0], 'IOB2', ['B-A', 'VERB'])).toBe('VB')
  })
})

describe('scored entities', () => {
  test('the score is the mean of the words', () => {
    const found = scoreEntities(['B-A', 'I-A', 'O', 'B-B'], [0.5, 1, 0.9, 0.25])
    expect(found).toEqual([
      { type: 'A', start: 0, end: 2, score: 0.75 },
      { type: 'B', start: 3, end: 4, score: 0.25 },
    ])
    expect(found.map(({ type, start, end }) => ({ type, start, end }))).toEqual(
      readEntities(['B-A', 'I-A', 'O', 'B-B']),
    )
  })

  test('labels without letters go together where they are alike', () => {
    expect(scoreEntities(['NOUN', 'NOUN', 'O', 'VERB'], [1, 0.5, 1, 1])).toEqual([
      { type: 'NOUN', start: 0, end: 2, score: 0.75 },
      { type: 'VERB', start: 3, end: 4, score: 1 },
    ])
  })
})
