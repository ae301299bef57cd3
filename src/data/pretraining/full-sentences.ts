import { randomStream } from '../../core/random.ts'
import {
  chosenDocuments,
  type PretrainingExamples,
  requireMaxLength,
  requireShortSequenceProbability,
  shortestExample,
} from './examples.ts'
import { NumberList } from './number-list.ts'
import type { TokenStore } from './token-store.ts'

/** How to pack sentences. */
export interface FullSentencesOptions {
  /** Longest example in tokens, special tokens included. */
  maxLength: number
  /**
   * Whether an example may go on with the next document behind a [SEP] (RoBERTa's FULL-SENTENCES) or ends with its document
   * (DOC-SENTENCES). Default true.
   */
  crossDocuments?: boolean
  /** Chance that an example aims at a random shorter length. Default 0, as in RoBERTa. */
  shortSequenceProbability?: number
  /** Decides the short sequences. Default 0. */
  seed?: number
  /** The documents to take, ascending; examples cross only to a document that follows in the corpus. Default: all. */
  documents?: ArrayLike<number>
}

/**
 * Packs whole sentences, in order, into examples of up to `maxLength` tokens; a longer sentence is cut. Each token of the
 * corpus is in exactly one example.
 *
 * Source: Liu et al. 2019 (RoBERTa), section 4.2, FULL-SENTENCES and DOC-SENTENCES.
 * @throws ConfigError for settings out of range
 */
export function planFullSentences(store: TokenStore, options: FullSentencesOptions): PretrainingExamples {
  const { maxLength, crossDocuments = true, shortSequenceProbability = 0, seed = 0 } = options
  requireMaxLength(maxLength, shortestExample.sentences)
  requireShortSequenceProbability(shortSequenceProbability)
  const documents = chosenDocuments(store, options.documents)
  const { sentenceStarts, documentStarts } = store
  const most = maxLength - 2 // [CLS], [SEP]
  const random = randomStream(seed, 'full-sentences')
  const firstStarts = new NumberList()
  const firstLengths = new NumberList()
  const lengths = new NumberList()

  let start = 0
  let size = 0 // tokens of the example that is being filled; 0: none is
  let separators = 0
  let target = most
  const close = () => {
    if (size === 0) return
    firstStarts.push(start)
    firstLengths.push(size)
    lengths.push(size + separators + 2)
    size = 0
    separators = 0
  }
  for (let k = 0; k < documents.count; k++) {
    const document = documents.at(k)
    if (!crossDocuments || (k > 0 && document !== documents.at(k - 1) + 1)) close()
    for (let s = documentStarts[document]; s < documentStarts[document + 1]; s++) {
      let from = sentenceStarts[s]
      const end = sentenceStarts[s + 1]
      const separator = s === documentStarts[document] ? 1 : 0
      if (size > 0 && size + separators + separator + end - from > target) close()
      if (size > 0) {
        separators += separator
        size += end - from
        continue
      }
      while (from < end) {
        close() // what a long sentence has filled
        target = random.uniform() < shortSequenceProbability ? 1 + random.integer(most) : most
        start = from
        size = Math.min(target, end - from)
        from += size
      }
    }
  }
  close()
  const none = { secondStarts: new Uint32Array(0), secondLengths: new Uint16Array(0), pairLabels: new Uint8Array(0) }
  return {
    layout: 'full-sentences',
    lengths: lengths.toUint16(),
    firstStarts: firstStarts.toOffsets(store.tokens),
    firstLengths: firstLengths.toUint16(),
    ...none,
    skippedDocuments: 0,
  }
}
