import type { RunRecord } from '../run-record.ts'
import { linearAxis } from './axis.ts'
import { formatCount, formatPercent, formatValue } from './format.ts'
import { type Html, html } from './html.ts'

const height = 320

/** How often a classifier is right, by how sure it is: on the line it is right as often as it says. */
export function reliabilitySection(reliability: RunRecord['reliability']): Html | undefined {
  const bins = reliability?.bins.filter(({ examples }) => examples > 0) ?? []
  if (!reliability || bins.length === 0) return undefined
  const all = bins.reduce((sum, { examples }) => sum + examples, 0)
  const axis = linearAxis(0, 1)
  const px = (share: number) => `${round(share * 100)}%`
  const py = (share: number) => round((1 - share) * height)
  return html`<section><h2>Calibration</h2><p class="lead">Bars show how often predictions were right, by the probability that the model gave them; orange is what the model promised beyond that, green what it kept beyond its promise. Expected calibration error ${formatValue(reliability.expectedError)}, largest ${formatValue(reliability.maximumError)}, on ${formatCount(all)} examples. Bars of few examples are faint.</p>
<div class="charts"><figure class="chart wide"><div class="plot"><svg class="reliability" width="100%" height="${height}" role="img" aria-label="Reliability diagram: accuracy by probability">
${axis.ticks.map(
  ({ value, label }) =>
    html`<line class="grid" x1="0" x2="100%" y1="${py(value)}" y2="${py(value)}"/><text class="tick" x="-10" y="${py(value) + 4}" text-anchor="end">${label}</text><text class="tick" x="${px(value)}" y="${height + 18}" text-anchor="middle">${label}</text>`,
)}
<text class="axis-name" x="100%" y="${height + 34}" text-anchor="end">probability of the predicted label</text><text class="axis-name" x="4" y="12">share that was right</text>
${bins.map(({ low, high, examples, confidence, accuracy }) => {
  const box = html`x="${px(low + 0.004)}" width="${px(high - low - 0.008)}"`
  const [bottom, top] = [Math.min(accuracy, confidence), Math.max(accuracy, confidence)]
  const what = `${formatValue(low)} – ${formatValue(high)}: ${formatCount(examples)} examples (${formatPercent(examples / all)}), right in ${formatPercent(accuracy)}, on average ${formatPercent(confidence)} sure`
  return html`<g${examples < 10 && html` class="few"`}><title>${what}</title><rect class="accuracy" ${box} y="${py(bottom)}" height="${round(bottom * height)}"/><rect class="${confidence > accuracy ? 'too-sure' : 'not-sure'}" ${box} y="${py(top)}" height="${round((top - bottom) * height)}"/></g>
`
})}
<line class="equal" x1="0" y1="${height}" x2="100%" y2="0"/>
</svg></div></figure></div></section>
`
}

/** Enough digits for a drawing, so that the file stays small. */
const round = (value: number): number => Number(value.toFixed(2))
