import type { Tokenizer } from '../../tokenizers/index.ts'
import { placeWindows, type WholeEncoding, type WindowOptions } from '../text-windows.ts'
import type { Sample } from './sample.ts'

/** More texts than this are not encoded: every so many-th stands for the others. */
const mostTexts = 10_000

/** What a tokenizer makes of texts. */
export interface TokenCounts {
  /** Texts that were encoded, all or evenly spaced ones, as numbers of the samples. */
  sampled: readonly number[]
  /** Tokens without special ones, of all those. */
  tokens: number
  /** int32 [sampled]: tokens of each, special ones included. */
  lengths: Int32Array
  /** Texts that are not read as a whole, as numbers of the samples. */
  cut: readonly number[]
  /** Tokens of them that are not read. */
  lost: number
  /** Unknown tokens, */
  unknown: number
  /** the words that they stand for, with how often they came, the most frequent first, */
  unknownWords: readonly (readonly [word: string, count: number])[]
  /** and the samples that have any. */
  withUnknown: readonly number[]
}

/** Encodes up to 10,000 samples whole and counts. @param longTexts set where texts are read in windows, not cut at `maxLength` */
export function countTokens(
  samples: readonly Sample[],
  tokenizer: Tokenizer,
  maxLength = Number.POSITIVE_INFINITY,
  longTexts?: WindowOptions,
): TokenCounts {
  const count = Math.min(samples.length, mostTexts)
  const sampled = Array.from({ length: count }, (_, i) => Math.floor((i * samples.length) / count))
  const lengths = new Int32Array(count)
  const cut: number[] = []
  const withUnknown: number[] = []
  const words = new Map<string, number>()
  let [tokens, lost, unknown] = [0, 0, 0]
  sampled.forEach((number, i) => {
    const { texts, words: given } = samples[number]
    const textPair = texts.at(1)
    const encoding = tokenizer.encode(given ?? texts[0], { textPair, truncation: false })
    const { length } = encoding.ids
    lengths[i] = length
    tokens += length - tokenizer.numSpecialTokens(textPair !== undefined)
    const beyond = longTexts ? tokensOutside(encoding, longTexts) : Math.max(0, length - maxLength)
    if (beyond > 0) {
      cut.push(number)
      lost += beyond
    }
    if (tokenizer.unkId === undefined || !encoding.ids.includes(tokenizer.unkId)) return
    withUnknown.push(number)
    const { ids, sequenceIds, wordIds, starts, ends } = encoding
    for (let t = 0; t < length; t++) {
      const sequence = sequenceIds[t]
      if (ids[t] !== tokenizer.unkId || sequence === null) continue
      unknown++
      const text = given === undefined ? texts[sequence] : given[wordIds[t]!]
      const word = text.slice(starts[t], ends[t])
      words.set(word, (words.get(word) ?? 0) + 1)
    }
  })
  const unknownWords = [...words].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  return { sampled, tokens, lengths, cut, lost, unknown, unknownWords, withUnknown }
}

/** Tokens that stand in none of a text's windows. */
function tokensOutside({ sequenceIds }: WholeEncoding, options: WindowOptions): number {
  const { windows, truncated } = placeWindows(sequenceIds, options)
  return truncated ? sequenceIds.length - new Set(windows.flatMap((places) => [...places])).size : 0
}

/** ` (in 10,000 of 25,000 texts, evenly spaced)` where not all were encoded. */
export function sampleNote({ sampled }: TokenCounts, all: number): string {
  return sampled.length === all
    ? ''
    : ` (measured on ${sampled.length.toLocaleString('en-US')} of ${all.toLocaleString('en-US')} texts, evenly spaced)`
}
