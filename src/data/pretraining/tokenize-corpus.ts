import { ConfigError } from '../../core/errors.ts'
import { type Paragraph, requireOneOf } from './paragraphs.ts'
import type { TokenStoreWriter } from './token-store.ts'

/** UTF-16 units: the time that V8's segmenter takes grows with the square of the text's length beyond about 100,000. */
const SEGMENTED_AT_ONCE = 2 ** 14

/** What is needed of a tokenizer to tokenise a corpus. */
export interface CorpusTokenizer {
  /** The highest id + 1. */
  readonly vocabSize: number
  encode(text: string, options: { addSpecialTokens: false; truncation: false }): { ids: Int32Array }
}

/** How paragraphs become sentences. */
export interface SentenceOptions {
  /** `segment`: by Unicode's rules (UAX 29, `Intl.Segmenter`); `line`: each paragraph is a sentence. Default `segment`. */
  sentences?: 'segment' | 'line'
  /** The language whose rules `segment` takes, as a BCP 47 tag. Default `en`. */
  locale?: string
  /** Longer sentences are cut into parts of equal length, so that none of a text without full stops is lost. Default 256. */
  maxSentenceTokens?: number
}

/** How far the tokenising of a corpus is. */
export interface TokenizeProgress {
  documents: number
  sentences: number
  tokens: number
  seconds: number
}

/** How to tokenise a corpus. */
export interface TokenizeCorpusOptions extends SentenceOptions {
  tokenizer: CorpusTokenizer
  writer: TokenStoreWriter
  /** Called about five times a second, and at the end. */
  onProgress?(progress: TokenizeProgress): void
  signal?: AbortSignal
}

/**
 * Tokenises a corpus sentence by sentence, in order. Sentences without tokens are passed over, documents without sentences
 * too.
 * @throws ConfigError for an unknown setting; what the signal carries if it is aborted; what reading throws
 */
export async function tokenizeCorpus(
  paragraphs: AsyncIterable<Paragraph>,
  { tokenizer, writer, onProgress, signal, ...options }: TokenizeCorpusOptions,
): Promise<void> {
  const { maxSentenceTokens = 256 } = options
  if (!Number.isInteger(maxSentenceTokens) || maxSentenceTokens < 1) {
    throw new ConfigError(
      'SENTENCE_LENGTH',
      `expected a longest sentence of 1 token or more, found ${maxSentenceTokens}.`,
    )
  }
  const split = sentenceSplitter(options)
  const began = performance.now()
  let reported = began
  const report = (now: number) => {
    const { documents, sentences, tokens } = writer
    onProgress?.({ documents, sentences, tokens, seconds: (now - began) / 1000 })
    reported = now
  }
  let startsDocument = true
  signal?.throwIfAborted()
  for await (const paragraph of paragraphs) {
    signal?.throwIfAborted()
    startsDocument ||= paragraph.startsDocument
    for (const sentence of split(paragraph.text)) {
      const { ids } = tokenizer.encode(sentence, { addSpecialTokens: false, truncation: false })
      if (ids.length === 0) continue
      const size = Math.ceil(ids.length / Math.ceil(ids.length / maxSentenceTokens))
      for (let start = 0; start < ids.length; start += size) {
        writer.addSentence(ids.subarray(start, start + size), startsDocument)
        startsDocument = false
      }
    }
    const now = performance.now()
    if (onProgress && now - reported > 200) report(now)
  }
  report(performance.now())
}

/** Cuts a paragraph into sentences. @throws ConfigError for an unknown kind or locale */
export function sentenceSplitter({
  sentences = 'segment',
  locale = 'en',
}: SentenceOptions = {}): (paragraph: string) => Iterable<string> {
  requireOneOf('sentences', sentences, ['segment', 'line'])
  if (sentences === 'line') return (paragraph) => [paragraph]
  let segmenter: Intl.Segmenter
  try {
    segmenter = new Intl.Segmenter(locale, { granularity: 'sentence' })
  } catch (cause) {
    throw new ConfigError('LOCALE', `expected a language tag such as "en" or "pt-BR", found "${locale}".`, { cause })
  }
  return function* (paragraph) {
    for (let start = 0; start < paragraph.length; ) {
      const window = paragraph.slice(start, start + SEGMENTED_AT_ONCE)
      const atEnd = start + window.length === paragraph.length
      let last = ''
      for (const { segment } of segmenter.segment(window)) {
        if (last !== '') yield last
        last = segment
      }
      if (atEnd) {
        if (last !== '') yield last
        return
      }
      // A sentence that the window cuts begins the next one, unless it fills the window.
      start += window.length - last.length
      if (last.length === window.length) {
        const cut = cutPosition(window)
        yield window.slice(0, cut)
        start += cut
      }
    }
  }
}

/** Where to cut a text that goes on: behind its last white space, else anywhere but within a character. */
function cutPosition(text: string): number {
  for (let i = text.length; i > text.length / 2; i--) if (/\s/.test(text[i - 1])) return i
  return /[\uD800-\uDBFF]$/.test(text) ? text.length - 1 : text.length
}
