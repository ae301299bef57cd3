import type { TextMark, WrongExample } from '../run-record.ts'
import { formatPercent } from './format.ts'
import { type Html, html, truncate } from './html.ts'
import { markedPart, markedText } from './marked-text.ts'

/** Characters of a text before it is folded. */
const previewLength = 320
/** A whole text beyond this would make the page slow; such texts are cut. */
const maxLength = 20_000
/** Examples that are open at once; the others are folded away. */
const maxOpen = 12

/** Evaluation examples that the model got wrong with the greatest certainty. Texts are data of others: all are escaped. */
export function wrongExamplesSection(examples: readonly WrongExample[] | undefined): Html | undefined {
  if (!examples || examples.length === 0) return undefined
  const rest = examples.slice(maxOpen)
  return html`<section><h2>Most wrong examples</h2><p class="lead">${examples.some(({ score }) => score !== undefined) ? 'Wrong predictions of which the model was most certain' : 'Predictions that are furthest from the truth'}. Often the label is at fault, not the model.${examples.some(({ marks }) => marks && marks.length > 0) && html` Marked is what is <mark class="truth">true</mark> and what was <mark class="guess">predicted</mark>.`}</p>
<ol class="examples">${examples.slice(0, maxOpen).map(card)}</ol>
${rest.length > 0 && html`<details class="more"><summary>${rest.length} more</summary><ol class="examples">${rest.map(card)}</ol></details>`}</section>
`
}

function card({ text, textPair, label, predicted, score, source, marks }: WrongExample): Html {
  return html`<li><div class="verdict"><span class="chip truth"><small>label</small> <bdi>${truncate(label, 120)}</bdi></span><span class="chip guess"><small>predicted</small> <bdi>${truncate(predicted, 120)}</bdi>${score !== undefined && html` <b>${formatPercent(score)}</b>`}</span>${source && html`<span class="source"><bdi>${truncate(source, 80)}</bdi></span>`}</div>
${passage(text, textPair === undefined ? marks : [])}${textPair !== undefined && passage(textPair, marks)}</li>
`
}

function passage(text: string, marks: readonly TextMark[] = []): Html {
  const shown = text.trim() === '' ? '(empty text)' : text
  if (shown.length <= previewLength) return html`<p class="text" dir="auto">${markedText(shown, marks)}</p>`
  const preview =
    marks.length > 0 ? markedText(text, marks, ...markedPart(text, marks)) : truncate(shown, previewLength)
  const whole = shown.length > maxLength ? truncate(shown, maxLength) : markedText(shown, marks)
  return html`<details class="text"><summary><span dir="auto">${preview}</span></summary><p dir="auto">${whole}</p></details>`
}
