import { endOfChunk, isAsciiPunctuation, isAsciiWhite } from '../chunks.ts'
import type { Normalizer, PreTokenizer } from '../components.ts'
import { codePointsToText, NormalizedText } from '../normalized-text.ts'
import { SplitText } from '../split-text.ts'
import { TextCounter } from './text-counter.ts'

/** Longer chunks are seldom seen twice. */
const longestKeptChunk = 48

/** How texts become words. */
export interface WordCounterSettings {
  /** Where a text may be cut into chunks that normalise and split alike wherever they stand: `bertChunkEnd`, `spacedChunkEnd`. */
  chunkEnd: (text: string, start: number) => number
  normalizer: Normalizer | undefined
  preTokenizer: PreTokenizer
  /** So many different words and chunks are remembered; beyond it, the rarer half is forgotten. */
  maxWords: number
}

/**
 * Counts the words of texts. A short chunk is counted as it stands and normalised and split once, however often it comes;
 * the words of a long one, as of Chinese without spaces, are counted at once. Memory follows the number of different words.
 */
export class WordCounter {
  readonly #settings: WordCounterSettings
  readonly #chunks = new TextCounter()
  readonly #words = new TextCounter()
  readonly #source = new NormalizedText()
  readonly #normalized = new SplitText()
  readonly #split = new SplitText()

  constructor(settings: WordCounterSettings) {
    this.#settings = settings
  }

  add(text: string): void {
    const { chunkEnd, maxWords } = this.#settings
    for (let start = 0; start < text.length; ) {
      const end = chunkEnd(text, start)
      if (end - start > longestKeptChunk) this.#addWords(text.slice(start, end), 1)
      else this.#chunks.add(text, start, end, 1)
      start = end
    }
    if (this.#chunks.size > maxWords) this.#chunks.forgetRare(maxWords >> 1)
    if (this.#words.size > maxWords) this.#words.forgetRare(maxWords >> 1)
  }

  /** Each word with its count, sorted by the word. Chunks are turned into words by this: call it once, at the end. */
  words(): WordCounts {
    for (const [chunk, count] of this.#chunks.entries()) this.#addWords(chunk, count)
    const entries = [...this.#words.entries()].sort(([a], [b]) => (a < b ? -1 : 1))
    return { words: entries.map(([word]) => word), counts: Float64Array.from(entries, ([, count]) => count) }
  }

  #addWords(chunk: string, count: number): void {
    const { normalizer, preTokenizer } = this.#settings
    this.#source.length = 0
    for (let i = 0; i < chunk.length; ) {
      const codePoint = chunk.codePointAt(i) as number
      const start = i
      i += codePoint > 0xffff ? 2 : 1
      this.#source.push((codePoint & 0xfffff800) === 0xd800 ? 0xfffd : codePoint, start, i)
    }
    const from = this.#normalized
    from.clear()
    if (normalizer === undefined) from.text.append(this.#source, 0, this.#source.length)
    else normalizer.normalize(this.#source, from.text)
    from.sourceStart = 0
    from.pushWord(0, from.text.length)
    const to = this.#split
    to.clear()
    preTokenizer.split(from, to)
    for (let w = 0; w < to.count; w++) {
      const word = codePointsToText(to.text.codePoints, to.wordStarts[w], to.wordEnds[w])
      this.#words.add(word, 0, word.length, count)
    }
  }
}

/** Different words, sorted, and how often each occurs. */
export interface WordCounts {
  words: string[]
  counts: Float64Array
}

/** For BERT: a chunk is a stretch between ASCII white space and punctuation, or one of the latter, with the spaces before it. */
export function bertChunkEnd(text: string, start: number): number {
  let i = start
  while (i < text.length && isAsciiWhite(text.charCodeAt(i))) i++
  if (i >= text.length) return text.length
  return isAsciiPunctuation(text.charCodeAt(i)) ? i + 1 : endOfChunk(text, i, text.length)
}

/**
 * For pre-tokenizers that begin a word at a space: a chunk ends before each space that stands between two printable ASCII
 * characters, where no normaliser and no pattern looks across.
 */
export function spacedChunkEnd(text: string, start: number): number {
  for (let i = text.indexOf(' ', start + 1); i !== -1; i = text.indexOf(' ', i + 1)) {
    if (isGraphic(text.charCodeAt(i - 1)) && isGraphic(text.charCodeAt(i + 1))) return i
  }
  return text.length
}

function isGraphic(unit: number): boolean {
  return unit > 0x20 && unit < 0x7f
}
