import { describePlace, type ExampleSource, excerpt } from '../example.ts'

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

/** `train.conll, row 3, word 2 of the sentence ("Rome")`: the start of a message about a word. @param word from 0 */
export function describeWord({ words, source }: Pick<TokenExample, 'words' | 'source'>, word: number): string {
  return `${describePlace(source)}, word ${word + 1} of the sentence (${excerpt(words[word])})`
}
