import { type RandomStream, randomStream } from '../../core/random.ts'
import { createMemoryTokenStore, type TokenStore } from './token-store.ts'

/** A store of documents with sentences of these lengths, whose ids count from `firstId`, so that an id tells its place. */
export function numberedStore(documents: readonly (readonly number[])[], firstId = 0): TokenStore {
  const tokens = documents.flat().reduce((sum, length) => sum + length, 0)
  const writer = createMemoryTokenStore(firstId + tokens)
  let id = firstId
  for (const lengths of documents) {
    lengths.forEach((length, s) => {
      writer.addSentence(
        Int32Array.from({ length }, () => id++),
        s === 0,
      )
    })
  }
  return writer.finish()
}

/** Documents of 1 to `mostSentences` sentences of 1 to `mostTokens` tokens. */
export function randomDocuments(count: number, mostSentences: number, mostTokens: number, seed = 1): number[][] {
  const random: RandomStream = randomStream(seed, 'documents')
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + random.integer(mostSentences) }, () => 1 + random.integer(mostTokens)),
  )
}

/** The document of each token. */
export function documentOfToken({ tokens, sentenceStarts, documentStarts }: TokenStore): Int32Array {
  const documents = new Int32Array(tokens)
  for (let d = 0; d + 1 < documentStarts.length; d++) {
    documents.fill(d, sentenceStarts[documentStarts[d]], sentenceStarts[documentStarts[d + 1]])
  }
  return documents
}
