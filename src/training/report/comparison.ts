import type { EvaluationRecord } from '../evaluation-record.ts'
import { comparisonSentence, differenceVerdict, formatP } from '../verdict.ts'
import { formatName, formatValue } from './format.ts'
import { type Html, html } from './html.ts'

/** Two models on the same examples, a row a metric. */
export function comparisonSection({ comparison, model }: EvaluationRecord): Html | undefined {
  if (!comparison) return undefined
  return html`<section><h2>Against another model</h2><p class="lead"><b>${model.name}</b> against <b>${comparison.model}</b>, on the same examples. ${comparisonSentence(model.name, comparison)}</p>
<div class="scroll"><table class="baselines"><thead><tr><th>Metric</th><th class="number">This model</th><th class="number">The other</th><th class="number">Difference</th><th class="number">95 % interval</th><th class="number">p</th><th></th></tr></thead><tbody>
${Object.entries(comparison.metrics).map(
  ([name, row]) =>
    html`<tr><th scope="row">${formatName(name)}</th>${[formatValue(row.first), formatValue(row.second), signed(row.difference), `${signed(row.low)} – ${signed(row.high)}`, formatP(row.p)].map((text) => html`<td class="number">${text}</td>`)}<td class="verdict-cell">${differenceVerdict(name, row)}</td></tr>
`,
)}</tbody></table></div><p class="below">A p-value is how often equally good models would differ as much: from 0.05 on the difference may be chance.</p></section>
`
}

const signed = (value: number): string => (value > 0 ? `+${formatValue(value)}` : formatValue(value))
