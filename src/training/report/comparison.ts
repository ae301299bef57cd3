import type { EvaluationRecord } from '../evaluation-record.ts'
import { differenceVerdict, formatP } from '../verdict.ts'
import { formatName, formatValue } from './format.ts'
import { type Html, html } from './html.ts'

/** Two models on the same examples, a row a metric. */
export function comparisonSection({ comparison, model }: EvaluationRecord): Html | undefined {
  if (!comparison) return undefined
  return html`<section><h2>Against another model</h2><p class="lead">${model.name} against ${comparison.model} on the same examples. A p-value is how often equally good models would differ as much; from 0.05 on the difference may be chance.</p>
<div class="scroll"><table class="baselines"><thead><tr><th>Metric</th><th class="number">This model</th><th class="number">The other</th><th class="number">Difference</th><th class="number">95 % interval</th><th class="number">p</th><th></th></tr></thead><tbody>
${Object.entries(comparison.metrics).map(
  ([name, row]) =>
    html`<tr><th scope="row">${formatName(name)}</th>${[row.first, row.second, row.difference].map((value) => html`<td class="number">${formatValue(value)}</td>`)}<td class="number">${formatValue(row.low)} – ${formatValue(row.high)}</td><td class="number">${formatP(row.p)}</td><td>${differenceVerdict(name, row)}</td></tr>
`,
)}</tbody></table></div></section>
`
}
