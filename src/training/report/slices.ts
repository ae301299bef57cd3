import type { SliceMetrics } from '../slices.ts'
import { formatCount, formatName, formatValue } from './format.ts'
import { type Html, html, truncate } from './html.ts'

/** Metrics in the report's tables; all are in metrics.json. */
const mostMetrics = 3

/** A table for each way in which the examples were cut into slices. */
export function slicesSection(slices: Readonly<Record<string, readonly SliceMetrics[]>> | undefined): Html | undefined {
  if (!slices || Object.keys(slices).length === 0) return undefined
  return html`${Object.entries(slices).map(([column, rows]) => sliceTable(column, rows))}`
}

function sliceTable(column: string, rows: readonly SliceMetrics[]): Html {
  const names = Object.keys(rows[0]?.metrics ?? {}).slice(0, mostMetrics)
  return html`<section><h2>By ${column}</h2><p class="lead">With 95 % intervals. Slices of fewer than 30 examples are too small to tell.</p>
<div class="scroll tall"><table class="classes"><thead><tr><th>${column}</th><th class="number">Examples</th>${names.map((name) => html`<th class="number">${formatName(name)}</th>`)}<th></th></tr></thead><tbody>
${rows.map(
  ({ value, examples, metrics, tooFew }) =>
    html`<tr><th scope="row" title="${truncate(value, 300)}"><bdi>${truncate(value, 60)}</bdi></th><td class="number">${formatCount(examples)}</td>${names.map((name) => html`<td class="number">${formatValue(metrics[name].value)} <small>${formatValue(metrics[name].low)} – ${formatValue(metrics[name].high)}</small></td>`)}<td>${tooFew && 'too few to tell'}</td></tr>
`,
)}</tbody></table></div></section>
`
}
