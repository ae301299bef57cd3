import { expect, test } from 'vitest'
import { randomStream } from '../../core/random.ts'
import fixture from './near-duplicates.fixture.json' with { type: 'json' }
import { findNearDuplicates } from './near-duplicates.ts'
import { wordFeatures } from './word-features.ts'

const single = (texts: readonly string[]) => wordFeatures(texts.map((text) => ({ texts: [text] })))

test('finds what comparing all with all finds, and nothing else', () => {
  const similarities = new Map(fixture.pairs.map(([i, j, similarity]) => [`${i} ${j}`, similarity]))
  const found = findNearDuplicates(single(fixture.texts))
  for (const { index, match, similarity } of found) {
    expect(similarity).toBeCloseTo(similarities.get(`${index} ${match}`)!, 10)
  }
  expect(found.map(({ index }) => index)).toEqual([...new Set(fixture.pairs.map(([i]) => i))].sort((a, b) => a - b))
})

test('the same texts give the same answer; what is skipped or not kept is no match', () => {
  const sets = single(fixture.texts)
  const all = findNearDuplicates(sets)
  expect(findNearDuplicates(sets)).toEqual(all)
  const kept = findNearDuplicates(sets, { keep: (i) => i < 50, skip: (i) => i % 2 === 1 })
  expect(kept.every(({ index, match }) => match < 50 && index % 2 === 0 && match % 2 === 0)).toBe(true)
})

test('case, punctuation and spacing do not count; words and their order do', () => {
  const near = (a: string, b: string) => findNearDuplicates(single([a, b])).length === 1
  expect(near('It was GREAT, really!', 'it was great  really')).toBe(true)
  expect(near('Straße nach Köln', 'STRASSE NACH KÖLN')).toBe(false) // ß is a letter of its own
  expect(near('die Straße nach Köln', 'Die Straße nach KÖLN.')).toBe(true)
  expect(near('a dog bites the man', 'the man bites a dog')).toBe(false)
  expect(near('we met on monday at the old mill by the river', 'we met on friday at the old mill by the river')).toBe(
    true,
  )
  expect(near('a good film', 'a bad film')).toBe(false)
})

test('characters of scripts without spaces are words', () => {
  const near = (a: string, b: string) => findNearDuplicates(single([a, b])).length === 1
  expect(near('黑豹队的防守丢了多少分？', '黑豹队的防守丢了多少分')).toBe(true)
  expect(near('黑豹队的防守丢了多少分？', '议会选举多久举行一次？')).toBe(false)
})

test('both texts of a pair must be near', () => {
  const premise = 'a man in a red shirt plays an old guitar on a crowded street in the rain'
  const samples = [
    { texts: [premise, 'a man sleeps'] },
    { texts: [premise, 'there is music'] },
    { texts: [`${premise}!`, 'A man sleeps.'] },
  ]
  expect(findNearDuplicates(wordFeatures(samples)).map(({ index, match }) => [index, match])).toEqual([[2, 0]])
})

test('texts without a word are like no other', () => {
  expect(findNearDuplicates(single(['?!', '...', '', '  ']))).toEqual([])
})

test('of many texts from one template each but the first has a match', () => {
  const random = randomStream(3, 'templates')
  const texts = Array.from(
    { length: 3000 },
    () => `dear customer your order ${random.integer(1e6)} has been sent today`,
  )
  const found = findNearDuplicates(single(texts))
  expect(found.length).toBe(2999)
})
