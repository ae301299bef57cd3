/** Flags of `predict` that some tasks have and others have not. */
import type { Flags, ValuesOf } from '../command.ts'
import { taskFlags } from '../tasks/task-flags.ts'

/** Every such flag; each task names its own. */
export const predictFlags = {
  'top-k': {
    type: 'number',
    value: 'N',
    description: 'Fills of each [MASK] (default 5), answers of each question (default 1)',
  },
  targets: { type: 'string', many: true, value: 'TOKEN…', description: 'Fill [MASK] with one of these only' },
  question: {
    type: 'string',
    value: 'TEXT',
    description: 'Answer this question; its choices follow where there are some',
  },
  context: {
    type: 'string',
    value: 'TEXT',
    description: 'The text that holds the answer, or that the question is about',
  },
  pairs: { type: 'boolean', description: 'Texts are pairs, two arguments each' },
  threshold: taskFlags.threshold,
  'text-column': taskFlags['text-column'],
  'text-pair-column': taskFlags['text-pair-column'],
  'tag-scheme': taskFlags['tag-scheme'],
  aggregation: taskFlags.aggregation,
  stride: taskFlags.stride,
  'max-question-length': taskFlags['max-question-length'],
  'max-answer-length': taskFlags['max-answer-length'],
  'allow-no-answer': { type: 'boolean', description: 'Also answer that there is none' },
  'null-threshold': taskFlags['null-threshold'],
} as const satisfies Flags

export type PredictFlag = keyof typeof predictFlags

/** The values of these flags, and what all tasks have. */
export type PredictValues = Partial<ValuesOf<typeof predictFlags>> & {
  readonly format?: string
  readonly maxLength?: number
  readonly threads?: number
}
