import { collateSequences, type SequenceBatch } from '../collator.ts'
import type { AnswerWindow } from './encode-questions.ts'

/** A batch for a model that finds answers; B windows. */
export interface QuestionBatch extends SequenceBatch {
  /** `startLabels: int32 [B]`, the place in its sequence of each answer's first token; 0 where the window holds none */
  startLabels: Int32Array
  /** `endLabels: int32 [B]`, of its last token */
  endLabels: Int32Array
}

/** Joins windows to a batch. @throws as `collateSequences` */
export function collateQuestions(windows: readonly AnswerWindow[]): QuestionBatch {
  return {
    ...collateSequences(windows),
    startLabels: Int32Array.from(windows, ({ startLabel }) => startLabel),
    endLabels: Int32Array.from(windows, ({ endLabel }) => endLabel),
  }
}
