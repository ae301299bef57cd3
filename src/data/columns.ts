import { ConfigError, DataError, didYouMean } from '../core/errors.ts'
import { describePlace, type ExampleSource, excerpt } from './example.ts'

/** Which columns (csv, tsv) or keys (jsonl) hold what. */
export interface ColumnOptions {
  /** Name, or position from 0 in a file without a header. Default `text`. */
  textColumn?: string | number
  /** Default `text_pair`, which need not be there; any other name must be. */
  textPairColumn?: string | number
  /** Default `label`. */
  labelColumn?: string | number
  /**
   * Whether the first row of a csv or tsv holds column names. `auto` (default): it does unless `textColumn` is a number
   * or a string of digits.
   */
  header?: 'auto' | boolean
  /**
   * Makes a missing label column or an empty label an error; `column`: a missing column alone. Default false: such examples
   * have no label.
   */
  requireLabel?: boolean | 'column'
}

export const DEFAULT_TEXT_COLUMN = 'text'
export const DEFAULT_TEXT_PAIR_COLUMN = 'text_pair'
export const DEFAULT_LABEL_COLUMN = 'label'

/** A column of a table: what messages call it and where it stands. */
export interface ColumnPosition {
  name: string | number
  index: number
}

/** Where a table's columns stand. */
export interface ColumnPositions {
  text: ColumnPosition
  textPair?: ColumnPosition
  label?: ColumnPosition
}

/**
 * Whether the first row holds column names.
 * @throws ConfigError if there shall be no header but the columns are named
 */
export function hasHeader(options: ColumnOptions): boolean {
  const { textColumn = DEFAULT_TEXT_COLUMN, header = 'auto' } = options
  if (header === false && position(textColumn) === undefined) {
    throw new ConfigError(
      'HEADER_NEEDED',
      `text column "${textColumn}" is a name, but the file is said to have no header: ` +
        'number the columns from 0 (--text-column 0 --label-column 1).',
    )
  }
  return header === 'auto' ? position(textColumn) === undefined : header
}

/**
 * Finds the columns in the first row of a table.
 * @throws DataError `MISSING_COLUMN`, `DUPLICATE_COLUMN`, `HEADER_AS_DATA`; ConfigError if the settings contradict
 */
export function findColumns(firstRow: string[], source: ExampleSource, options: ColumnOptions): ColumnPositions {
  const find = hasHeader(options) ? namedColumn : numberedColumn
  const { textColumn = DEFAULT_TEXT_COLUMN, textPairColumn, labelColumn, requireLabel = false } = options
  const text = find(firstRow, source, textColumn, 'text')
  if (text === undefined) throw missingColumn(firstRow, source, textColumn, 'text')
  const textPair = find(firstRow, source, textPairColumn ?? DEFAULT_TEXT_PAIR_COLUMN, 'text pair')
  if (textPair === undefined && textPairColumn !== undefined && textPairColumn !== DEFAULT_TEXT_PAIR_COLUMN) {
    throw missingColumn(firstRow, source, textPairColumn, 'text pair')
  }
  const label = find(firstRow, source, labelColumn ?? DEFAULT_LABEL_COLUMN, 'label', requireLabel !== false)
  if (label === undefined && requireLabel) {
    throw missingColumn(firstRow, source, labelColumn ?? DEFAULT_LABEL_COLUMN, 'label')
  }
  for (const other of [textPair, label]) {
    if (other?.index === text.index) {
      throw new ConfigError('SAME_COLUMN', `column ${quoted(text.name)} cannot be both the text and something else.`)
    }
  }
  if (options.header === undefined || options.header === 'auto') refuseHeaderAsData(firstRow, source, text, label)
  return { text, textPair, label }
}

/** The position that a number or a string of digits means; undefined for a name. @throws ConfigError if negative */
function position(column: string | number): number | undefined {
  if (typeof column === 'string') return /^\d+$/.test(column) ? Number(column) : undefined
  if (Number.isInteger(column) && column >= 0) return column
  throw new ConfigError('COLUMN_NUMBER', `column ${column} is no position: columns are numbered 0, 1, 2 …`)
}

type Role = 'text' | 'text pair' | 'label'

function namedColumn(row: string[], source: ExampleSource, column: string | number): ColumnPosition | undefined {
  const names = row.map((name) => name.trim())
  const index = names.indexOf(String(column))
  if (index >= 0) {
    if (names.indexOf(String(column), index + 1) < 0) return { name: String(column), index }
    throw new DataError(
      'DUPLICATE_COLUMN',
      `${describePlace(source)}: two columns are called ${quoted(String(column))}: rename one of them.`,
    )
  }
  const number = position(column)
  return number === undefined || number >= row.length ? undefined : { name: names[number], index: number }
}

function numberedColumn(
  row: string[],
  _: ExampleSource,
  column: string | number,
  role: Role,
  required = false,
): ColumnPosition | undefined {
  const index = position(column)
  if (index !== undefined) return index < row.length ? { name: index, index } : undefined
  // The default names may have been given by a caller that fills in all options.
  if (role === 'text pair' && column === DEFAULT_TEXT_PAIR_COLUMN) return undefined
  if (role === 'label' && column === DEFAULT_LABEL_COLUMN && !required) return undefined
  throw new ConfigError(
    'MIXED_COLUMNS',
    `the text column is a number, so the file has no header, but the ${role} column "${column}" is a name: ` +
      `number both from 0 (such as --${role.replace(' ', '-')}-column ${row.length - 1}), or name both.`,
  )
}

function missingColumn(row: string[], source: ExampleSource, column: string | number, role: Role): DataError {
  const flag = `--${role.replace(' ', '-')}-column`
  const number = position(column)
  const cells = row.slice(0, 20).map((cell) => excerpt(cell.trim()))
  const listed = `${cells.join(', ')}${row.length > cells.length ? ', …' : ''}`
  let text = `${describePlace(source)}: there is no ${role} column ${number ?? `"${column}"`}`
  if (number !== undefined) {
    text += `. The row has ${row.length} columns, 0 to ${row.length - 1}: ${listed}. Choose one with ${flag}.`
  } else {
    const guess = didYouMean(
      String(column),
      row.map((name) => name.trim()),
    )
    text += `${guess === '' ? '.' : guess} The columns are: ${listed}. Choose one with ${flag} NAME.`
    if (looksLikeData(row)) text += ` The first row looks like data; if there is no header, pass ${numbers(row)}.`
  }
  return new DataError('MISSING_COLUMN', text)
}

/** A header has short, distinct, non-empty names that are no numbers. */
function looksLikeData(row: string[]): boolean {
  return row.some(
    (cell) => cell.length > 40 || /^\s*([-+]?\d+(\.\d+)?)?\s*$/.test(cell) || cell.trim().split(/\s+/).length > 4,
  )
}

/** The flags for a file without a header: the longest cell of the row is taken for the text, the shortest for the label. */
function numbers(row: string[]): string {
  const lengths = row.map((cell) => cell.length)
  const text = lengths.indexOf(Math.max(...lengths))
  if (row.length === 1) return `--text-column ${text}`
  const others = lengths.map((length, i) => (i === text ? Number.POSITIVE_INFINITY : length))
  return `--text-column ${text} --label-column ${others.indexOf(Math.min(...others))}`
}

const textNames = /^(text|sentence|sentence1|review|comment|content|message|title|premise|question|tweet)$/i
const labelNames = /^(labels?|class|category|target|sentiment|rating|score|tag|topic|intent)$/i

/** A header that is read as the first example would silently become a class of its own. */
function refuseHeaderAsData(row: string[], source: ExampleSource, text: ColumnPosition, label?: ColumnPosition): void {
  if (typeof text.name !== 'number' || label === undefined) return
  const [textName, labelName] = [row[text.index].trim(), row[label.index].trim()]
  if (!textNames.test(textName) || !labelNames.test(labelName)) return
  throw new DataError(
    'HEADER_AS_DATA',
    `${describePlace(source)} holds column names, but columns given as numbers mean a file without a header. ` +
      `Pass --text-column ${textName} --label-column ${labelName} instead.`,
  )
}

function quoted(name: string | number): string {
  return typeof name === 'number' ? String(name) : `"${name}"`
}
