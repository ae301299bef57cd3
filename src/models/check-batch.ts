import { DataError } from '../core/errors.ts'
import type { ModelBatch } from './batch-inputs.ts'
import type { ModelDefinition } from './graphs.ts'

/**
 * Checks what the engine would only notice as a crash, or not at all.
 * @throws DataError naming what is out of range and what to do
 */
export function checkBatch(batch: ModelBatch, { config, head }: ModelDefinition): void {
  const { vocabSize, maxPositionEmbeddings, labels } = config
  checkRange(
    batch.ids,
    vocabSize,
    'token id',
    `the model's vocabulary has ${vocabSize} tokens; use the model's own tokenizer`,
  )
  checkRange(
    batch.typeIds,
    config.typeVocabSize ?? Number.POSITIVE_INFINITY,
    'segment id',
    'the model knows no more segments',
  )
  if (batch.longest > maxPositionEmbeddings) {
    throw new DataError(
      'TOO_LONG',
      `a sequence has ${batch.longest} tokens, the model takes at most ${maxPositionEmbeddings}: set maxLength and truncation`,
    )
  }
  if (batch.maskedRows) checkRange(batch.maskedRows, batch.tokens, 'masked row', 'the batch has no more tokens')
  if (batch.labels) {
    const expected = batch.maskedRows?.length ?? batch.size
    if (batch.labels.length !== expected) {
      throw new DataError('LABEL_COUNT', `the batch has ${batch.labels.length} labels for ${expected} items`)
    }
    const classes = head?.labelsAreTokens ? vocabSize : labels.length
    checkRange(batch.labels, classes, 'label', `the model knows ${classes} labels`)
  }
  if (batch.pairLabels) {
    if (batch.pairLabels.length !== batch.size) {
      throw new DataError(
        'LABEL_COUNT',
        `the batch has ${batch.pairLabels.length} pair labels for ${batch.size} sequences`,
      )
    }
    checkRange(batch.pairLabels, 2, 'pair label', '0 is "follows", 1 "does not follow"')
  }
}

function checkRange(values: Int32Array, limit: number, what: string, of: string): void {
  for (let i = 0; i < values.length; i++) {
    if (values[i] >= 0 && values[i] < limit) continue
    const code = `${what.toUpperCase().replaceAll(' ', '_')}`
    throw new DataError(code, `${what} ${values[i]} at place ${i} is not in 0..${limit - 1}: ${of}`)
  }
}
