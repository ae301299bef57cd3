import { describeCut } from '../../data/text-windows.ts'
import type { ReportedMetric } from '../run-record.ts'
import type { CardFacts } from './card-facts.ts'
import { cardFrontMatter } from './card-front-matter.ts'
import { CARD_MARK } from './card-mark.ts'
import { cardTask } from './card-tasks.ts'
import { formatCompact, formatCount, formatDuration, formatName, formatValue, isFiniteNumber } from './format.ts'
import { formatDate, metricRows } from './headline.ts'
import { escapeMarkdown, markdownTable } from './markdown.ts'
import { settingText } from './tables.ts'

/** Labels in a card's tables; metrics.json has all. */
const mostLabels = 50

/**
 * A model card: README.md with front matter as the hub reads it. It says what the run's record and the given facts say, and nothing
 * else; parts that they lack are left out. Texts of others are escaped, and examples of the data are not quoted.
 */
export function renderModelCard(facts: CardFacts): string {
  const sections = [
    summary(facts),
    results(facts),
    baselines(facts),
    labelTable(facts),
    training(facts),
    findings(facts),
    limits(facts),
    usage(facts),
  ]
  return `${cardFrontMatter(facts)}${CARD_MARK}\n\n${sections.filter((text) => text !== undefined).join('\n\n')}\n`
}

function summary({ name, record, className, labels, start }: CardFacts): string {
  const { model, environment, finishedAt, task } = record
  const sizes = [
    `${formatCompact(model.parameters)} parameters`,
    model.layers !== undefined && `${formatCount(model.layers)} layers`,
    model.hiddenSize !== undefined && `hidden size ${formatCount(model.hiddenSize)}`,
    model.heads !== undefined && `${formatCount(model.heads)} attention heads`,
    model.vocabSize !== undefined && `a vocabulary of ${formatCount(model.vocabSize)}`,
  ].filter((part) => part !== false)
  const made = typeof environment.bertsmith === 'string' ? ` ${escapeMarkdown(environment.bertsmith)}` : ''
  const rows = [
    ['task', escapeMarkdown(task.replaceAll('-', ' '))],
    ['model', `${escapeMarkdown(className)}: ${sizes.join(', ')}`],
    ...(start === undefined ? [] : [['began as', escapeMarkdown(start)]]),
    ...(labels.length === 0 ? [] : [['labels', listed(labels)]]),
    ['trained with', `bertsmith${made}${finishedAt ? `, finished ${escapeMarkdown(formatDate(finishedAt))}` : ''}`],
  ]
  return `# ${escapeMarkdown(name) || 'Model'}\n\n${markdownTable(['', ''], rows)}`
}

function listed(labels: readonly string[]): string {
  const shown = labels.slice(0, mostLabels).map(escapeMarkdown).join(', ')
  return labels.length > mostLabels ? `${shown}, … (${formatCount(labels.length)})` : shown
}

function results({ record, evaluationData }: CardFacts): string {
  const { metrics, data } = record
  const entries = Object.entries(metrics)
  if (entries.length === 0) return '## Results\n\nThe model was not evaluated.'
  const hasInterval = ({ low, high }: ReportedMetric) => isFiniteNumber(low) && isFiniteNumber(high)
  const withIntervals = entries.some(([, metric]) => hasInterval(metric))
  const rows = entries.map(([name, metric]) => [
    escapeMarkdown(formatName(name)),
    formatValue(metric.value),
    ...(withIntervals ? [hasInterval(metric) ? `${formatValue(metric.low!)} – ${formatValue(metric.high!)}` : ''] : []),
  ])
  const head = ['metric', 'value', ...(withIntervals ? ['95 % interval'] : [])]
  const on = data.evalExamples === undefined ? [] : [`On ${examplesOf(data.evalExamples, evaluationData)}:`]
  const note = withIntervals
    ? [
        'Intervals are percentile bootstraps over these examples; they do not say how results vary from training to training.',
      ]
    : []
  return ['## Results', ...on, markdownTable(head, rows, [1]), ...note].join('\n\n')
}

const examplesOf = (count: number, source: string | undefined): string =>
  `${formatCount(count)} example${count === 1 ? '' : 's'}${source ? ` (${escapeMarkdown(source)})` : ''}`

function baselines({ record }: CardFacts): string | undefined {
  const found = metricRows(record)
  if (!found) return undefined
  const rows = found.rows.map(({ name, values }) => [
    escapeMarkdown(name),
    ...found.names.map((metric) => (values[metric] ? formatValue(values[metric].value) : '–')),
  ])
  const head = ['solution', ...found.names.map((metric) => escapeMarkdown(formatName(metric)))]
  return `### For comparison\n\n${markdownTable(
    head,
    rows,
    found.names.map((_, i) => i + 1),
  )}`
}

/** Scores and numbers of examples by label. */
function labelTable({ record: { perClass = [], data } }: CardFacts): string | undefined {
  const { labelCounts = [] } = data
  const scores = new Map(perClass.map((row) => [row.label, row]))
  const counts = new Map(labelCounts.map((row) => [row.label, row]))
  const all = [...new Set([...counts.keys(), ...scores.keys()])]
  if (all.length === 0) return undefined
  const withScores = perClass.length > 0
  const rows = all.slice(0, mostLabels).map((label) => {
    const [score, count] = [scores.get(label), counts.get(label)]
    const numbers = withScores ? [score?.precision, score?.recall, score?.f1] : []
    return [
      escapeMarkdown(label),
      ...numbers.map((value) => (value === undefined ? '–' : formatValue(value))),
      count === undefined ? '–' : formatCount(count.train),
      ...(data.evalExamples === undefined ? [] : [formatCount(count?.eval ?? score?.support ?? 0)]),
    ]
  })
  const head = [
    'label',
    ...(withScores ? ['precision', 'recall', 'F1'] : []),
    'in training data',
    ...(data.evalExamples === undefined ? [] : ['in evaluation data']),
  ]
  const more = all.length > mostLabels ? `\n\n${formatCount(all.length - mostLabels)} more labels are not shown.` : ''
  return `### By label\n\n${markdownTable(head, rows, head.map((_, i) => i).slice(1))}${more}`
}

function training({ record, trainingData, evaluationData, settings }: CardFacts): string {
  const { data, timing, environment } = record
  const rows = [
    ['training data', examplesOf(data.trainExamples, trainingData)],
    ...(data.evalExamples === undefined ? [] : [['evaluation data', examplesOf(data.evalExamples, evaluationData)]]),
    ['steps', formatCount(timing.steps)],
    ['time', formatDuration(timing.seconds)],
    ...(timing.tokensPerSecond === undefined ? [] : [['tokens per second', formatCompact(timing.tokensPerSecond)]]),
  ]
  const table = (values: CardFacts['settings']) =>
    markdownTable(
      ['', ''],
      Object.entries(values).map(([name, value]) => [escapeMarkdown(name), escapeMarkdown(settingText(value))]),
    )
  return [
    '## Training',
    markdownTable(['', ''], rows),
    'Settings; those that are not named are the defaults of bertsmith.',
    table(settings),
    ...(Object.keys(environment).length === 0 ? [] : ['Where it ran:', table(environment)]),
  ].join('\n\n')
}

function findings({ record, diagnosed }: CardFacts): string | undefined {
  const found = record.findings ?? []
  if (found.length === 0) {
    if (!diagnosed) return undefined
    return '## What the doctor found\n\nData, settings and training were looked over, and nothing was found.'
  }
  const order = ['error', 'warning', 'info']
  const lines = [...found]
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
    .map(({ severity, code, message }) => `- **${severity}** ${escapeMarkdown(code)}: ${escapeMarkdown(message)}`)
  return `## What the doctor found\n\n${lines.join('\n')}`
}

function limits(facts: CardFacts): string {
  const { record, trainingData, evaluationData, bestBy } = facts
  const { model, data, warnings = [] } = record
  const trained = `It was trained on ${examplesOf(data.trainExamples, trainingData)}`
  const measured =
    data.evalExamples === undefined || Object.keys(record.metrics).length === 0
      ? ' and not evaluated.'
      : ` and measured on ${examplesOf(data.evalExamples, evaluationData)}; how good it is on others is not known.`
  const lines = [
    ...(model.maxLength === undefined
      ? []
      : [
          `It was trained on at most ${formatCount(model.maxLength)} tokens at once: longer texts are ${longerTexts(facts, model.maxLength)}.`,
        ]),
    trained + measured,
    ...(bestBy === undefined
      ? []
      : [
          `Its weights are those of the evaluation with the best ${escapeMarkdown(bestBy)}, on the examples that the results are of: ` +
            'these look better for it than results on others.',
        ]),
    ...warnings.map(escapeMarkdown),
  ]
  return `## Limits\n\n${lines.map((line) => `- ${line}`).join('\n')}`
}

/** What becomes of texts that are longer than so many tokens. */
function longerTexts({ record, longTexts }: CardFacts, maxLength: number): string {
  if (!longTexts) return cardTask(record.task)?.windows ? 'read in windows' : `cut ${describeCut(maxLength)}`
  const { stride, maxWindows } = longTexts
  // Without a limit on windows, only the shorter text of a pair is ever cut.
  const cut = `cut ${describeCut(maxLength, longTexts)}`
  return `read in windows that repeat ${stride} tokens${maxWindows === undefined ? '; of a pair, the shorter may be' : ' and'} ${cut}`
}

function usage({ record, longTexts }: CardFacts): string | undefined {
  const task = cardTask(record.task)
  if (!task) return undefined
  const bertsmith = task.predict === '' ? [] : [`\`\`\`\nnpx bertsmith predict --model FOLDER ${task.predict}\n\`\`\``]
  return [
    '## How to use it',
    'FOLDER is the folder of this file.',
    ...bertsmith,
    `\`\`\`python\n${task.python}\n\`\`\``,
    ...(longTexts
      ? [
          `transformers knows no windows: of a longer text it reads the first alone, and only if told to cut it there ` +
            `(truncation=True, max_length=${longTexts.maxLength}).`,
        ]
      : []),
  ].join('\n\n')
}
