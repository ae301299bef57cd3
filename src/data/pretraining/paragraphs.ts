import { ConfigError, DataError, didYouMean } from '../../core/errors.ts'
import { describePlace, type ExampleSource, excerpt } from '../example.ts'
import type { Line } from '../lines.ts'

/** A stretch of text that sentences do not cross: corpora are read paragraph by paragraph, so that documents may be long. */
export interface Paragraph {
  text: string
  /** Whether a document begins here. */
  startsDocument: boolean
  source: ExampleSource
}

/** How plain text is laid out. */
export interface TextLayout {
  /** What ends a document: a blank line, or the end of the file. Default `blank-line`. */
  documents?: 'blank-line' | 'file'
  /**
   * What a line is: a `paragraph`, or a part of one that was `wrapped` to the width of a page, so that lines are joined up
   * to the next blank line. Default `paragraph`.
   */
  lines?: 'paragraph' | 'wrapped'
}

/**
 * The paragraphs of a plain text file. A line of white space alone is blank, as in google-research/bert.
 * @throws ConfigError for an unknown layout
 */
export async function* textParagraphs(
  lines: AsyncIterable<Line>,
  file: string,
  { documents = 'blank-line', lines: kind = 'paragraph' }: TextLayout = {},
): AsyncGenerator<Paragraph> {
  requireOneOf('documents', documents, ['blank-line', 'file'])
  requireOneOf('lines', kind, ['paragraph', 'wrapped'])
  let startsDocument = true
  let wrapped: string[] = []
  let firstRow = 0
  const paragraph = (text: string, row: number): Paragraph => {
    const made = { text, startsDocument, source: { file, row } }
    startsDocument = false
    return made
  }
  for await (const { line, row } of lines) {
    const text = line.trim()
    if (text !== '') {
      if (kind === 'paragraph') yield paragraph(text, row)
      else if (wrapped.push(text) === 1) firstRow = row
      continue
    }
    if (wrapped.length > 0) yield paragraph(wrapped.join(' '), firstRow)
    wrapped = []
    if (documents === 'blank-line') startsDocument = true
  }
  if (wrapped.length > 0) yield paragraph(wrapped.join(' '), firstRow)
}

/** The paragraphs of records, one document each; line breaks within a text end paragraphs. Blank texts are passed over. */
export async function* recordParagraphs(
  records: AsyncIterable<{ text: string; source: ExampleSource }> | Iterable<{ text: string; source: ExampleSource }>,
): AsyncGenerator<Paragraph> {
  for await (const { text, source } of records) {
    let startsDocument = true
    for (const line of text.split(/\r?\n/)) {
      if (line.trim() === '') continue
      yield { text: line.trim(), startsDocument, source }
      startsDocument = false
    }
  }
}

/** The paragraphs of texts in memory, one document each. @param name what errors call the source; default `texts` */
export function documentParagraphs(texts: Iterable<string>, name = 'texts'): AsyncGenerator<Paragraph> {
  return recordParagraphs(
    (function* () {
      let row = 0
      for (const text of texts) yield { text, source: { file: name, row: ++row } }
    })(),
  )
}

/**
 * The texts of a JSON Lines file. `null` and empty texts are passed over.
 * @param field the key of the text
 * @throws DataError naming file, row and key for a line that is no JSON object, or a text that is missing or no string
 */
export async function* jsonlTexts(
  lines: AsyncIterable<Line>,
  file: string,
  field: string,
): AsyncGenerator<{ text: string; source: ExampleSource }> {
  for await (const { line, row } of lines) {
    if (line.trim() === '') continue
    const source = { file, row }
    let record: unknown
    try {
      record = JSON.parse(line)
    } catch (cause) {
      throw notAnObject(source, `${excerpt(line)} (${(cause as Error).message})`, cause)
    }
    if (typeof record !== 'object' || record === null || Array.isArray(record)) throw notAnObject(source, excerpt(line))
    if (!Object.hasOwn(record, field)) throw missingField(source, field, Object.keys(record))
    const text = textOf((record as Record<string, unknown>)[field], source, field)
    if (text !== '') yield { text, source }
  }
}

/** The text of a record's field; null counts as empty. @throws DataError `TEXT_TYPE` if it is no string */
export function textOf(value: unknown, source: ExampleSource, field: string): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  throw new DataError(
    'TEXT_TYPE',
    `${describePlace(source, field)}: expected a text, found ${Array.isArray(value) ? 'an array' : `a ${typeof value}`} ` +
      `(${excerpt(String(value))}): choose the field that holds the text.`,
  )
}

/** The error for records that lack the field of the text. */
export function missingField(source: ExampleSource, field: string, known: readonly string[]): DataError {
  const listed = known
    .slice(0, 20)
    .map((name) => excerpt(name))
    .join(', ')
  const guess = didYouMean(field, known)
  return new DataError(
    'MISSING_COLUMN',
    `${describePlace(source)}: there is no "${field}"${guess === '' ? '.' : guess} The fields are: ${listed || '(none)'}. ` +
      'Choose the field that holds the text.',
  )
}

function notAnObject(source: ExampleSource, found: string, cause?: unknown): DataError {
  return new DataError(
    'INVALID_JSON',
    `${describePlace(source)}: expected one JSON object a line, such as {"text": "…"}, found ${found}. ` +
      'Correct the line or remove it.',
    { cause },
  )
}

/** @throws ConfigError for a value that is not in the list */
export function requireOneOf(name: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return
  throw new ConfigError(
    'CORPUS_LAYOUT',
    `expected ${name} to be ${known.map((choice) => `"${choice}"`).join(' or ')}, found ${excerpt(String(value))}.`,
  )
}
