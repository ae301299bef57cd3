import { ConfigError, DataError } from '../../core/errors.ts'
import { describePlace, type ExampleSource, excerpt } from '../example.ts'
import type { Line } from '../lines.ts'
import { emptyFile } from '../table-reader.ts'
import type { TokenColumnOptions, TokenExample } from './token-example.ts'

/** How to read a file in the format of the CoNLL shared tasks. */
export interface ConllOptions extends TokenColumnOptions {
  /** What stands between columns. Default: tabs if the first row has one, else blanks, which may be several. */
  separator?: 'tab' | 'blank'
  /** Lines that begin so are passed over, e.g. `#`. Default: there are none, since words may begin so. */
  comment?: string
}

/** What is decided by the first row of words. */
interface Layout {
  /** Row of the file where that is. */
  row: number
  isTabbed: boolean
  columns: number
  word: number
  /** undefined: there are words alone. */
  tag: number | undefined
}

/** Begins a document in CoNLL-2003. */
const documentStart = '-DOCSTART-'

/**
 * Turns rows of one word each into sentences. A row of blanks, and `-DOCSTART-`, ends a sentence. A byte that is neither tab
 * nor blank belongs to a word, so that other white space may stand in one.
 * @throws DataError naming file, row and column for an empty file, a row with more or fewer columns than the first, an empty
 *   word or tag, a column that is not there; ConfigError for columns that are no positions or the same
 */
export async function* readConll(
  lines: AsyncIterable<Line>,
  file: string,
  options: ConllOptions = {},
): AsyncGenerator<TokenExample> {
  const wordColumn = position(options.textColumn ?? 0, 'text')
  const tagColumn = options.labelColumn === undefined ? undefined : position(options.labelColumn, 'label')
  if (wordColumn === tagColumn) {
    throw new ConfigError('SAME_COLUMN', `column ${wordColumn} cannot hold both the words and the tags.`)
  }
  let layout: Layout | undefined
  let sentence: TokenExample | undefined
  let sentences = 0
  for await (const { line, row } of lines) {
    if (options.comment && line.startsWith(options.comment)) continue
    const source = { file, row }
    const isTabbed = layout?.isTabbed ?? (options.separator ? options.separator === 'tab' : line.includes('\t'))
    const cells = cellsOf(line, isTabbed)
    if (cells.length === 0 || cells[wordColumn] === documentStart) {
      if (sentence) yield sentence
      sentence = undefined
      continue
    }
    layout ??= layoutOf(cells, source, isTabbed, wordColumn, tagColumn, options.requireLabel ?? false)
    if (cells.length !== layout.columns) throw columnCount(cells, source, layout)
    if (!sentence) {
      sentence = { words: [], ...(layout.tag !== undefined && { tags: [] }), source }
      sentences++
    }
    sentence.words.push(filled(cells, layout.word, source, 'word'))
    if (layout.tag !== undefined) sentence.tags!.push(filled(cells, layout.tag, source, 'tag'))
  }
  if (sentence) yield sentence
  if (sentences === 0) throw emptyFile(file)
}

/** The cells of a row, without blanks around them; none for a row of blanks. */
function cellsOf(line: string, isTabbed: boolean): string[] {
  let end = line.length
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--
  if (end === 0) return []
  const kept = line.slice(0, end)
  return isTabbed ? kept.replace(/^ +/, '').split(/ *\t */) : kept.replace(/^[ \t]+/, '').split(/[ \t]+/)
}

function layoutOf(
  cells: string[],
  source: ExampleSource,
  isTabbed: boolean,
  word: number,
  tagColumn: number | undefined,
  requireTags: boolean,
): Layout {
  const columns = cells.length
  if (word >= columns) throw missingColumn(cells, source, word, '--text-column')
  if (tagColumn !== undefined && tagColumn >= columns) throw missingColumn(cells, source, tagColumn, '--label-column')
  const last = columns - 1
  const tag = tagColumn ?? (last === word ? undefined : last)
  if (tag === undefined && requireTags) {
    throw new DataError(
      'MISSING_COLUMN',
      `${describePlace(source)}: expected a word and its tag, such as "Rome${isTabbed ? '\\t' : ' '}B-LOC", found ` +
        `${columns === 1 ? 'one column' : `no column behind the words in column ${word}`} (${excerpt(cells.join(' '))}): ` +
        'add the tags, or name their column with --label-column N, counted from 0.',
    )
  }
  return { row: source.row, isTabbed, columns, word, tag }
}

/** A cell that must not be empty. */
function filled(cells: string[], column: number, source: ExampleSource, what: 'word' | 'tag'): string {
  const value = cells[column]
  if (value !== '') return value
  throw new DataError(
    what === 'word' ? 'EMPTY_WORD' : 'EMPTY_LABEL',
    `${describePlace(source, column)}: the ${what} is empty: fill it in, or remove the row.`,
  )
}

function columnCount(cells: string[], source: ExampleSource, { row, columns, isTabbed }: Layout): DataError {
  const separator = isTabbed ? 'tabs' : 'blanks'
  const why =
    cells.length < columns
      ? 'a tag or another column is missing: add it, or leave an empty row where a sentence ends'
      : isTabbed
        ? 'there is a tab too many: remove it'
        : 'a word with a blank in it needs tabs between the columns of all rows'
  return new DataError(
    'FIELD_COUNT',
    `${describePlace(source)}: expected ${columns} column${columns === 1 ? '' : 's'} between ${separator} as in row ${row}, ` +
      `found ${cells.length} (${excerpt(cells.join(' '))}): ${why}.`,
  )
}

function missingColumn(cells: string[], source: ExampleSource, column: number, flag: string): DataError {
  return new DataError(
    'MISSING_COLUMN',
    `${describePlace(source, column)}: there is no such column: the row has ${cells.length} (${excerpt(cells.join(' '))}), ` +
      `counted from 0. Choose another with ${flag} N.`,
  )
}

/** @throws ConfigError if it is no position from 0 */
function position(column: string | number, role: 'text' | 'label'): number {
  const number = typeof column === 'string' && /^\d+$/.test(column) ? Number(column) : column
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0) return number
  throw new ConfigError(
    'COLUMN_NUMBER',
    `the ${role} column ${JSON.stringify(column)} is no position: CoNLL files have no header, so columns are numbered ` +
      `0, 1, 2 …: pass --${role}-column N.`,
  )
}
