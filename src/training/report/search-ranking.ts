import type { MetricInterval } from '../bootstrap.ts'
import type { SettingValue } from '../run-record.ts'
import { bestTrial, lastValue, rankedTrials, type SearchRecord, type SearchTrial } from '../search/search-record.ts'
import { linearAxis } from './axis.ts'
import { formatCount, formatDuration, formatName, formatValue, isFiniteNumber } from './format.ts'
import { type Html, html, truncate } from './html.ts'
import { settingText } from './tables.ts'

/** All trials that have a value, best first, with intervals on one scale. */
export function rankingSection(record: SearchRecord): Html | undefined {
  const { objective, space, best } = record
  const ranked = rankedTrials(record).filter((trial) => trial.status !== 'failed' && isFiniteNumber(lastValue(trial)))
  if (ranked.length === 0) return undefined
  const names = Object.keys(space)
  // Of a search that is over, how far a trial was trained says it all.
  const isOver = ranked.every(({ status }) => status === 'done' || status === 'stopped')
  const scale = intervalScale(ranked.map((trial) => trial.metrics[objective]))
  const head = [
    '',
    'Trial',
    formatName(objective),
    '95 % interval',
    ...names,
    record.rungs?.unit === 'epochs' ? 'Epochs' : 'Steps',
    'Time',
  ]
  return html`<section><h2>Ranking</h2><p class="lead">${rankingNote(record, ranked)}</p>
<div class="scroll tall"><table class="baselines ranking"><thead><tr>${head.map((name, i) => html`<th${i !== 3 && html` class="number"`}${i === 3 && html` colspan="2"`}>${name}</th>`)}${!isOver && html`<th></th>`}</tr></thead><tbody>
${ranked.map((trial, rank) => {
  const metric = trial.metrics[objective]
  return html`<tr${trial.number === best && html` class="own"`}><td class="number">${rank + 1}</td><th scope="row" class="number">${trial.number}</th><td class="number">${formatValue(lastValue(trial))}</td><td class="interval-cell">${intervalBar(metric, scale)}</td><td class="number interval">${isInterval(metric) && `${formatValue(metric.low)} – ${formatValue(metric.high)}`}</td>${names.map((name) => html`<td class="number">${truncate(settingText(trial.settings[name as keyof typeof trial.settings] as SettingValue), 18)}</td>`)}<td class="number">${trained(record, trial)}</td><td class="number">${formatDuration(trial.seconds)}</td>${!isOver && html`<td>${trial.status === 'done' ? '' : trial.status}</td>`}</tr>
`
})}</tbody></table></div></section>
`
}

/** What the order is worth. */
function rankingNote({ greaterIsBetter, objective, rungs }: SearchRecord, ranked: readonly SearchTrial[]): string {
  const [first, ...others] = ranked
  const { low, high } = first.metrics[objective] ?? {}
  const same = others.filter(
    (trial) => trial.values.length === first.values.length && lastValue(trial) >= low && lastValue(trial) <= high,
  ).length
  const order = `${greaterIsBetter ? 'Greater' : 'Smaller'} is better${rungs ? '; trials that came further are ranked first' : ''}.`
  const chance =
    same > 0 &&
    ` ${formatCount(same)} more ${same === 1 ? 'trial lies' : 'trials lie'} within the interval of the first: which of them is best may be chance.`
  return `${order}${chance || ''} The first of many is also lucky: its value on fresh data is likely to be a little worse.`
}

/** How far a trial was trained, in epochs where those are the rungs. */
function trained({ rungs }: SearchRecord, { evaluations, steps }: SearchTrial): string {
  const last = evaluations.at(-1)
  return rungs?.unit === 'epochs' && last ? String(Number(last.epoch.toFixed(2))) : formatCount(steps)
}

const isInterval = (metric: MetricInterval | undefined): metric is MetricInterval =>
  metric !== undefined && [metric.value, metric.low, metric.high].every(isFiniteNumber)

/** A scale that holds all intervals, as shares in [0, 1]. */
function intervalScale(metrics: readonly (MetricInterval | undefined)[]): (value: number) => string {
  const ends = metrics.filter(isInterval).flatMap(({ low, high }) => [low, high])
  const axis = linearAxis(Math.min(...ends), Math.max(...ends), { extend: false })
  return (value) => `${Number((axis.position(value) * 100).toFixed(2))}%`
}

function intervalBar(metric: MetricInterval | undefined, at: (value: number) => string): Html | undefined {
  if (!isInterval(metric)) return undefined
  const text = `${formatValue(metric.value)}, 95 % interval ${formatValue(metric.low)} to ${formatValue(metric.high)}`
  return html`<svg class="range" width="100%" height="14" role="img" aria-label="${text}"><line class="track" x1="0" x2="100%" y1="7" y2="7"/><line class="span" x1="${at(metric.low)}" x2="${at(metric.high)}" y1="7" y2="7"/><circle class="f1" cx="${at(metric.value)}" cy="7" r="4.5"><title>${text}</title></circle></svg>`
}

/** Trials without a result, and why. */
export function failuresSection(record: SearchRecord): Html | undefined {
  const best = bestTrial(record)
  const failed = record.results.filter((trial) => trial.status === 'failed' || isNoNumber(trial))
  if (failed.length === 0) return undefined
  return html`<section><h2>${best ? 'Trials without a result' : 'No trial has a result'}</h2><div class="scroll tall"><table class="baselines"><thead><tr><th class="number">Trial</th><th>Settings</th><th>Why</th></tr></thead><tbody>
${failed.map(
  (trial) =>
    html`<tr><th scope="row" class="number">${trial.number}</th><td>${truncate(settingText(trial.settings as Record<string, string>), 120)}</td><td>${trial.error ? truncate(`${trial.error.code}: ${trial.error.message}`, 400) : `${record.objective} was not a finite number`}</td></tr>
`,
)}</tbody></table></div></section>
`
}

const isNoNumber = (trial: SearchTrial): boolean => trial.values.length > 0 && !Number.isFinite(lastValue(trial))
