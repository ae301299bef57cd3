import type { HistoryRow, RunRecord } from '../run-record.ts'
import { formatCount, formatName, formatPower, isFiniteNumber } from './format.ts'
import { type Html, html } from './html.ts'
import { type Line, lineChart } from './line-chart.ts'
import { type Point, seriesOf, smooth, smoothingFor } from './series.ts'

/** Below so many values a curve is clear without smoothing. */
const smoothFrom = 12
/** More hairlines than that are noise. */
const maxEpochs = 15
/** What evaluation rows tell about the machine, not about the model. */
const notMetrics = /^(runtime|samples_per_second|steps_per_second|tokens_per_second|model_preparation_time)$/

/** Loss, evaluation metrics, learning rate and gradient norm over the steps, as far as the history has them. */
export function curvesSection(record: RunRecord): Html | undefined {
  // Rows out of order or without a step would fold the curves back on themselves.
  const history = record.history.filter((row) => isFiniteNumber(row.step)).sort((a, b) => a.step - b.step)
  if (history.length === 0) return undefined
  const lastStep = history[history.length - 1].step
  const shared = { lastStep, epochSteps: epochEnds(history, lastStep) }
  const charts = [
    lossChart(history, shared),
    ...metricCharts(history, record, shared),
    ...scheduleCharts(history, shared),
  ]
  return html`<section><h2>Training</h2><div class="charts">${charts}</div></section>
`
}

interface Shared {
  lastStep: number
  epochSteps: readonly number[]
}

function lossChart(history: readonly HistoryRow[], shared: Shared): Html | undefined {
  const train = seriesOf(history, 'loss')
  const sets = setPrefixes(history).map((prefix) => ({ prefix, points: seriesOf(history, `eval_${prefix}loss`) }))
  const evaluation = sets[0]?.points ?? []
  const lines: Line[] = []
  if (train.length > 0) lines.push(...rawAndSmoothed('train', train))
  for (const [i, { prefix, points }] of sets.entries()) {
    if (points.length === 0) continue
    const name = prefix === '' ? 'evaluation' : prefix.slice(0, -1)
    lines.push({ name, color: setColors[i % setColors.length], style: 'points', points })
  }
  if (lines.length === 0) return undefined
  const notes = [missingNote('train loss', train), missingNote('evaluation loss', evaluation), risingNote(evaluation)]
  return lineChart({
    ...shared,
    title: 'Loss',
    note: notes.filter(Boolean).join(' ') || undefined,
    lines,
    floor: 0,
    fromFloor: true,
    mayBeLogarithmic: true,
    height: 280,
    wide: true,
  })
}

/** Colours of the evaluation sets' losses. */
const setColors = [2, 3, 4] as const

/** What stands in front of the metrics of each evaluation set: nothing if there is one, `german_` and so on if there are several. */
function setPrefixes(history: readonly HistoryRow[]): string[] {
  const keys = new Set(history.flatMap((row) => Object.keys(row)))
  const named = [...keys].flatMap((key) => /^eval_(.+_)runtime$/.exec(key)?.[1] ?? [])
  return named.length > 0 ? named : ['']
}

/** One chart for all metrics from 0 to 1, four at most; one for each other, such as the perplexity. */
function metricCharts(history: readonly HistoryRow[], record: RunRecord, shared: Shared): Html[] {
  const logged = new Set(history.flatMap((row) => Object.keys(row)).filter((key) => /^eval_./.test(key)))
  const prefixes = setPrefixes(history)
  const isLossOrMachine = (key: string) => {
    // Of two names of which one begins the other, the longer one is meant.
    const fitting = prefixes.filter((each) => key.startsWith(`eval_${each}`))
    const prefix = fitting.reduce((longest, each) => (each.length > longest.length ? each : longest), '')
    const name = key.slice('eval_'.length + prefix.length)
    return name === 'loss' || notMetrics.test(name)
  }
  const order = Object.keys(record.metrics)
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  const found = [...logged]
    .filter((key) => !isLossOrMachine(key))
    .map((key) => ({ name: key.slice('eval_'.length), points: seriesOf(history, key) }))
    .filter(({ points }) => points.some(({ value }) => !Number.isNaN(value)))
    .sort((a, b) => rank(a.name) - rank(b.name))
  const isShare = ({ points }: { points: Point[] }) => points.every(({ value }) => !(value < 0 || value > 1))
  const shares = found.filter(isShare).slice(0, 4)
  const others = found.filter((series) => !isShare(series)).slice(0, 3)
  const charts = others.map(({ name, points }) =>
    lineChart({
      ...shared,
      title: formatName(name),
      lines: [{ name: 'evaluation', color: 2, style: 'points', points }],
      mayBeLogarithmic: true,
      height: 200,
    }),
  )
  if (shares.length > 0) {
    const colors = [2, 1, 3, 4] as const
    charts.unshift(
      lineChart({
        ...shared,
        title: 'Evaluation metrics',
        lines: shares.map(({ name, points }, i) => ({
          name: formatName(name),
          color: colors[i],
          style: 'points',
          points,
        })),
        floor: 0,
        ceiling: 1,
        height: 200,
      }),
    )
  }
  return charts
}

function scheduleCharts(history: readonly HistoryRow[], shared: Shared): Html[] {
  const charts: Html[] = []
  const rates = seriesOf(history, 'learning_rate')
  if (rates.length > 0) {
    charts.push(
      lineChart({
        ...shared,
        title: 'Learning rate',
        lines: [{ name: 'at the end', color: 1, style: 'line', points: rates }],
        floor: 0,
        fromFloor: true,
        format: (value) => (value === 0 ? '0' : formatPower(value)),
        height: 200,
      }),
    )
  }
  const norms = seriesOf(history, 'grad_norm')
  if (norms.length > 0) {
    charts.push(
      lineChart({
        ...shared,
        title: 'Gradient norm',
        note: missingNote('gradient norm', norms),
        lines: rawAndSmoothed('before clipping', norms),
        floor: 0,
        fromFloor: true,
        mayBeLogarithmic: true,
        height: 200,
      }),
    )
  }
  return charts
}

function rawAndSmoothed(name: string, points: Point[]): Line[] {
  if (points.length < smoothFrom) return [{ name, color: 1, style: 'points', points }]
  return [
    { name: `${name}, each`, color: 1, style: 'faint', points },
    { name: `${name}, smoothed`, color: 1, style: 'line', points: smooth(points, smoothingFor(points.length)) },
  ]
}

/** The steps where epochs 1, 2, … end; none for a history without epochs or with too many of them. */
function epochEnds(history: readonly HistoryRow[], lastStep: number): number[] {
  const last = history.findLast((row) => isFiniteNumber(row.epoch) && row.epoch > 0 && row.step > 0)
  if (!last) return []
  const stepsPerEpoch = last.step / (last.epoch as number)
  const epochs = Math.floor(lastStep / stepsPerEpoch + 1e-6)
  if (epochs > maxEpochs) return []
  return Array.from({ length: epochs }, (_, i) => Math.min(lastStep, (i + 1) * stepsPerEpoch))
}

function missingNote(name: string, points: readonly Point[]): string | undefined {
  const missing = points.filter(({ value }) => Number.isNaN(value))
  if (missing.length === 0) return undefined
  const where = `first at step ${formatCount(missing[0].step)}`
  return `The ${name} was not a finite number in ${formatCount(missing.length)} of ${formatCount(points.length)} logged rows, ${where}.`
}

/** Says when the evaluation loss was lowest if it ended clearly higher: the usual sign of too many epochs. */
function risingNote(points: readonly Point[]): string | undefined {
  const finite = points.filter(({ value }) => !Number.isNaN(value))
  if (finite.length < 3) return undefined
  const best = finite.reduce((a, b) => (b.value < a.value ? b : a))
  const last = finite[finite.length - 1]
  if (last.value < best.value * 1.05) return undefined
  return `The evaluation loss was lowest at step ${formatCount(best.step)} and rose afterwards: the model may be over-trained.`
}
