import type { ModelBatch } from '../../models/batch-inputs.ts'
import type { AnswerModel } from './predict-answers.ts'

/** A model in name only, and the batches that it was asked. */
export interface FakeAnswerModel extends AnswerModel {
  readonly config: { maxPositionEmbeddings: number }
  readonly batches: ModelBatch[]
  close(): Promise<void>
}

/** A model whose start and end logits come from a function of a token and its place in its sequence. */
export function fakeAnswerModel(
  logitsOf: (id: number, place: number) => readonly [start: number, end: number],
  maxPositionEmbeddings = 512,
): FakeAnswerModel {
  const batches: ModelBatch[] = []
  return {
    config: { maxPositionEmbeddings },
    batches,
    async forward(batch) {
      batches.push(batch)
      const data = new Float32Array(2 * batch.tokens)
      batch.ids.forEach((id, row) => {
        data.set(logitsOf(id, batch.positionIds[row]), 2 * row)
      })
      return { logits: { dtype: 'float32', data, dims: [batch.tokens, 2] } }
    },
    async close() {},
  }
}
