import { ConfigError, DataError } from '../../core/errors.ts'
import { type ColumnOptions, type ColumnPosition, DEFAULT_LABEL_COLUMN, findColumns } from '../columns.ts'
import { describePlace, type ExampleSource, excerpt } from '../example.ts'
import { describeJson, jsonText, missingKey, objectTexts, readObjects, requireExact } from '../jsonl-reader.ts'
import type { Line } from '../lines.ts'
import { readRows, rowTexts, type TableRow } from '../table-reader.ts'
import { distinctLabels, type MultiLabelExample } from './multi-label-example.ts'

/** Which columns (csv, tsv) or keys (jsonl) hold what, and how several labels are written. */
export interface MultiLabelColumnOptions extends Omit<ColumnOptions, 'requireLabel'> {
  /** What stands between the labels of a cell of a csv or tsv. Default `|`. */
  labelSeparator?: string
  /** Columns or keys that are one label each and hold 1 or 0, in place of the label column. */
  labelColumns?: readonly (string | number)[]
}

const DEFAULT_SEPARATOR = '|'
/** What else is usual; if cells hold one of these and never the default, the labels would silently be whole lists. */
const otherSeparators = [',', ';']

/** @throws ConfigError `SAME_COLUMN` if one is there twice, which would be one label counted as two */
function requireDistinct(columns: readonly (string | number)[] = []): void {
  const names = columns.map(String)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice === undefined) return
  throw new ConfigError('SAME_COLUMN', `labelColumns has ${excerpt(twice)} twice: expected each column once`)
}

/**
 * Turns the rows of a table into examples. An empty cell has no labels.
 * @throws DataError naming file, row and column for what `readTable` refuses, a label twice in a cell, a 0/1 column that holds
 *   something else, and for a file whose cells seem to be separated by something else than the default
 */
export async function* readMultiLabelRows(
  rows: AsyncIterable<TableRow>,
  file: string,
  options: MultiLabelColumnOptions = {},
): AsyncGenerator<MultiLabelExample> {
  if (options.labelSeparator === '') {
    throw new ConfigError('LABEL_SEPARATOR', 'labelSeparator is empty: give what stands between labels, such as |')
  }
  requireDistinct(options.labelColumns)
  const cells = new Set<string>()
  yield* readRows(rows, file, options, (firstRow, source) => {
    const positions = findColumns(firstRow, source, {
      ...options,
      labelColumn: options.labelColumns?.[0] ?? options.labelColumn,
      requireLabel: 'column',
    })
    const columns = options.labelColumns?.map(
      (labelColumn) => findColumns(firstRow, source, { ...options, labelColumn, requireLabel: 'column' }).label!,
    )
    const label = positions.label!
    return (row, place): MultiLabelExample => {
      if (!columns) cells.add(row[label.index])
      const labels = columns
        ? markedColumns(row, columns, place)
        : splitLabels(row[label.index], options.labelSeparator, describePlace(place, label.name))
      return { ...rowTexts(row, positions), labels, source: place }
    }
  })
  if (options.labelSeparator === undefined) requireSeparator(cells, file)
}

/**
 * Turns JSON Lines such as `{"text": "…", "labels": ["…", "…"]}` into examples, the label key holding an array of strings.
 * @throws DataError naming file, row and key, as `readJsonl`
 */
export function readMultiLabelObjects(
  lines: AsyncIterable<Line>,
  file: string,
  options: MultiLabelColumnOptions = {},
): AsyncGenerator<MultiLabelExample> {
  requireDistinct(options.labelColumns)
  const key = String(options.labelColumn ?? DEFAULT_LABEL_COLUMN)
  const columns = options.labelColumns?.map((name) => ({ name: String(name) }))
  return readObjects(
    lines,
    file,
    (record, source) => ({
      ...objectTexts(record, source, options),
      labels: columns
        ? columns.flatMap(({ name }) => (isMarked(valueAt(record, name, source), name, source) ? [name] : []))
        : labelArray(valueAt(record, key, source), describePlace(source, key)),
      source,
    }),
    '{"text": "…", "label": ["…", "…"]}',
  )
}

function splitLabels(cell: string, separator = DEFAULT_SEPARATOR, place: string): readonly string[] {
  const parts = cell.split(separator).map((part) => part.trim())
  if (parts.length === 1 && parts[0] === '') return []
  if (!parts.includes('')) return distinctLabels(parts, place)
  throw new DataError(
    'EMPTY_LABEL',
    `${place}: a label of ${excerpt(cell)} is empty: remove the ${JSON.stringify(separator)} that has no label on one side.`,
  )
}

function requireSeparator(cells: ReadonlySet<string>, file: string): void {
  const found = otherSeparators.find((separator) => [...cells].some((cell) => cell.includes(separator)))
  if (found === undefined || [...cells].some((cell) => cell.includes(DEFAULT_SEPARATOR))) return
  const cell = [...cells].find((each) => each.includes(found))!
  throw new DataError(
    'LABEL_SEPARATOR',
    `${file}: labels are separated by "${DEFAULT_SEPARATOR}", which no label cell holds, but there is ${excerpt(cell)}: ` +
      `if these are several labels, pass --label-separator '${found}'; if they are one, --label-separator '${DEFAULT_SEPARATOR}'.`,
  )
}

function labelArray(value: unknown, place: string): readonly string[] {
  if (value === null) return []
  if (Array.isArray(value)) {
    for (const each of value) requireExact(each, place)
    const labels = value.map((each) =>
      typeof each === 'string' ? each.trim() : typeof each === 'number' ? String(each) : '',
    )
    const wrong = value.findIndex((_, i) => labels[i] === '')
    if (wrong < 0) return distinctLabels(labels, place)
    throw new DataError(
      'LABEL_TYPE',
      `${place}: label ${wrong + 1} of the array is ${describeJson(value[wrong])}: expected the name of a label.`,
    )
  }
  throw new DataError(
    'LABEL_TYPE',
    `${place}: expected an array of labels such as ["…", "…"], found ${describeJson(value)}.`,
  )
}

const markedColumns = (row: readonly string[], columns: readonly ColumnPosition[], source: ExampleSource): string[] =>
  columns.flatMap(({ name, index }) => (isMarked(row[index].trim(), name, source) ? [String(name)] : []))

function isMarked(value: unknown, column: string | number, source: ExampleSource): boolean {
  if (['1', 1, true].includes(value as string)) return true
  if (['0', 0, false].includes(value as string)) return false
  throw new DataError(
    'LABEL_MARK',
    `${describePlace(source, column)}: expected 1 where the label holds and 0 where it does not, found ` +
      `${excerpt(typeof value === 'string' ? value : jsonText(value))}.`,
  )
}

function valueAt(record: Record<string, unknown>, key: string, source: ExampleSource): unknown {
  const value = record[key]
  if (value === undefined) throw missingKey(record, key, source, '--label-column')
  return value
}
