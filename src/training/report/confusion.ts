import type { ClassRow, ConfusionTable, RunRecord } from '../run-record.ts'
import { formatCount, formatPercent } from './format.ts'
import { type Html, html, truncate } from './html.ts'

/** With more labels the cells hold counts only; shares are in the hover text. */
const roomyLabels = 10
/** With more labels only those with the most examples and errors are drawn. */
const maxLabels = 50
/** Rows of the list of frequent mix-ups. */
const maxMixUps = 8

/** Confusion matrix and per-label table, side by side where both are small. */
export function labelSections({ confusion, perClass }: Pick<RunRecord, 'confusion' | 'perClass'>): Html {
  const narrow = confusion !== undefined && confusion.labels.length === 2 && perClass !== undefined
  return html`<div class="pair${!narrow && ' room'}">${confusionSection(confusion)}${perClassSection(perClass)}</div>
`
}

/** The confusion matrix as a heat map, shaded by the shares of its rows, with a list of the most frequent mix-ups. */
function confusionSection(confusion: ConfusionTable | undefined): Html | undefined {
  if (!confusion || confusion.labels.length === 0) return undefined
  const { labels, counts } = confusion
  const shown = shownLabels(confusion)
  const dense = shown.length > roomyLabels
  const nameLength = dense ? 18 : 22
  const rowTotals = counts.map((row) => row.reduce((a, b) => a + b, 0))
  const left =
    shown.length < labels.length &&
    html` The ${formatCount(shown.length)} of ${formatCount(labels.length)} labels with the most examples are drawn.`
  return html`<section><h2>Confusion matrix</h2><p class="lead">Rows are true labels, columns are predicted ones; ${dense ? 'shading shows' : 'percentages are'} the share of the row; errors are shaded more strongly.${left}</p>
<div class="confusion"><div class="scroll"><table class="heat${dense ? ' dense' : ''}"><thead><tr><td></td><th class="axis" colspan="${shown.length}">Predicted</th></tr><tr><th class="axis">True</th>${shown.map((p) => html`<th scope="col" title="${labels[p]}"><span>${truncate(labels[p], nameLength)}</span></th>`)}</tr></thead><tbody>
${shown.map(
  (t) =>
    html`<tr><th scope="row" title="${labels[t]}">${truncate(labels[t], nameLength)}</th>${shown.map((p) => cell(labels, t, p, counts[t][p], rowTotals[t], dense))}</tr>
`,
)}</tbody></table></div>
${labels.length > 2 && mixUps(confusion, rowTotals)}</div></section>
`
}

/** Indices of the labels to draw, in their own order. */
function shownLabels({ labels, counts }: ConfusionTable): number[] {
  const all = [...labels.keys()]
  if (labels.length <= maxLabels) return all
  const weight = all.map((i) => counts[i].reduce((a, b) => a + b, 0) + counts.reduce((a, row) => a + row[i], 0))
  return all
    .sort((a, b) => weight[b] - weight[a])
    .slice(0, maxLabels)
    .sort((a, b) => a - b)
}

function cell(
  labels: readonly string[],
  truth: number,
  predicted: number,
  count: number,
  total: number,
  dense: boolean,
): Html {
  const share = total === 0 ? 0 : count / total
  const right = truth === predicted
  // Errors are shaded by the root of their share, or the usual few percent would not be seen. The darkest part of the
  // scale is left out, so that texts stay readable on it.
  const shade = Math.round((right ? share : Math.sqrt(share)) * 85)
  const kind = `${right ? 'right' : 'wrong'}${shade > 68 ? ' strong' : ''}${count === 0 ? ' zero' : ''}`
  const what = `${formatCount(count)} of ${formatCount(total)} “${labels[truth]}” predicted as “${labels[predicted]}” (${formatPercent(share)})`
  return html`<td class="${kind}" style="--p:${shade}%" title="${what}">${dense ? count > 0 && formatCount(count) : html`<b>${formatCount(count)}</b><small>${total > 0 && formatPercent(share)}</small>`}</td>`
}

function mixUps({ labels, counts }: ConfusionTable, rowTotals: readonly number[]): Html | false {
  const found = counts
    .flatMap((row, truth) => row.map((count, predicted) => ({ truth, predicted, count })))
    .filter(({ truth, predicted, count }) => truth !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
  if (found.length === 0) return false
  return html`<div class="mix-ups"><h3>Most frequent mix-ups</h3><ol>${found
    .slice(0, maxMixUps)
    .map(
      ({ truth, predicted, count }) =>
        html`<li><span><bdi>${truncate(labels[truth], 40)}</bdi> <i>taken for</i> <bdi>${truncate(labels[predicted], 40)}</bdi></span><b>${formatCount(count)}</b><small>${formatPercent(count / rowTotals[truth])}</small></li>`,
    )}</ol></div>`
}

/** Precision, recall, F1 and number of examples of each label. */
function perClassSection(rows: readonly ClassRow[] | undefined): Html | undefined {
  if (!rows || rows.length === 0) return undefined
  const largest = Math.max(1, ...rows.map((row) => row.support))
  const score = (value: number) =>
    html`<td class="bar" style="--w:${Math.round(value * 1000) / 10}%"><span>${value.toFixed(3)}</span></td>`
  return html`<section><h2>By label</h2><div class="scroll tall"><table class="classes"><thead><tr><th>Label</th><th>Precision</th><th>Recall</th><th>F1</th><th>Examples</th></tr></thead><tbody>
${rows.map(
  (row) =>
    html`<tr><th scope="row" title="${row.label}"><bdi>${truncate(row.label, 40)}</bdi></th>${score(row.precision)}${score(row.recall)}${score(row.f1)}<td class="bar support" style="--w:${Math.round((row.support / largest) * 1000) / 10}%"><span>${formatCount(row.support)}</span></td></tr>
`,
)}</tbody></table></div></section>
`
}
