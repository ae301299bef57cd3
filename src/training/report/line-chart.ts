import { type Axis, linearAxis, logAxis } from './axis.ts'
import { formatCount, formatValue } from './format.ts'
import { type Html, html } from './html.ts'
import { type Bucket, downsample, type Point } from './series.ts'

/** A curve of a chart. */
export interface Line {
  name: string
  /** Colour of the palette; curves that belong together share one. */
  color: 1 | 2 | 3 | 4
  /** `faint`: a raw curve behind its smoothed one, kept out of the legend. `points`: few values, each marked. */
  style: 'line' | 'faint' | 'points'
  points: readonly Point[]
}

/** What to draw; x is the step. */
export interface LineChart {
  title: string
  /** A sentence below the title. */
  note?: string | undefined
  lines: readonly Line[]
  /** Last step of the run: all charts of a report share it. */
  lastStep: number
  /** Steps where an epoch ends, drawn as hairlines. */
  epochSteps?: readonly number[]
  /** Bounds that the value axis never crosses, such as 0 for a loss. */
  floor?: number
  ceiling?: number
  /** Whether the value axis starts at `floor` even if all values are far from it. */
  fromFloor?: boolean
  /** Whether a wide range of positive values may be shown on a logarithmic axis. */
  mayBeLogarithmic?: boolean
  /** Writes a value of this chart; default three decimals. */
  format?: (value: number) => string
  /** Height of the drawing in CSS pixels. */
  height: number
  /** Spans the page instead of half of it. */
  wide?: boolean
}

/** More than a screen has pixels for, fewer than slow a browser down. */
const maxBuckets = 500
const maxMarks = 60
const maxHovers = 120
/** Width of the inner drawing in its own units; the browser stretches it to the page. */
const innerWidth = 1000

/**
 * Draws curves over steps. The curves stretch with the page; texts and marks keep their size, because only the innermost
 * drawing is scaled and all else is placed by percentages.
 */
export function lineChart(chart: LineChart): Html {
  const { lines, height, lastStep, format = formatValue } = chart
  const values = lines.flatMap((line) => line.points.map((point) => point.value)).filter((v) => !Number.isNaN(v))
  const x = linearAxis(0, Math.max(lastStep, 1), { count: 6, extend: false, integers: true })
  const y = valueAxis(values, chart)
  const px = (step: number) => `${round(x.position(step) * 100)}%`
  const py = (value: number) => round((1 - y.position(value)) * height)
  const label = `${chart.title} by step, ${lines.map((line) => `${line.name} ${describe(line, format)}`).join('; ')}`

  return html`<figure class="chart${chart.wide ? ' wide' : ''}">
<figcaption><h3>${chart.title}</h3>${legend(lines, format)}${chart.note && html`<p class="note">${chart.note}</p>`}</figcaption>
<div class="plot"><svg width="100%" height="${height}" role="img" aria-label="${label}">
${y.ticks.map(
  ({ value, label: text }) =>
    html`<line class="grid" x1="0" x2="100%" y1="${py(value)}" y2="${py(value)}"/><text class="tick" x="-10" y="${py(value) + 4}" text-anchor="end">${text}</text>`,
)}
${(chart.epochSteps ?? []).map(
  (step, i) =>
    html`<line class="epoch" x1="${px(step)}" x2="${px(step)}" y1="0" y2="${height}"/><text class="epoch-name" x="${px(step)}" dx="-5" y="10" text-anchor="end">epoch ${i + 1}</text>`,
)}
${x.ticks.map(
  ({ value, label: text }) =>
    html`<line class="grid" x1="${px(value)}" x2="${px(value)}" y1="${height}" y2="${height + 4}"/><text class="tick" x="${px(value)}" y="${height + 18}" text-anchor="middle">${text}</text>`,
)}
<text class="axis-name" x="100%" y="${height + 34}" text-anchor="end">step</text>
<svg x="0" y="0" width="100%" height="${height}" viewBox="0 0 ${innerWidth} ${height}" preserveAspectRatio="none">
${lines.map((line) => curve(line, x, y, height))}
</svg>
${lines.map((line) => missingMarks(line, px, height))}
${hovers(lines, x, height, format)}
${lines.map((line) => marks(line, px, py, format))}
${values.length === 0 && html`<text class="empty" x="50%" y="${height / 2}" text-anchor="middle">no finite values</text>`}
</svg></div></figure>
`
}

function valueAxis(values: number[], { floor, ceiling, fromFloor, mayBeLogarithmic }: LineChart): Axis {
  if (values.length === 0) return linearAxis(0, 1)
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (mayBeLogarithmic && low > 0) {
    const median = values.sort((a, b) => a - b)[values.length >> 1]
    if (high / median > 20) return logAxis(low, high)
  }
  if (fromFloor && floor !== undefined) low = Math.min(low, floor)
  return linearAxis(low, high, {
    ...(floor === undefined ? {} : { floor }),
    ...(ceiling === undefined ? {} : { ceiling }),
  })
}

function legend(lines: readonly Line[], format: (value: number) => string): Html {
  return html`<ul class="legend">${lines
    .filter((line) => line.style !== 'faint')
    .map(
      (line) =>
        html`<li><i class="swatch c${line.color}${line.style === 'points' && ' dot'}"></i>${line.name} <b>${describe(line, format)}</b></li>`,
    )}</ul>`
}

/** The last value of a line. */
function describe({ points }: Line, format: (value: number) => string): string {
  const last = points.findLast((point) => !Number.isNaN(point.value))
  return last ? format(last.value) : 'no values'
}

/** A path that breaks where values are missing; buckets of many points are drawn as a stroke from low to high. */
function curve(line: Line, x: Axis, y: Axis, height: number): Html {
  let path = ''
  let pen = false
  for (const bucket of downsample(line.points, maxBuckets)) {
    if (Number.isNaN(bucket.last)) {
      pen = false
      continue
    }
    const px = round(x.position(bucket.step) * innerWidth)
    const py = (value: number) => round((1 - y.position(value)) * height)
    const spread = line.style === 'faint' && bucket.high > bucket.low
    const heights = spread ? [bucket.low, bucket.high, bucket.last].map(py) : [py(bucket.last)]
    for (const at of heights) {
      path += `${pen ? 'L' : 'M'}${px} ${at}`
      pen = true
    }
  }
  return html`<path class="curve ${line.style} s${line.color}" d="${path}" vector-effect="non-scaling-stroke"/>`
}

/** Circles on the values of a line that has few; those of longer lines are found by hovering. */
function marks(
  line: Line,
  px: (step: number) => string,
  py: (value: number) => number,
  format: (value: number) => string,
): Html[] | false {
  if (line.style === 'faint' || (line.style === 'line' && line.points.length > 1)) return false
  if (line.points.length > maxMarks) return false
  return line.points
    .filter((point) => !Number.isNaN(point.value))
    .map(
      (point) =>
        html`<circle class="mark f${line.color}" cx="${px(point.step)}" cy="${py(point.value)}" r="4"><title>${place(point)}\n${line.name}: ${format(point.value)}</title></circle>`,
    )
}

/** A red stroke on the axis wherever a logged value was no finite number. */
function missingMarks(line: Line, px: (step: number) => string, height: number): Html[] {
  if (line.style === 'line') return [] // a smoothed curve: its raw one has the marks
  const missing = line.points.filter((point) => Number.isNaN(point.value))
  return downsample(missing, maxHovers).map(
    (point) =>
      html`<line class="missing" x1="${px(point.step)}" x2="${px(point.step)}" y1="${height - 9}" y2="${height}"><title>${place(point)}\n${line.name}: not a finite number</title></line>`,
  )
}

/** Invisible strips over the drawing that tell the values of all lines at a step. */
function hovers(lines: readonly Line[], x: Axis, height: number, format: (value: number) => string): Html[] {
  const longest = lines.reduce((a, b) => (b.points.length > a.points.length ? b : a), lines[0])
  const stops = downsample(longest?.points ?? [], maxHovers)
  const next = lines.map(() => 0)
  return stops.map((stop, i) => {
    const left = i === 0 ? x.position(stop.step) : (x.position(stops[i - 1].step) + x.position(stop.step)) / 2
    const right = i === stops.length - 1 ? 1 : (x.position(stop.step) + x.position(stops[i + 1].step)) / 2
    const texts = lines.map((line, l) => {
      while (next[l] < line.points.length && line.points[next[l]].step <= stop.step) next[l]++
      const point = line.points[next[l] - 1]
      return point && `${line.name}: ${Number.isNaN(point.value) ? 'not a finite number' : format(point.value)}`
    })
    return html`<rect class="hover" x="${round(left * 100)}%" y="0" width="${round(Math.max(0, right - left) * 100)}%" height="${height}"><title>${[place(stop), ...texts.filter(Boolean)].join('\n')}</title></rect>`
  })
}

function place({ step, epoch }: Pick<Bucket, 'step' | 'epoch'>): string {
  return `step ${formatCount(step)}${epoch === undefined ? '' : `, epoch ${Number(epoch.toFixed(2))}`}`
}

/** Enough digits for a drawing, so that the file stays small. */
function round(value: number): number {
  return Number(value.toFixed(2))
}
