import { DataError, didYouMean } from '../core/errors.ts'
import { type ColumnOptions, DEFAULT_LABEL_COLUMN, DEFAULT_TEXT_COLUMN, DEFAULT_TEXT_PAIR_COLUMN } from './columns.ts'
import { describePlace, type Example, type ExampleSource, excerpt } from './example.ts'
import type { Line } from './lines.ts'
import { emptyFile, emptyLabel } from './table-reader.ts'

/**
 * Turns JSON Lines (one object a line) into examples. A label may be a string, number or boolean and is kept as a string;
 * `null` counts as absent. Blank lines are passed over; `header` has no meaning here.
 * @throws DataError naming file, row and key for an empty file, a line that is no JSON object, a text that is missing or no
 *   string, a label of another type, a required label that is missing or empty
 */
export function readJsonl(
  lines: AsyncIterable<Line>,
  file: string,
  options: ColumnOptions = {},
): AsyncGenerator<Example> {
  return readObjects(lines, file, (record, source) => objectExample(record, source, options))
}

/**
 * Turns JSON Lines into what a function makes of their objects. Blank lines are passed over.
 * @param sample what messages show as such a line
 * @throws DataError naming file and row for an empty file or a line that is no JSON object
 */
export async function* readObjects<T>(
  lines: AsyncIterable<Line>,
  file: string,
  read: (record: Record<string, unknown>, source: ExampleSource) => T,
  sample?: string,
): AsyncGenerator<T> {
  let examples = 0
  for await (const { line, row } of lines) {
    if (line.trim() === '') continue
    const source = { file, row }
    yield read(parseObject(line, source, sample), source)
    examples++
  }
  if (examples === 0) throw emptyFile(file)
}

/**
 * The object on a line of JSON Lines.
 * @param sample what messages show as such a line
 * @throws DataError naming file and row
 */
export function parseObject(
  line: string,
  source: ExampleSource,
  sample = '{"text": "…", "label": "…"}',
): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    const hint =
      source.row === 1 && /^\s*[[{]\s*$/.test(line) ? ' (a JSON document must be rewritten as JSON Lines)' : ''
    throw new DataError(
      'INVALID_JSON',
      `${describePlace(source)}: expected one JSON object a line, found ${excerpt(line)}: ${(cause as Error).message}. ` +
        `Correct the line or remove it${hint}.`,
      { cause },
    )
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new DataError(
    'INVALID_JSON',
    `${describePlace(source)}: expected one JSON object a line, such as ${sample}, found ${describeJson(value)}.`,
  )
}

function objectExample(record: Record<string, unknown>, source: ExampleSource, options: ColumnOptions): Example {
  const labelKey = String(options.labelColumn ?? DEFAULT_LABEL_COLUMN)
  const example: Example = { ...objectTexts(record, source, options), source }
  const label = record[labelKey] ?? undefined
  if (label !== undefined && !['string', 'number', 'boolean'].includes(typeof label)) {
    throw new DataError(
      'LABEL_TYPE',
      `${describePlace(source, labelKey)}: expected a string, number or boolean as label, found ${describeJson(label)}.`,
    )
  }
  requireExact(label, describePlace(source, labelKey))
  const name = label === undefined ? '' : String(label).trim()
  if (name !== '') example.label = name
  else if (record[labelKey] === undefined && options.requireLabel) {
    throw missingKey(record, labelKey, source, '--label-column')
  } else if (options.requireLabel === true) {
    throw label === undefined ? nullLabel(source, labelKey) : emptyLabel(source, labelKey)
  }
  return example
}

const nullLabel = (source: ExampleSource, key: string) =>
  new DataError(
    'EMPTY_LABEL',
    `${describePlace(source, key)}: the label is null: expected a string, number or boolean. Fill it in, or remove the line.`,
  )

/** @throws DataError `LABEL_TYPE` for a whole number that may be another than was written, since it has more digits than a double */
export function requireExact(label: unknown, place: string): void {
  if (typeof label !== 'number' || !Number.isInteger(label) || Number.isSafeInteger(label)) return
  throw new DataError(
    'LABEL_TYPE',
    `${place}: whole numbers from 2^53 on may be rounded when JSON is read, this one became ${label}: write the label in quotes.`,
  )
}

/** The text, or pair of texts, of an object. @throws DataError naming file, row and key if it is missing or no string */
export function objectTexts(
  record: Record<string, unknown>,
  source: ExampleSource,
  options: Pick<ColumnOptions, 'textColumn' | 'textPairColumn'>,
): Pick<Example, 'text' | 'textPair'> {
  const textKey = String(options.textColumn ?? DEFAULT_TEXT_COLUMN)
  const pairKey = String(options.textPairColumn ?? DEFAULT_TEXT_PAIR_COLUMN)
  const text = stringAt(record, textKey, source, '--text-column')
  const isPair = pairKey !== DEFAULT_TEXT_PAIR_COLUMN || (record[pairKey] ?? undefined) !== undefined
  return { text, ...(isPair && { textPair: stringAt(record, pairKey, source, '--text-pair-column') }) }
}

function stringAt(record: Record<string, unknown>, key: string, source: ExampleSource, flag: string): string {
  const value = record[key]
  if (typeof value === 'string') return value
  if (value === undefined) throw missingKey(record, key, source, flag)
  throw new DataError(
    'TEXT_TYPE',
    `${describePlace(source, key)}: expected a text in quotes, found ${describeJson(value)}: write it as a string, ` +
      `or choose another key with ${flag}.`,
  )
}

/** The error for an object that lacks a key that is needed. */
export function missingKey(
  record: Record<string, unknown>,
  key: string,
  source: ExampleSource,
  flag: string,
): DataError {
  const keys = Object.keys(record)
  const listed = keys
    .slice(0, 20)
    .map((name) => excerpt(name))
    .join(', ')
  const guess = didYouMean(key, keys)
  return new DataError(
    'MISSING_COLUMN',
    `${describePlace(source)}: there is no "${key}"${guess === '' ? '.' : guess} The keys are: ${listed || '(none)'}. ` +
      `Choose one with ${flag} NAME, or add it to the object.`,
  )
}

/** What a JSON value is, with its beginning, for messages. */
export function describeJson(value: unknown): string {
  if (value === null) return 'null'
  return `${Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`} (${excerpt(jsonText(value))})`
}

/** A value as JSON. What is nested more deeply than the stack is can be read, but not written: of that, a remark. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return 'nested too deeply to be shown'
  }
}
