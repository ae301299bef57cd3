import { DataError } from '../../core/errors.ts'
import { describePlace, type ExampleSource } from '../example.ts'
import { describeJson, missingKey, parseObject } from '../jsonl-reader.ts'
import type { Line } from '../lines.ts'
import { emptyFile } from '../table-reader.ts'
import type { TokenColumnOptions, TokenExample } from './token-example.ts'

const wordsKey = 'tokens'
/** The first of these that is there. */
const tagsKeys = ['tags', 'ner_tags'] as const

/**
 * Turns JSON Lines such as `{"tokens": ["In", "Rome"], "tags": ["O", "B-LOC"]}` into sentences. `null` counts as absent; blank
 * lines are passed over; a sentence may have no words.
 * @throws DataError naming file, row, key and place in the list for an empty file, a line that is no JSON object, words or
 *   tags that are missing or no lists of strings, lists of different lengths
 */
export async function* readTokensJsonl(
  lines: AsyncIterable<Line>,
  file: string,
  options: TokenColumnOptions = {},
): AsyncGenerator<TokenExample> {
  let sentences = 0
  for await (const { line, row } of lines) {
    if (line.trim() === '') continue
    const source = { file, row }
    yield objectExample(parseObject(line, source, '{"tokens": ["…"], "tags": ["…"]}'), source, options)
    sentences++
  }
  if (sentences === 0) throw emptyFile(file)
}

function objectExample(
  record: Record<string, unknown>,
  source: ExampleSource,
  { textColumn = wordsKey, labelColumn, requireLabel = false }: TokenColumnOptions,
): TokenExample {
  const textKey = String(textColumn)
  const words = stringsAt(record, textKey, source, 'words', '--text-column')
  const empty = words.indexOf('')
  if (empty >= 0) {
    throw new DataError(
      'EMPTY_WORD',
      `${describePlace(source, textKey)}: word ${empty + 1} is empty: fill it in, or remove it and its tag.`,
    )
  }
  const tagsKey =
    labelColumn === undefined ? tagsKeys.find((key) => (record[key] ?? undefined) !== undefined) : String(labelColumn)
  if (tagsKey === undefined) {
    if (requireLabel) throw missingKey(record, tagsKeys[0], source, '--label-column')
    return { words, source }
  }
  if ((record[tagsKey] ?? undefined) === undefined && !requireLabel) return { words, source }
  const tags = stringsAt(record, tagsKey, source, 'tags', '--label-column')
  if (tags.length !== words.length) {
    throw new DataError(
      'LENGTHS_DIFFER',
      `${describePlace(source, tagsKey)}: found ${tags.length} tags for the ${words.length} words in "${textKey}": ` +
        'expected one tag a word, "O" for words outside of entities.',
    )
  }
  return { words, tags, source }
}

function stringsAt(
  record: Record<string, unknown>,
  key: string,
  source: ExampleSource,
  what: string,
  flag: string,
): string[] {
  const value = record[key]
  if (value === undefined) throw missingKey(record, key, source, flag)
  if (!Array.isArray(value)) {
    throw new DataError(
      'LIST_TYPE',
      `${describePlace(source, key)}: expected a list of ${what}, found ${describeJson(value)}: write it as ["…", "…"], ` +
        `or choose another key with ${flag}.`,
    )
  }
  const wrong = value.findIndex((item) => typeof item !== 'string')
  if (wrong < 0) return value
  const remedy =
    what === 'tags' && typeof value[wrong] === 'number'
      ? 'write names such as "B-LOC" in place of their numbers'
      : 'write it as a string'
  throw new DataError(
    'LIST_TYPE',
    `${describePlace(source, key)}: expected a list of ${what} as strings, found ${describeJson(value[wrong])} at place ` +
      `${wrong + 1}: ${remedy}.`,
  )
}
