import type { SettingValue } from '../run-record.ts'
import { bestTrial, type SearchDescription, type SearchRecord, type SearchTrial } from '../search/search-record.ts'
import { dimensionsOf, isRange } from '../search/space.ts'
import { formatCount, formatDuration } from './format.ts'
import { formatDate, metricTiles } from './headline.ts'
import { type Html, html } from './html.ts'
import { renderPage } from './page.ts'
import { searchCurvesSection, settingChartsSection } from './search-charts.ts'
import { failuresSection, rankingSection } from './search-ranking.ts'
import { definitions, settingsSection, settingText } from './tables.ts'

/** Renders a search, finished or not, as `renderReport` renders a training run. */
export function renderSearch(record: SearchRecord, description: SearchDescription): string {
  const best = bestTrial(record)
  return renderPage(
    description.title || 'Search',
    html`${header(description)}
<section class="headline">
${best && metricTiles(bestMetrics(record, best))}<dl class="facts">${facts(record).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</section>
${best && html`<section><h2>Best settings</h2>${definitions(Object.entries(best.settings) as [string, SettingValue][])}</section>`}${rankingSection(record)}${settingChartsSection(record)}${searchCurvesSection(record)}${failuresSection(record)}${spaceSection(record)}${settingsSection({ settings: record.settings, environment: {} })}`,
  )
}

function header({ title, task, finishedAt, modelName, trainExamples, evalExamples }: SearchDescription): Html {
  const sizes = [
    trainExamples !== undefined && `${formatCount(trainExamples)} training examples`,
    evalExamples !== undefined && `${formatCount(evalExamples)} evaluation examples`,
  ].filter((part) => part !== false)
  return html`<header><p class="kicker">Search${task && ` · ${task.replaceAll('-', ' ')}`}${finishedAt && html` <span>${formatDate(finishedAt)}</span>`}</p>
<h1>${title || 'Search'}</h1><p class="model">${modelName && html`from <b>${modelName}</b> `}<span>${sizes.join(' · ')}</span></p></header>`
}

/** Those of the best trial, the objective first; a page has room for four. */
function bestMetrics({ objective }: SearchRecord, { metrics }: SearchTrial) {
  const { [objective]: first, ...others } = metrics
  const shown = [...(first ? [[objective, first] as const] : []), ...Object.entries(others)].slice(0, 4)
  return Object.fromEntries(shown)
}

function facts({ method, results, trials, best, seconds, rungs }: SearchRecord): [string, string][] {
  const count = (wanted: string) => results.filter(({ status }) => status === wanted).length
  const states = [
    [count('done'), 'to the end'],
    [count('stopped') + count('paused'), 'stopped early'],
    [count('failed'), 'failed'],
  ] as const
  const shown = states.filter(([number]) => number > 0).map(([number, name]) => `${formatCount(number)} ${name}`)
  return [
    ['Method', rungs ? `${method}, rungs at ${rungs.at.join(', ')} ${rungs.unit}` : method],
    ['Trials', `${formatCount(results.length)} of ${formatCount(trials)}`],
    ...(shown.length > 0 ? [['Of those', shown.join(', ')] as [string, string]] : []),
    ...(best === null ? [] : [['Best', `trial ${best}`] as [string, string]]),
    ['Time', formatDuration(seconds)],
  ]
}

function spaceSection({ space, seed }: SearchRecord): Html {
  const rows = dimensionsOf(space).map(([name, dimension]): [string, string] => {
    if (!isRange(dimension)) return [name, dimension.map((value) => settingText(value as SettingValue)).join(' · ')]
    const { low, high, log } = dimension
    return [name, `${settingText(low)} to ${settingText(high)}${log ? ', logarithmic' : ''}`]
  })
  return html`<section><h2>Space</h2>${definitions([...rows, ['seed of the search', seed]])}</section>
`
}
