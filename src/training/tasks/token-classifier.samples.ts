import type { ModelBatch } from '../../models/batch-inputs.ts'
import type { TokenClassifier } from './predict-tokens.ts'

/** A model in name only, and the batches that it was asked. */
export interface FakeTokenClassifier extends TokenClassifier {
  readonly config: { labels: readonly string[]; maxPositionEmbeddings: number }
  readonly batches: ModelBatch[]
  close(): Promise<void>
}

/** A token classifier whose logits come from a function of a token and its sequence. */
export function fakeTokenClassifier(
  labels: readonly string[],
  logitsOf: (id: number, place: number, ids: Int32Array) => ArrayLike<number>,
  maxPositionEmbeddings = 64,
): FakeTokenClassifier {
  const batches: ModelBatch[] = []
  return {
    config: { labels, maxPositionEmbeddings },
    batches,
    async forward(batch) {
      batches.push(batch)
      const { maskedRows = new Int32Array(), firstTokens, ids, positionIds, tokens } = batch
      const data = new Float32Array(maskedRows.length * labels.length)
      maskedRows.forEach((row, m) => {
        const from = row - positionIds[row]
        const next = firstTokens.indexOf(from) + 1
        const own = ids.subarray(from, next < firstTokens.length ? firstTokens[next] : tokens)
        data.set(logitsOf(ids[row], row - from, own), m * labels.length)
      })
      return { logits: { dtype: 'float32', data, dims: [maskedRows.length, labels.length] } }
    },
    async close() {},
  }
}
