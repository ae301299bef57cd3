import type { ExampleSource } from '../example.ts'

/** A sentence as words, each with its tag, as in files for named entities or parts of speech. */
export interface TokenExample {
  words: string[]
  /** One a word, as it stands in the file, e.g. `B-person`; absent where the file has none. */
  tags?: string[]
  /** The row of the first word (conll) or of the object (jsonl). */
  source: ExampleSource
}

/** Which columns (conll) or keys (jsonl) hold what. */
export interface TokenColumnOptions {
  /** Words: position from 0 in conll, default the first; key in jsonl, default `tokens`. */
  textColumn?: string | number
  /** Tags: position from 0 in conll, default the last; key in jsonl, default `tags` or else `ner_tags`. */
  labelColumn?: string | number
  /** Makes missing tags an error. Default false: words alone are read where there are no tags at all. */
  requireLabel?: boolean
}
