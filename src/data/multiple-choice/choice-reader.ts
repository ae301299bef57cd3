import { DataError } from '../../core/errors.ts'
import { DEFAULT_LABEL_COLUMN } from '../columns.ts'
import { describePlace, type ExampleSource, excerpt } from '../example.ts'
import { describeJson, jsonText, missingKey, readObjects } from '../jsonl-reader.ts'
import type { Line } from '../lines.ts'
import { readRows, type TableRow } from '../table-reader.ts'
import type { ChoiceExample } from './choice-example.ts'

/** Which keys (jsonl) or columns (csv, tsv) hold what. */
export interface ChoiceColumnOptions {
  /** Of the question. Default: the first of `question`, `prompt`, `sent2`. */
  textColumn?: string
  /** Of the right choice. Default `label`. */
  labelColumn?: string
}

const sample = '{"question": "…", "choices": ["…", "…"], "label": 0}'
const questionKeys = ['question', 'prompt', 'sent2']
const contextKeys = ['context', 'sent1']

/**
 * Turns JSON Lines into examples: `question` or `prompt`, `context` if there is one, `choices` as an array of texts; or `sent1`,
 * `sent2`, `ending0`, `ending1` … as SWAG has them. `label` is the place of the right choice from 0, or its text; null and -1
 * stand for an unknown one.
 * @throws DataError naming file, row and key for a line that is no object, fields that are missing or no texts, fewer than two
 *   choices, a label that is none of them or may be either of two
 */
export function readChoiceObjects(
  lines: AsyncIterable<Line>,
  file: string,
  options: ChoiceColumnOptions = {},
): AsyncGenerator<ChoiceExample> {
  return readObjects(lines, file, (record, source) => readChoice(record, source, options), sample)
}

/** Turns the rows of a table with a header into examples, by SWAG's columns. @throws as `readChoiceObjects` */
export function readChoiceRows(
  rows: AsyncIterable<TableRow>,
  file: string,
  options: ChoiceColumnOptions = {},
): AsyncGenerator<ChoiceExample> {
  return readRows(rows, file, {}, (header) => (cells, source) => {
    const record = Object.fromEntries(header.map((name, i) => [name.trim(), cells[i]]))
    return readChoice(record, source, options)
  })
}

function readChoice(
  record: Record<string, unknown>,
  source: ExampleSource,
  { textColumn, labelColumn = DEFAULT_LABEL_COLUMN }: ChoiceColumnOptions,
): ChoiceExample {
  const questionKey = textColumn ?? questionKeys.find((key) => record[key] !== undefined) ?? questionKeys[0]
  const contextKey = contextKeys.find((key) => (record[key] ?? undefined) !== undefined)
  const example: ChoiceExample = {
    ...(contextKey !== undefined && { context: textAt(record, contextKey, source) }),
    question: textAt(record, questionKey, source),
    choices: readChoices(record, source),
    source,
  }
  const label = labelOf(record[labelColumn], example.choices, describePlace(source, labelColumn))
  return label === undefined ? example : { ...example, label }
}

function textAt(record: Record<string, unknown>, key: string, source: ExampleSource): string {
  const value = record[key]
  if (typeof value === 'string') return value
  if (value === undefined) throw missingKey(record, key, source, '--text-column')
  throw new DataError(
    'TEXT_TYPE',
    `${describePlace(source, key)}: expected a text in quotes, found ${describeJson(value)}: write it as a string.`,
  )
}

function readChoices(record: Record<string, unknown>, source: ExampleSource): string[] {
  const endings = Object.keys(record).filter((key) => /^ending\d+$/.test(key))
  const isSwag = record.choices === undefined && endings.length > 0
  const place = describePlace(source, isSwag ? 'ending0' : 'choices')
  if (!isSwag && !Array.isArray(record.choices)) {
    throw new DataError(
      'CHOICES',
      `${place}: expected an array of two texts or more (or the keys ending0, ending1, …), found ` +
        `${record.choices === undefined ? 'nothing' : describeJson(record.choices)}: a line looks like ${sample}.`,
    )
  }
  const choices = isSwag ? endings.map((_, k) => record[`ending${k}`]) : (record.choices as unknown[])
  const wrong = choices.findIndex((choice) => typeof choice !== 'string' || choice.trim() === '')
  if (wrong >= 0) {
    const found = choices[wrong] === undefined ? 'nothing' : describeJson(choices[wrong])
    const which = isSwag ? describePlace(source, `ending${wrong}`) : `${place}: choice ${wrong}`
    throw new DataError('CHOICES', `${which}: expected a text, found ${found}.`)
  }
  if (choices.length < 2) {
    throw new DataError('CHOICES', `${place}: expected two choices or more, found ${choices.length}.`)
  }
  return choices as string[]
}

/** -1 stands for a label that is kept back, as in test sets. An array is no number, though `Number([-1])` is one. */
const isUnknown = (value: unknown): boolean => typeof value !== 'object' && Number(value) === -1

/**
 * A number is a place; a text is that of a choice, or else a place in digits, as tables have it. Digits that are the text of one choice
 * and the place of another may mean either, so they are refused.
 */
function labelOf(value: unknown, choices: readonly string[], place: string): number | undefined {
  if (value === undefined || value === null || value === '' || isUnknown(value)) return undefined
  const text = typeof value === 'string' ? value.trim() : undefined
  const named = [...choices.keys()].filter((k) => choices[k].trim() === text)
  if (named.length > 1) {
    throw new DataError(
      'LABEL',
      `${place}: ${excerpt(text!)} is the text of choices ${named.join(' and ')}, counted from 0: give the place, as a number.`,
    )
  }
  const byText = named[0] ?? -1
  const isPlace = typeof value === 'number' || (text !== undefined && /^\d+$/.test(text))
  if (text !== undefined && isPlace && byText >= 0 && byText !== Number(text) && Number(text) < choices.length) {
    throw new DataError(
      'LABEL',
      `${place}: ${excerpt(text)} is the text of choice ${byText} and the place of choice ${Number(text)}, counted from 0: expected ` +
        `one of the two. In JSON Lines give the place as a number without quotes, ${byText} or ${Number(text)}.`,
    )
  }
  const label = byText >= 0 ? byText : isPlace ? Number(value) : Number.NaN
  if (Number.isInteger(label) && label >= 0 && label < choices.length) return label
  throw new DataError(
    'LABEL',
    `${place}: ${excerpt(text ?? jsonText(value))} is none of the choices: expected a number from 0 to ` +
      `${choices.length - 1}, or one of ${choices.map((choice) => excerpt(choice)).join(', ')}.`,
  )
}
