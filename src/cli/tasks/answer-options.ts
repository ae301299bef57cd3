import { ConfigError } from '../../core/errors.ts'
import { type AnswerOptions, readAnswerOptions } from '../../data/question-answering/index.ts'
import type { TaskValues } from './task-flags.ts'

/**
 * How answers are read, as far as flags say so; a threshold of "no answer" allows it.
 * @throws ConfigError for a value out of range
 */
export function answerOptions({
  maxAnswerLength,
  nullThreshold,
  allowNoAnswer = nullThreshold === undefined ? undefined : true,
}: Pick<TaskValues, 'maxAnswerLength' | 'nullThreshold' | 'allowNoAnswer'>): AnswerOptions {
  if (nullThreshold !== undefined && !allowNoAnswer)
    throw new ConfigError('FLAG_VALUE', '--null-threshold and --no-allow-no-answer contradict each other')
  const options: AnswerOptions = {
    ...(maxAnswerLength !== undefined && { maxAnswerLength }),
    ...(allowNoAnswer !== undefined && { allowNoAnswer }),
    ...(nullThreshold !== undefined && { nullScoreDiffThreshold: nullThreshold }),
  }
  readAnswerOptions(options)
  return options
}
