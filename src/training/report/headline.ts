import { lowerIsBetter } from '../metric-direction.ts'
import type { ReportedMetric, RunRecord } from '../run-record.ts'
import { formatCompact, formatCount, formatDuration, formatName, formatValue, isFiniteNumber } from './format.ts'
import { type Html, html } from './html.ts'

/** Title, one line about the run, warnings. */
export function pageHeader({
  title,
  task,
  model,
  finishedAt,
  warnings = [],
}: Pick<RunRecord, 'title' | 'task' | 'model' | 'finishedAt' | 'warnings'>): Html {
  const shape = [
    `${formatCompact(model.parameters)} parameters`,
    model.layers !== undefined && `${formatCount(model.layers)} layers`,
    model.hiddenSize !== undefined && `hidden size ${formatCount(model.hiddenSize)}`,
    model.heads !== undefined && `${formatCount(model.heads)} heads`,
    model.vocabSize !== undefined && `vocabulary ${formatCount(model.vocabSize)}`,
    model.maxLength !== undefined && `up to ${formatCount(model.maxLength)} tokens`,
  ].filter((part) => part !== false)
  return html`<header><p class="kicker">${task.replaceAll('-', ' ')}${finishedAt && html` <span>${formatDate(finishedAt)}</span>`}</p>
<h1>${title || 'Training run'}</h1><p class="model"><b>${model.name}</b> <span>${shape.join(' · ')}</span></p></header>
${warnings.length > 0 && html`<aside class="warnings" aria-label="Warnings"><ul>${warnings.map((text) => html`<li>${text}</li>`)}</ul></aside>`}`
}

/** `2025-03-04 05:06 UTC`; what is no date stays as it is. */
export function formatDate(iso: string): string {
  const time = new Date(iso)
  return Number.isNaN(time.getTime()) ? iso : `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** The final metrics as large numbers with their intervals, then sizes and times. */
export function headlineSection(record: RunRecord): Html {
  const { data, timing } = record
  const facts: [string, string][] = [
    ['Training examples', formatCount(data.trainExamples)],
    ...(data.evalExamples === undefined
      ? []
      : [['Evaluation examples', formatCount(data.evalExamples)] as [string, string]]),
    ['Training time', formatDuration(timing.seconds)],
    ['Steps', formatCount(timing.steps)],
    ...(timing.tokensPerSecond === undefined
      ? []
      : [['Tokens per second', formatCompact(timing.tokensPerSecond)] as [string, string]]),
  ]
  return html`<section class="headline">
${metricTiles(record.metrics, record.baselines)}
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</section>
`
}

/** Metrics as large numbers with their intervals, the first one largest. */
export function metricTiles(metrics: RunRecord['metrics'], baselines: RunRecord['baselines'] = {}): Html | undefined {
  const entries = Object.entries(metrics)
  if (entries.length === 0) return undefined
  const baselinesOf = (name: string) =>
    Object.entries(baselines).map(([baseline, values]) => ({ baseline, value: values[name] }))
  return html`<div class="tiles">${entries.map(([name, metric], i) => tile(name, metric, baselinesOf(name), i === 0))}</div>`
}

function hasInterval(metric: ReportedMetric): metric is Required<ReportedMetric> {
  return isFiniteNumber(metric.low) && isFiniteNumber(metric.high)
}

function tile(
  name: string,
  metric: ReportedMetric,
  baselines: { baseline: string; value: number | undefined }[],
  first: boolean,
): Html {
  const { value } = metric
  const isShare = value >= 0 && value <= 1 && !lowerIsBetter(name)
  return html`<div class="tile${first && ' first'}"><h3>${formatName(name)}</h3><p class="value">${formatValue(value)}</p>
${
  hasInterval(metric) &&
  html`<p class="interval">95 % interval <span>${formatValue(metric.low)} – ${formatValue(metric.high)}</span></p>`
}${isShare && intervalBar(metric, baselines)}</div>
`
}

/** Where a share stands between 0 and 1, with its interval and the baselines. */
function intervalBar(metric: ReportedMetric, baselines: { baseline: string; value: number | undefined }[] = []): Html {
  const percent = (value: number) => `${Number((Math.min(1, Math.max(0, value)) * 100).toFixed(2))}%`
  const { value } = metric
  return html`<svg class="range" width="100%" height="14" role="img" aria-label="${formatValue(value)} on a scale from 0 to 1">
<line class="track" x1="0" x2="100%" y1="7" y2="7"/>
${baselines.map(
  (item) =>
    isFiniteNumber(item.value) &&
    html`<line class="baseline" x1="${percent(item.value)}" x2="${percent(item.value)}" y1="1" y2="13"><title>${item.baseline}: ${formatValue(item.value)}</title></line>`,
)}
${hasInterval(metric) && html`<line class="span" x1="${percent(metric.low)}" x2="${percent(metric.high)}" y1="7" y2="7"/>`}
<circle class="f1" cx="${percent(value)}" cy="7" r="4.5"><title>${formatValue(value)}</title></circle></svg>`
}

/** A solution with its metrics. */
interface SolutionRow {
  name: string
  /** Whether it is the run's. */
  own: boolean
  values: Readonly<Record<string, ReportedMetric>>
}

/** The run and simpler solutions, the best first, with the metrics that both have; nothing if there are none. */
export function metricRows({
  metrics,
  baselines,
}: Pick<RunRecord, 'metrics' | 'baselines'>): { names: string[]; rows: SolutionRow[]; sign: 1 | -1 } | undefined {
  if (!baselines || Object.keys(baselines).length === 0) return undefined
  const rows: SolutionRow[] = [
    { name: 'This model', own: true, values: metrics },
    ...Object.entries(baselines).map(([name, values]) => ({
      name,
      own: false,
      values: Object.fromEntries(Object.entries(values).map(([metric, value]) => [metric, { value }])),
    })),
  ]
  const names = Object.keys(metrics).filter((name) => Object.values(baselines).some((values) => name in values))
  if (names.length === 0) return undefined
  const sign = lowerIsBetter(names[0]) ? -1 : 1
  const key = (row: SolutionRow) => sign * (row.values[names[0]]?.value ?? -Infinity * sign)
  rows.sort((a, b) => key(b) - key(a))
  return { names, rows, sign }
}

/** The run beside simpler solutions, best first, with a sentence on whether it was worth it. */
export function baselinesSection({ metrics, baselines }: RunRecord): Html | undefined {
  const found = metricRows({ metrics, baselines })
  if (!found) return undefined
  const { names, rows, sign } = found
  return html`<section><h2>Against simpler solutions</h2><p class="lead">${verdict(names[0], metrics[names[0]], rows)}</p>
<div class="scroll"><table class="baselines"><thead><tr><th>Solution</th><th class="wide-cell"></th>${names.map((name) => html`<th class="number">${formatName(name)}</th>`)}</tr></thead><tbody>
${rows.map((row) => {
  const first = row.values[names[0]]
  const isShare = first && first.value >= 0 && first.value <= 1 && sign === 1
  return html`<tr${row.own && html` class="own"`}><th scope="row">${row.name}</th><td class="wide-cell">${isShare && intervalBar(first)}</td>${names.map((name) => html`<td class="number">${row.values[name] ? formatValue(row.values[name].value) : '–'}</td>`)}</tr>
`
})}</tbody></table></div></section>
`
}

function verdict(name: string, own: ReportedMetric, rows: readonly SolutionRow[]): string {
  const best = rows.find((row) => !row.own)!
  const other = best.values[name]?.value
  if (!isFiniteNumber(other) || !isFiniteNumber(own.value)) return ''
  const gain = (lowerIsBetter(name) ? -1 : 1) * (own.value - other)
  const metric = formatName(name)
  if (gain <= 0) return `${metric} is no better than that of “${best.name}”: the model is not worth its cost yet.`
  const inside = hasInterval(own) && other >= own.low && other <= own.high
  return inside
    ? `${metric} is better than that of “${best.name}” by ${formatValue(gain)}, but that lies within the interval: the difference may be chance.`
    : `${metric} is better than that of “${best.name}” by ${formatValue(gain)}.`
}
