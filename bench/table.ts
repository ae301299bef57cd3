export type Cell = string

/** Columns in line: the first to the left, numbers to the right. */
export function textTable(header: Cell[], rows: Cell[][]): string {
  const lines = [header, ...rows]
  const widths = header.map((_, c) => Math.max(...lines.map((line) => line[c].length)))
  const format = (line: Cell[]) => line.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
  return `${lines.map((line) => `  ${format(line).join('  ')}`.trimEnd()).join('\n')}\n`
}

export function markdownTable(header: Cell[], rows: Cell[][]): string {
  const line = (cells: Cell[]) => `| ${cells.join(' | ')} |`
  const rule = header.map((_, c) => (c === 0 ? '---' : '---:'))
  return `${[line(header), line(rule), ...rows.map(line)].join('\n')}\n`
}
