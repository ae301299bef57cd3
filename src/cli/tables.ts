/** Plain text for terminals. */
import { displayWidth } from './progress-text.ts'

/** Columns as wide as their longest cell, numbers to the right. */
export function textTable(rows: readonly (readonly string[])[], options: { right?: readonly number[] } = {}): string {
  const { right = [] } = options
  const columns = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, c) => Math.max(...rows.map((row) => displayWidth(row[c] ?? ''))))
  const cell = (text: string, c: number) => {
    const space = ' '.repeat(widths[c] - displayWidth(text))
    return right.includes(c) ? space + text : text + space
  }
  return rows.map((row) => `  ${row.map(cell).join('  ')}`.trimEnd()).join('\n')
}

/** Four digits behind the point; `–` for what is no number. */
export function formatMetric(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(4)
}

/** A metric with its interval, a row each. */
export function metricTable(metrics: Readonly<Record<string, { value: number; low: number; high: number }>>): string {
  const rows = Object.entries(metrics).map(([name, { value, low, high }]) => [
    name,
    formatMetric(value),
    `${formatMetric(low)} – ${formatMetric(high)}`,
  ])
  return textTable([['metric', 'value', '95 % interval'], ...rows], { right: [1] })
}

/** Precision, recall, F1 and how many there are, a row each. @param counted what is counted, in the plural */
export function scoreTable(
  head: string,
  rows: readonly { label: string; precision: number; recall: number; f1: number; support: number }[],
  counted: string,
): string {
  const cells = rows.map(({ label, precision, recall, f1, support }) => [
    label,
    ...[precision, recall, f1].map(formatMetric),
    String(support),
  ])
  return textTable([[head, 'precision', 'recall', 'f1', counted], ...cells], { right: [1, 2, 3, 4] })
}

/** Counts by true label (rows) and predicted label (columns). */
export function confusionText(labels: readonly string[], counts: readonly (readonly number[])[]): string {
  const names = labels.map((label) => shorten(label, 24))
  // Many labels would make columns wider than a terminal: they are numbered.
  const heads = names.join('').length <= 60 ? names : names.map((_, i) => String(i))
  const rows = counts.map((row, i) => [
    heads === names ? names[i] : `${i} ${names[i]}`,
    ...row.map((count) => (count === 0 ? '·' : String(count))),
  ])
  const right = Array.from({ length: labels.length }, (_, i) => i + 1)
  return textTable([['true \\ predicted', ...heads], ...rows], { right })
}

/** One line of at most `limit` characters. */
export function shorten(text: string, limit: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line
}
