import { printable } from './html.ts'

/**
 * Text of others as Markdown that shows it as it is, on one line: neither markup nor HTML, links or the end of a table's cell.
 *
 * Source: CommonMark 0.31, backslash escapes; GitHub's extensions for tables, strikethrough and links.
 */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_[\]<>#!|~&$]/g, '\\$&')
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/www(?=\.)/gi, '$&\\')
}

/** Text without line breaks, control characters, and what changes the writing direction. */
export const oneLine = (text: string): string => printable(text).replace(/\s+/g, ' ').trim()

/**
 * A table of cells that are Markdown already.
 * @param right columns whose cells stand on the right
 */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(head),
    `|${head.map((_, i) => (right.includes(i) ? '---:' : '---')).join('|')}|`,
    ...rows.map(line),
  ].join('\n')
}
