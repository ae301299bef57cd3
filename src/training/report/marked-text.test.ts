import { describe, expect, test } from 'vitest'
import { wrongExamplesSection } from './examples.ts'
import { markedPart, markedText } from './marked-text.ts'

const truth = (start: number, end: number, name?: string) => ({ start, end, side: 'truth' as const, name })
const guess = (start: number, end: number) => ({ start, end, side: 'guess' as const })

describe('markedText', () => {
  test('marks may overlap, and texts stay texts', () => {
    expect(markedText('in New <b>York & so on', [truth(3, 14, 'place'), guess(7, 14)]).markup).toBe(
      'in <mark class="truth" title="true: place">New </mark>' +
        '<mark class="truth guess" title="true: place, predicted">&lt;b&gt;York</mark> &amp; so on',
    )
    expect(markedText('a b', []).markup).toBe('a b')
  })

  test('a part of a text, with what is left out at its ends', () => {
    expect(markedText('one two three', [guess(4, 7)], 4, 7).markup).toBe(
      '… <mark class="guess" title="predicted">two</mark> …',
    )
  })

  test('the part of a long text has the marks and words around them', () => {
    const text = `${'before '.repeat(100)}answer ${'after '.repeat(100)}`
    const start = text.indexOf('answer')
    const [from, to] = markedPart(text, [truth(start, start + 6)])
    expect(text.slice(from, to)).toMatch(/^before .*before answer after .*after$/)
    expect(to - from).toBeLessThan(260)
    expect(markedPart('short', [truth(0, 5)])).toEqual([0, 5])
  })
})

test('an example shows the part of its second text where the answers are', () => {
  const textPair = `${'word '.repeat(200)}here it is`
  const example = {
    text: 'where?',
    textPair,
    label: 'here',
    predicted: 'it',
    marks: [truth(1000, 1004), guess(1005, 1007)],
  }
  const page = wrongExamplesSection([example])!.markup
  expect(page).toContain('<mark class="truth" title="true">here</mark> <mark class="guess" title="predicted">it</mark>')
  expect(page).toContain('Marked is what is')
  expect(page).toMatch(/<summary><span dir="auto">… word/)
  expect(wrongExamplesSection([{ ...example, marks: undefined }])!.markup).not.toMatch(/<mark|Marked/)
})
