import type { ScatterPoint } from '../run-record.ts'
import { linearAxis } from './axis.ts'
import { formatCount, formatValue, isFiniteNumber } from './format.ts'
import { type Html, html } from './html.ts'

/** More would hide each other and make the file large. */
const maxPoints = 1500
const height = 420

/** Predicted against true values, with the line on which they are equal. */
export function scatterSection(points: readonly ScatterPoint[] | undefined): Html | undefined {
  const finite = (points ?? []).filter(({ actual, predicted }) => isFiniteNumber(actual) && isFiniteNumber(predicted))
  if (finite.length === 0) return undefined
  const shown = thin(finite)
  const x = axisOf(finite.map(({ actual }) => actual))
  const y = axisOf(finite.map(({ predicted }) => predicted))
  const px = (value: number) => `${round(x.position(value) * 100)}%`
  const py = (value: number) => round((1 - y.position(value)) * height)
  const [low, high] = [Math.max(x.min, y.min), Math.min(x.max, y.max)]
  const note =
    shown.length < finite.length && ` ${formatCount(shown.length)} of ${formatCount(finite.length)} are drawn.`
  return html`<section><h2>Predicted against true values</h2><p class="lead">A point is an evaluation example; on the line the prediction is right.${note}</p>
<div class="charts"><figure class="chart wide"><div class="plot"><svg width="100%" height="${height}" role="img" aria-label="Predicted values against true ones of ${formatCount(finite.length)} examples">
${y.ticks.map(
  ({ value, label }) =>
    html`<line class="grid" x1="0" x2="100%" y1="${py(value)}" y2="${py(value)}"/><text class="tick" x="-10" y="${py(value) + 4}" text-anchor="end">${label}</text>`,
)}
${x.ticks.map(
  ({ value, label }) =>
    html`<line class="grid" x1="${px(value)}" x2="${px(value)}" y1="0" y2="${height + 4}"/><text class="tick" x="${px(value)}" y="${height + 18}" text-anchor="middle">${label}</text>`,
)}
<text class="axis-name" x="100%" y="${height + 34}" text-anchor="end">true</text><text class="axis-name" x="4" y="12">predicted</text>
${low < high && html`<line class="equal" x1="${px(low)}" y1="${py(low)}" x2="${px(high)}" y2="${py(high)}"/>`}
${shown.map(({ actual, predicted }) => html`<circle class="point f1" cx="${px(actual)}" cy="${py(predicted)}" r="3.5"><title>true ${formatValue(actual)}, predicted ${formatValue(predicted)}</title></circle>`)}
</svg></div></figure></div></section>
`
}

const axisOf = (values: number[]) =>
  linearAxis(
    values.reduce((a, b) => Math.min(a, b)),
    values.reduce((a, b) => Math.max(a, b)),
  )

/** Every so manieth point. */
function thin(points: readonly ScatterPoint[]): readonly ScatterPoint[] {
  if (points.length <= maxPoints) return points
  return Array.from({ length: maxPoints }, (_, i) => points[Math.floor((i * points.length) / maxPoints)])
}

/** Enough digits for a drawing, so that the file stays small. */
const round = (value: number): number => Number(value.toFixed(2))
