import type { DataSummary, RunRecord, SettingValue } from '../run-record.ts'
import { formatCount, formatPercent, formatPower } from './format.ts'
import { type Html, html, truncate } from './html.ts'

/** Sizes and sources of the data, and how often each label occurs. */
export function dataSection(data: DataSummary): Html {
  const { labelCounts = [] } = data
  const rows: [string, SettingValue][] = [
    ['Training', `${formatCount(data.trainExamples)} examples${data.trainSource ? `, ${data.trainSource}` : ''}`],
  ]
  if (data.evalExamples !== undefined) {
    rows.push([
      'Evaluation',
      `${formatCount(data.evalExamples)} examples${data.evalSource ? `, ${data.evalSource}` : ''}`,
    ])
  }
  const total = (key: 'train' | 'eval') => labelCounts.reduce((sum, row) => sum + (row[key] ?? 0), 0)
  const [trainTotal, evalTotal] = [total('train'), total('eval')]
  const largest = Math.max(1e-9, ...labelCounts.map((row) => row.train / trainTotal || 0))
  const largestEval = Math.max(largest, ...labelCounts.map((row) => (row.eval ?? 0) / evalTotal || 0))
  const bar = (count: number, all: number, kind: string) =>
    html`<td class="bar ${kind}" style="--w:${Math.round((count / all / largestEval) * 1000) / 10 || 0}%"><span>${formatCount(count)}<small>${all > 0 && formatPercent(count / all)}</small></span></td>`
  return html`<section><h2>Data</h2>${definitions(rows)}
${
  labelCounts.length > 0 &&
  html`<div class="scroll tall"><table class="classes counts"><thead><tr><th>Label</th><th>Training</th>${evalTotal > 0 && html`<th>Evaluation</th>`}</tr></thead><tbody>
${labelCounts.map(
  (row) =>
    html`<tr><th scope="row" title="${row.label}"><bdi>${truncate(row.label, 40)}</bdi></th>${bar(row.train, trainTotal, '')}${evalTotal > 0 && bar(row.eval ?? 0, evalTotal, 'support')}</tr>
`,
)}</tbody></table></div>`
}</section>
`
}

/** What decides the run, and where it ran. */
export function settingsSection({
  settings,
  environment,
}: Pick<RunRecord, 'settings' | 'environment'>): Html | undefined {
  const groups = [
    { title: 'Settings', rows: Object.entries(settings) },
    { title: 'Environment', rows: Object.entries(environment) },
  ].filter(({ rows }) => rows.length > 0)
  return html`${groups.map(({ title, rows }) => html`<section><h2>${title}</h2>${definitions(rows)}</section>\n`)}`
}

function definitions(rows: readonly (readonly [string, SettingValue])[]): Html {
  return html`<dl class="definitions">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${settingText(value)}</dd></div>`)}</dl>`
}

/** `true` as yes, nothing as a dash, small numbers as powers of ten. */
export function settingText(value: SettingValue): string {
  if (value === null || value === undefined || value === '') return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') {
    return value !== 0 && Math.abs(value) < 1e-3
      ? formatPower(value)
      : value.toLocaleString('en-US', { maximumFractionDigits: 6 })
  }
  if (typeof value === 'string') return value
  const parts = Array.isArray(value)
    ? value.map(settingText)
    : Object.entries(value).map(([name, part]) => `${name} ${settingText(part)}`)
  return parts.length === 0 ? '–' : parts.join(', ')
}
