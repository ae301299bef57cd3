import { lastValue, rankedTrials, type SearchRecord } from '../../training/search/search-record.ts'
import type { TrialSettings } from '../../training/search/space.ts'
import { kebabCase } from '../command.ts'
import { formatMetric, shorten, textTable } from '../tables.ts'

/** Trials that a terminal shows; the report has all. */
const mostRows = 30

/** Trials with intervals, best first. */
export function trialTable(record: Pick<SearchRecord, 'results' | 'greaterIsBetter' | 'objective' | 'space'>): string {
  const names = Object.keys(record.space) as (keyof TrialSettings)[]
  const ranked = rankedTrials(record)
  const rows = ranked.slice(0, mostRows).map((trial, rank) => {
    const metric = trial.metrics[record.objective]
    const interval =
      metric && trial.status !== 'failed' ? `${formatMetric(metric.low)} – ${formatMetric(metric.high)}` : ''
    return [
      String(rank + 1),
      String(trial.number),
      formatMetric(lastValue(trial)),
      interval,
      ...names.map((name) => shorten(valueText(trial.settings[name]), 16)),
      String(trial.steps),
      trial.status === 'done' ? '' : trial.status,
    ]
  })
  const head = ['rank', 'trial', record.objective, '95 % interval', ...names.map(kebabCase), 'steps', '']
  const table = textTable([head, ...rows], { right: [0, 1, 2, ...names.map((_, i) => i + 4), names.length + 4] })
  return ranked.length > mostRows ? `${table}\n  … ${ranked.length - mostRows} more in the report` : table
}

/** `learning-rate 0.0003, batch-size 16` */
export const settingsText = (settings: TrialSettings): string =>
  Object.entries(settings)
    .map(([name, value]) => `${kebabCase(name)} ${shorten(valueText(value), 24)}`)
    .join(', ')

const valueText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '–'))
