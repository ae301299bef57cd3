import { cutToWidth, displayWidth, formatClock, formatRate, oneLine } from './progress-text.ts'

/** Where progress is shown: the parts of a Node stream that are used, so that a test can stand in. */
export interface ProgressStream {
  write(text: string): unknown
  /** Whether this is a terminal, where a line can be redrawn. */
  isTTY?: boolean
  /** Width of the terminal, read at every drawing. Default 80. */
  columns?: number
}

export interface ProgressOptions {
  /** Default process.stderr, so that stdout holds results only. */
  stream?: ProgressStream
  /** What is being done, e.g. `Training`. */
  label: string
  /** How many units there are to do. Absent: unknown, then neither bar nor time left is shown. */
  total?: number
  /** What is counted, in the plural. Default `steps`. */
  unit?: string
  /** Units that were done before, e.g. by the run that is resumed: they do not count for the rate. Default 0. */
  initial?: number
  /** Milliseconds from any start on. Default performance.now. */
  now?: () => number
  /** Draw a bar or write plain lines. Default: a bar if the stream is a terminal that can move its cursor. */
  bar?: boolean
}

/** Shows how far a long task is. */
export interface Progress {
  /**
   * @param done units done so far, those of `initial` included
   * @param options.total how many there are to do, if that has changed
   */
  update(done: number, options?: { note?: string; total?: number }): void
  /** Writes a whole line, above the bar where there is one. */
  log(line: string): void
  /** Shows the last state and gives the terminal back; further calls do nothing. */
  finish(note?: string): void
}

/** A bar is redrawn at most ten times a second. */
const redrawMs = 100
/** Plain lines: at most one in so many milliseconds, … */
const lineMs = 3000
/** … and then only after a twentieth of the whole, … */
const lineShare = 0.05
/** … or so many milliseconds, so that a slow run shows that it lives. */
const quietMs = 60_000
/** The rate forgets what is longer ago than a few times this. */
const rateMemoryMs = 15_000
const longestBar = 30

const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'
const clearLine = '\r\u001b[2K'

/**
 * Starts a progress display: one line with bar, percentage, rate, time spent and time left that redraws itself on a
 * terminal; elsewhere (a log file, a pipe, `TERM=dumb`) plain lines now and then.
 */
export function createProgress(options: ProgressOptions): Progress {
  const { stream = process.stderr, unit = 'steps', initial = 0, now = () => performance.now() } = options
  let { total } = options
  const label = oneLine(options.label)
  const bar = options.bar ?? (stream.isTTY === true && process.env.TERM !== 'dumb')
  const start = now()
  const rate = createRate(start, initial)
  let done = initial
  let note = ''
  let shownAt = -Infinity
  let shownDone = initial
  let lineStart = start
  let finished = false

  /** A process that ends while the bar is up must not leave a terminal without a cursor. */
  const restore = () => stream.write(showCursor)
  if (bar) {
    process.once('exit', restore)
    stream.write(hideCursor)
  }

  const counts = () => (total === undefined ? `${count(done)} ${unit}` : `${count(done)}/${count(total)} ${unit}`)
  const percent = () => (total === undefined ? '' : `${Math.floor(100 * shareOf(done, total))}%`)
  const times = (time: number) => {
    const perSecond = rate.perSecond()
    const left = total === undefined ? '' : `, ${formatClock(Math.max(0, total - done) / perSecond)} left`
    return [formatRate(perSecond, unit), `${formatClock((time - start) / 1000)}${left}`]
  }

  const draw = (time: number) => {
    shownAt = time
    // One column stays free: a terminal may wrap when its last one is written.
    const columns = (stream.columns || 80) - 1
    const texts = [counts(), ...times(time), note].filter((text) => text !== '').join('  ')
    const head = total === undefined ? label : `${label} ${percent().padStart(4)} `
    const room = Math.min(longestBar, columns - displayWidth(`${head}${texts}`) - 2)
    const drawing = total === undefined || room < 5 ? ' ' : `${barOf(shareOf(done, total), room)}  `
    stream.write(`${clearLine}${cutToWidth(`${head}${drawing}${texts}`, columns)}`)
  }

  const writeLine = (time: number) => {
    shownAt = time
    shownDone = done
    lineStart = time
    const percentage = percent()
    const parts = [percentage === '' ? counts() : `${percentage} ${counts()}`, ...times(time), note]
    stream.write(`${label}: ${parts.filter((text) => text !== '').join(', ')}\n`)
  }

  return {
    update(value, { note: newNote, total: newTotal = total } = {}) {
      if (finished) return
      const time = now()
      done = value
      total = newTotal
      if (newNote !== undefined) note = oneLine(newNote)
      rate.add(time, done)
      if (bar) {
        if (time - shownAt >= redrawMs) draw(time)
        return
      }
      const waited = time - lineStart
      const isFar = total !== undefined && done - shownDone >= total * lineShare
      if (waited >= quietMs || (waited >= lineMs && isFar)) writeLine(time)
    },

    log(line) {
      if (finished || !bar) {
        stream.write(`${line}\n`)
        return
      }
      stream.write(`${clearLine}${line}\n`)
      draw(now())
    },

    finish(lastNote) {
      if (finished) return
      finished = true
      const time = now()
      if (lastNote !== undefined) note = oneLine(lastNote)
      const seconds = (time - start) / 1000
      const average = seconds > 0 ? (done - initial) / seconds : Number.NaN
      const parts = [counts(), formatRate(average, unit), `in ${formatClock(seconds)}`, note]
      const line = `${label}: ${parts.filter((text) => text !== '').join(', ')}`
      if (!bar) {
        stream.write(`${line}\n`)
        return
      }
      stream.write(`${clearLine}${line}\n${showCursor}`)
      process.removeListener('exit', restore)
    },
  }
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** In [0, 1]; nothing to do counts as done. */
function shareOf(done: number, total: number): number {
  return total <= 0 ? 1 : Math.min(1, Math.max(0, done / total))
}

/** `━━━━━╸────` */
function barOf(share: number, width: number): string {
  const halves = Math.floor(share * width * 2)
  const full = halves >> 1
  const half = halves % 2 === 1 ? '╸' : ''
  return `${'━'.repeat(full)}${half}${'─'.repeat(width - full - half.length)}`
}

/** Units a second, the recent past counting most; NaN before the first two times. */
function createRate(start: number, initial: number) {
  let lastTime = start
  let lastDone = initial
  let average = 0
  let weight = 0
  return {
    add(time: number, done: number) {
      const elapsed = time - lastTime
      // Shorter spans are gathered: their quotients are noise, and at 0 ms they do not exist.
      if (elapsed < redrawMs && weight > 0) return
      if (elapsed <= 0) return
      const keep = Math.exp(-elapsed / rateMemoryMs)
      average = keep * average + ((1 - keep) * (done - lastDone) * 1000) / elapsed
      weight = keep * weight + (1 - keep)
      lastTime = time
      lastDone = done
    },
    perSecond: () => (weight === 0 ? Number.NaN : average / weight),
  }
}
