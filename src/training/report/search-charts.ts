import { hash32 } from '../../core/random.ts'
import type { SettingValue } from '../run-record.ts'
import { lastValue, rankedTrials, type SearchRecord, type SearchTrial } from '../search/search-record.ts'
import { dimensionsOf, isRange, isWhole, type SearchDimension } from '../search/space.ts'
import { type Axis, linearAxis, logAxis } from './axis.ts'
import { formatCount, formatName, formatValue, isFiniteNumber } from './format.ts'
import { type Html, html, truncate } from './html.ts'
import { settingText } from './tables.ts'

const height = 200
const curvesHeight = 300
/** Width of the inner drawing in its own units; the browser stretches it to the page. */
const innerWidth = 1000
/** Values above this many times the median ask for a logarithmic axis. */
const wideRange = 20

/** The objective against each varied setting, a chart each. */
export function settingChartsSection(record: SearchRecord): Html | undefined {
  const trials = rankedTrials(record)
    .filter((trial) => trial.status !== 'failed' && isFiniteNumber(lastValue(trial)))
    .reverse() // the best is drawn last, above the others
  if (trials.length < 2) return undefined
  const y = valueAxis(trials.map(lastValue))
  const charts = dimensionsOf(record.space)
    .filter(([, dimension]) => isRange(dimension) || dimension.length > 1)
    .map(([name, dimension]) => settingChart(record, trials, name, dimension, y))
  if (charts.length === 0) return undefined
  return html`<section><h2>${formatName(record.objective)} by setting</h2><p class="lead">A point is a trial where it came furthest.</p>
<div class="charts pairs">${charts}</div></section>
`
}

function settingChart(
  { objective, best }: SearchRecord,
  trials: readonly SearchTrial[],
  name: string,
  dimension: SearchDimension,
  y: Axis,
): Html {
  const settingOf = (trial: SearchTrial) => trial.settings[name as keyof typeof trial.settings] as SettingValue
  const x = isRange(dimension) ? rangePlaces(name, dimension) : choicePlaces(dimension)
  const py = (value: number) => round((1 - y.position(value)) * height)
  return html`<figure class="chart"><figcaption><h3>${name}</h3>${legend(trials, best)}</figcaption>
<div class="plot"><svg width="100%" height="${height}" role="img" aria-label="${formatName(objective)} of ${trials.length} trials by ${name}">
${valueGrid(y, py)}
${x.ticks.map(
  ({ at, label }) =>
    html`<line class="grid" x1="${percent(at)}" x2="${percent(at)}" y1="${height}" y2="${height + 4}"/><text class="tick" x="${percent(at)}" y="${height + 18}" text-anchor="middle">${label}</text>`,
)}
${trials.map((trial) => {
  const text = `trial ${trial.number}\n${name} ${settingText(settingOf(trial))}\n${objective} ${formatValue(lastValue(trial))}`
  return html`<circle class="${pointClass(trial, best)}" cx="${percent(x.place(settingOf(trial), trial.number))}" cy="${py(lastValue(trial))}" r="${trial.number === best ? 6 : 4}"><title>${text}</title></circle>`
})}
</svg></div></figure>
`
}

interface Places {
  ticks: { at: number; label: string }[]
  /** Share in [0, 1] of the axis; `trial` tells points of one value apart. */
  place(value: SettingValue, trial: number): number
}

function rangePlaces(name: string, { low, high, log = false }: { low: number; high: number; log?: boolean }): Places {
  const axis = log ? logAxis(low, high) : linearAxis(low, high, { count: 4, integers: isWhole(name) })
  return {
    ticks: axis.ticks.map(({ value, label }) => ({ at: axis.position(value), label })),
    place: (value) => axis.position(value as number),
  }
}

/** A column for each value; its points are spread a little, so that none hides another. */
function choicePlaces(values: readonly unknown[]): Places {
  const texts = values.map((value) => JSON.stringify(value))
  const at = (index: number) => (index + 0.5) / values.length
  return {
    ticks: values.map((value, i) => ({
      at: at(i),
      label: truncate(settingText(value as SettingValue), Math.max(6, Math.floor(48 / values.length))),
    })),
    place: (value, trial) => {
      const spread = (hash32(trial) / 2 ** 32 - 0.5) * 0.36
      return at(texts.indexOf(JSON.stringify(value))) + spread / values.length
    },
  }
}

/** The objective of every trial over the training, the best in front. */
export function searchCurvesSection(record: SearchRecord): Html | undefined {
  const { results, objective, rungs, best } = record
  const unit = rungs?.unit ?? 'epochs'
  const xOf = ({ epoch, step }: { epoch: number; step: number }) => (unit === 'steps' ? step : epoch)
  const finite = (trial: SearchTrial) => trial.evaluations.filter(({ value }) => isFiniteNumber(value))
  const drawn = results.filter((trial) => finite(trial).length > 0)
  if (!drawn.some((trial) => finite(trial).length > 1)) return undefined
  const ordered = [...drawn.filter(({ number }) => number !== best), ...drawn.filter(({ number }) => number === best)]
  const points = drawn.flatMap(finite)
  const y = valueAxis(points.map(({ value }) => value))
  const last = Math.max(...points.map(xOf), rungs?.at.at(-1) ?? 0)
  const x = linearAxis(0, last, { count: 6, extend: false, integers: true })
  const ticks = rungs ? rungs.at.map((value) => ({ value, label: formatCount(value) })) : x.ticks
  const py = (value: number) => round((1 - y.position(value)) * curvesHeight)
  const path = (trial: SearchTrial) =>
    finite(trial)
      .map((each, i) => `${i === 0 ? 'M' : 'L'}${round(x.position(xOf(each)) * innerWidth)} ${py(each.value)}`)
      .join('')
  return html`<section><h2>${formatName(objective)} over the training</h2><div class="charts"><figure class="chart wide"><figcaption><h3>${rungs ? `Rungs at ${rungs.at.join(', ')} ${unit}` : 'Every evaluation'}</h3>${legend(drawn, best)}</figcaption>
<div class="plot"><svg width="100%" height="${curvesHeight}" role="img" aria-label="${formatName(objective)} of ${drawn.length} trials over the ${unit}">
${valueGrid(y, py)}
${(rungs?.at ?? []).slice(0, -1).map((at) => html`<line class="epoch" x1="${percent(x.position(at))}" x2="${percent(x.position(at))}" y1="0" y2="${curvesHeight}"/>`)}
${ticks.map(
  ({ value, label }) =>
    html`<line class="grid" x1="${percent(x.position(value))}" x2="${percent(x.position(value))}" y1="${curvesHeight}" y2="${curvesHeight + 4}"/><text class="tick" x="${percent(x.position(value))}" y="${curvesHeight + 18}" text-anchor="middle">${label}</text>`,
)}
<text class="axis-name" x="100%" y="${curvesHeight + 34}" text-anchor="end">${unit}</text>
<svg x="0" y="0" width="100%" height="${curvesHeight}" viewBox="0 0 ${innerWidth} ${curvesHeight}" preserveAspectRatio="none">
${ordered.map((trial) => html`<path class="curve trial ${curveColor(trial, best)}" d="${path(trial)}" vector-effect="non-scaling-stroke"/>`)}
</svg>
${ordered.map((trial) => {
  const end = finite(trial).at(-1)!
  return html`<circle class="${pointClass(trial, best)}" cx="${percent(x.position(xOf(end)))}" cy="${py(end.value)}" r="${trial.number === best ? 5 : 3.5}"><title>trial ${trial.number}, ${trial.status}\n${objective} ${formatValue(end.value)} after ${formatValue(xOf(end))} ${unit}</title></circle>`
})}
</svg></div></figure></div></section>
`
}

const curveColor = ({ number, status }: SearchTrial, best: number | null): string =>
  number === best ? 's2 best' : status === 'done' ? 's1' : 'ended'

const pointClass = ({ number, status }: SearchTrial, best: number | null): string =>
  number === best ? 'mark f2' : status === 'done' ? 'trial-point f1' : 'trial-point ended'

function legend(trials: readonly SearchTrial[], best: number | null): Html {
  const others = trials.filter(({ number }) => number !== best)
  const entries = [
    [trials.length > others.length, 'c2', 'best'],
    [others.some(({ status }) => status === 'done'), 'c1', 'to the end'],
    [others.some(({ status }) => status !== 'done'), 'ended', 'stopped early'],
  ] as const
  return html`<ul class="legend">${entries.map(([isThere, color, text]) => isThere && html`<li><i class="swatch dot ${color}"></i>${text}</li>`)}</ul>`
}

const valueGrid = (y: Axis, py: (value: number) => number): Html[] =>
  y.ticks.map(
    ({ value, label }) =>
      html`<line class="grid" x1="0" x2="100%" y1="${py(value)}" y2="${py(value)}"/><text class="tick" x="-10" y="${py(value) + 4}" text-anchor="end">${label}</text>`,
  )

function valueAxis(values: readonly number[]): Axis {
  const sorted = [...values].sort((a, b) => a - b)
  const [low, high] = [sorted[0], sorted[sorted.length - 1]]
  if (low > 0 && high / sorted[sorted.length >> 1] > wideRange) return logAxis(low, high)
  return linearAxis(low, high)
}

const percent = (share: number): string => `${round(share * 100)}%`

/** Enough digits for a drawing, so that the file stays small. */
const round = (value: number): number => Number(value.toFixed(2))
