import type { FillIn } from '../run-record.ts'
import { formatPercent } from './format.ts'
import { type Html, html, truncate } from './html.ts'

/** Evaluations that are shown at most: the first, the last, and some between. */
const mostRows = 8

/** What a language model fills masks with as it learns. Texts are data of others: all are escaped. */
export function fillInsSection(fillIns: readonly FillIn[] | undefined): Html | undefined {
  const shown = fillIns?.filter(({ guesses }) => guesses.length > 0)
  if (!shown || shown.length === 0) return undefined
  return html`<section><h2>What it fills in</h2><p class="lead">Masks in held-out text and the likeliest tokens at each evaluation, with their probabilities; the token that was masked is marked.</p>
${shown.map(fillIn)}</section>
`
}

function fillIn({ before, after, answer, guesses }: FillIn): Html {
  return html`<p class="text" dir="auto">${truncate(before, 400)} <mark>[MASK]</mark> ${truncate(after, 400)}</p>
<div class="scroll"><table><thead><tr><th>Step</th><th colspan="${Math.max(...guesses.map(({ tokens }) => tokens.length))}">Likeliest tokens</th></tr></thead><tbody>${spread(
    guesses,
  ).map(
    ({ step, tokens }) =>
      html`<tr><td>${step.toLocaleString('en-US')}</td>${tokens.map(({ token, score }) => html`<td>${token === answer ? html`<mark><bdi>${token}</bdi></mark>` : html`<bdi>${truncate(token, 40)}</bdi>`} <small>${formatPercent(score)}</small></td>`)}</tr>`,
  )}</tbody></table></div>
`
}

function spread<Item>(items: readonly Item[]): Item[] {
  if (items.length <= mostRows) return [...items]
  return Array.from({ length: mostRows }, (_, i) => items[Math.round((i * (items.length - 1)) / (mostRows - 1))])
}
