import type { TextMark } from '../run-record.ts'
import { type Html, html } from './html.ts'

/** Characters around the marks that stay where a text is shown in part. */
const around = 120

/**
 * A text with its marks, which may overlap: cut wherever one begins or ends.
 * @param from the part to show, UTF-16 units
 */
export function markedText(text: string, marks: readonly TextMark[], from = 0, to = text.length): Html {
  const cuts = new Set([from, to])
  for (const { start, end } of marks) {
    for (const cut of [start, end]) if (cut > from && cut < to) cuts.add(cut)
  }
  const places = [...cuts].sort((a, b) => a - b)
  const pieces = places.slice(1).map((end, i) => {
    const start = places[i]
    const own = marks.filter((mark) => mark.start <= start && mark.end >= end)
    if (own.length === 0) return text.slice(start, end)
    const sides = [...new Set(own.map(({ side }) => side))]
    const names = own.map(({ side, name }) => `${sideNames[side]}${name === undefined ? '' : `: ${name}`}`)
    return html`<mark class="${sides.join(' ')}" title="${names.join(', ')}">${text.slice(start, end)}</mark>`
  })
  return html`${from > 0 && '… '}${pieces}${to < text.length && ' …'}`
}

const sideNames: Readonly<Record<TextMark['side'], string>> = { truth: 'true', guess: 'predicted' }

/** The part of a long text that holds its marks, and some words around them. */
export function markedPart(text: string, marks: readonly TextMark[]): [from: number, to: number] {
  const first = Math.min(...marks.map(({ start }) => start)) - around
  const last = Math.max(...marks.map(({ end }) => end)) + around
  const from = first <= 0 ? 0 : text.indexOf(' ', first) + 1
  const space = text.lastIndexOf(' ', last)
  return [from, last >= text.length || space <= from ? text.length : space]
}
