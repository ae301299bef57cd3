import { ConfigError, DataError } from '../../core/errors.ts'
import { type RandomStream, randomStream } from '../../core/random.ts'
import {
  chosenDocuments,
  type PretrainingExamples,
  requireMaxLength,
  requireShortSequenceProbability,
  shortestExample,
} from './examples.ts'
import { NumberList } from './number-list.ts'
import type { TokenStore } from './token-store.ts'

/** How to make segment pairs. */
export interface SentencePairOptions {
  /**
   * `next-sentence` (BERT): label 1 if the second segment is from another document. `sentence-order` (ALBERT): the two
   * follow each other, label 1 if they are swapped.
   */
  objective: 'next-sentence' | 'sentence-order'
  /** Longest example in tokens, the three special ones included. */
  maxLength: number
  /** Chance that an example aims at a random shorter length. Default 0.1. */
  shortSequenceProbability?: number
  /** How often the corpus is gone through, each time cut and paired differently. Default 1. */
  duplicates?: number
  seed: number
  /** The documents to take, ascending. Default: all. */
  documents?: ArrayLike<number>
}

/** A stretch of tokens. */
interface Segment {
  start: number
  length: number
}

/**
 * Cuts documents into pairs of segments, each of one or more whole sentences, for next sentence prediction or sentence order
 * prediction: sentences are gathered up to the target length and cut in two between sentences at random; a random second
 * segment comes from another document and the sentences that it replaces begin the next example; what is too long loses
 * tokens of its longer segment, one by one, at the front or the back.
 *
 * Source: Devlin et al. 2018, appendix A.2, google-research/bert `create_pretraining_data.py`; Lan et al. 2019 (ALBERT),
 * section 3.1. Three things differ, so that labels are even on any corpus: labels are drawn two at a time, one of each;
 * a chunk has at least two sentences (there, a chunk of one sentence is always paired at random); a document's last sentence
 * left alone follows the one before it, and a document of one sentence is cut in two. The target length is drawn for each
 * example rather than for each document.
 * @throws ConfigError for settings out of range; DataError `ONE_DOCUMENT` for next sentences within one document, `NO_PAIRS`
 *   if no document has two tokens
 */
export function planSentencePairs(store: TokenStore, options: SentencePairOptions): PretrainingExamples {
  const { objective, maxLength, shortSequenceProbability = 0.1, duplicates = 1, seed } = options
  requirePairOptions(options)
  requireShortSequenceProbability(shortSequenceProbability)
  const documents = chosenDocuments(store, options.documents)
  const nextSentence = objective === 'next-sentence'
  if (nextSentence && documents.count < 2) throw oneDocument(documents.count)

  const { sentenceStarts, documentStarts } = store
  const most = maxLength - 3 // [CLS], [SEP], [SEP]
  const firstStarts = new NumberList()
  const firstLengths = new NumberList()
  const secondStarts = new NumberList()
  const secondLengths = new NumberList()
  const pairLabels = new NumberList()
  let skippedDocuments = 0

  for (let duplicate = 0; duplicate < duplicates; duplicate++) {
    const random = randomStream(seed, 'sentence-pairs', duplicate)
    const drawLabel = evenLabels(random)
    const sentences = (from: number, to: number): Segment => ({
      start: sentenceStarts[from],
      length: sentenceStarts[to] - sentenceStarts[from],
    })
    const add = (first: Segment, second: Segment, label: number) => {
      truncatePair(first, second, most, random)
      const [a, b] = label === 1 && !nextSentence ? [second, first] : [first, second]
      firstStarts.push(a.start)
      firstLengths.push(a.length)
      secondStarts.push(b.start)
      secondLengths.push(b.length)
      pairLabels.push(label)
    }
    /** Sentences of another document than the k-th, up to `target` tokens or its end. */
    const elsewhere = (k: number, target: number): Segment => {
      const other = random.integer(documents.count - 1)
      const document = documents.at(other < k ? other : other + 1)
      const end = documentStarts[document + 1]
      const from = documentStarts[document] + random.integer(end - documentStarts[document])
      let to = from + 1
      while (to < end && sentenceStarts[to] - sentenceStarts[from] < target) to++
      return sentences(from, to)
    }

    for (let k = 0; k < documents.count; k++) {
      const begin = documentStarts[documents.at(k)]
      const end = documentStarts[documents.at(k) + 1]
      const size = sentenceStarts[end] - sentenceStarts[begin]
      if (size < 2) {
        skippedDocuments += duplicate === 0 ? 1 : 0
        continue
      }
      for (let from = begin; from < end; ) {
        const target = random.uniform() < shortSequenceProbability ? 2 + random.integer(most - 1) : most
        let to = from + 1
        while (to < end && (to - from < 2 || sentenceStarts[to] - sentenceStarts[from] < target)) to++
        const label = drawLabel()
        const replaced = nextSentence && label === 1
        let first: Segment
        let second: Segment
        if (to - from > 1) {
          const middle = from + 1 + random.integer(to - from - 1)
          first = sentences(from, middle)
          second = sentences(middle, to)
          if (replaced) to = middle // the sentences that are not used begin the next example
        } else if (to - begin > 1) {
          first = replaced ? sentences(from, to) : sentences(from - 1, from)
          second = sentences(from, to)
        } else {
          const cut = 1 + random.integer(size - 1)
          first = { start: sentenceStarts[from], length: cut }
          second = { start: sentenceStarts[from] + cut, length: size - cut }
        }
        add(first, replaced ? elsewhere(k, target - first.length) : second, label)
        from = to
      }
    }
  }
  if (pairLabels.length === 0) throw noPairs(documents.count)
  const first = firstLengths.toUint16()
  const second = secondLengths.toUint16()
  return {
    layout: objective,
    lengths: first.map((length, e) => length + second[e] + 3),
    firstStarts: firstStarts.toOffsets(store.tokens),
    firstLengths: first,
    secondStarts: secondStarts.toOffsets(store.tokens),
    secondLengths: second,
    pairLabels: pairLabels.toUint8(),
    skippedDocuments,
  }
}

/** Checks these settings, as far as they are given, without a corpus. @throws ConfigError naming the setting */
export function requirePairOptions({
  objective,
  maxLength,
  duplicates = 1,
}: Pick<SentencePairOptions, 'objective' | 'duplicates'> & { maxLength?: number }): void {
  if (objective !== 'next-sentence' && objective !== 'sentence-order') {
    throw new ConfigError('PAIR_OBJECTIVE', `expected "next-sentence" or "sentence-order", found "${objective}".`)
  }
  if (maxLength !== undefined) requireMaxLength(maxLength, shortestExample.pair)
  if (!Number.isInteger(duplicates) || duplicates < 1)
    throw new ConfigError('DUPLICATES', `duplicates must be a whole number of at least 1, not ${duplicates}`)
}

/** Labels 0 and 1 in pairs of one each, in random order: each is 1 with chance one half, and their counts never part. */
function evenLabels(random: RandomStream): () => number {
  let pending: number | undefined
  return () => {
    if (pending !== undefined) {
      const label = pending
      pending = undefined
      return label
    }
    const label = random.uint32() & 1
    pending = 1 - label
    return label
  }
}

/** Takes tokens from the longer segment (the first of two equal ones), at either end, until both fit. Changes them. */
export function truncatePair(first: Segment, second: Segment, most: number, random: RandomStream): void {
  while (first.length + second.length > most) {
    const longer = first.length >= second.length ? first : second
    longer.length--
    longer.start += random.uint32() & 1
  }
}

function oneDocument(count: number): DataError {
  return new DataError(
    'ONE_DOCUMENT',
    `next sentence prediction needs at least two documents, found ${count}: half of the second segments are drawn from ` +
      'another document than the first. Separate documents by a blank line, give more files, or train with the objective ' +
      'mlm alone or with sentence order prediction (mlm,sop).',
  )
}

function noPairs(count: number): DataError {
  return new DataError(
    'NO_PAIRS',
    `none of the ${count} documents has two tokens, so there are no pairs of segments: check how documents are ` +
      'separated, or train with the objective mlm alone.',
  )
}
