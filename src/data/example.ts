/** Where an example came from, for messages that a person can act on. */
export interface ExampleSource {
  /** The path as it was given. */
  file: string
  /**
   * 1-based number of the record, as a spreadsheet (csv) or a text editor (tsv, jsonl, txt) counts: a header is row 1,
   * blank lines count.
   */
  row: number
}

/** One text, or pair of texts, with its label as it stands in the file. */
export interface Example {
  text: string
  /** The second text of a pair, such as the hypothesis of an entailment task. */
  textPair?: string
  /** The label's name without surrounding white space; absent when the file has none. */
  label?: string
  source: ExampleSource
}

/** `reviews.csv, row 3` or `reviews.csv, row 3, column "label"`: the start of a message about a place in a file. */
export function describePlace(source: ExampleSource, column?: string | number): string {
  const place = `${source.file}, row ${source.row}`
  return column === undefined ? place : `${place}, column ${typeof column === 'number' ? column : `"${column}"`}`
}

/** The beginning of `text` on one line and in quotes, for messages. */
export function excerpt(text: string, limit = 40): string {
  return JSON.stringify(text.length > limit ? `${text.slice(0, limit - 1)}…` : text)
}
