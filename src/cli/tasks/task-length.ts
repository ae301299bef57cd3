import { sequenceLimit } from '../../models/sequence-limit.ts'
import type { CommandTask } from './command-task.ts'

/** The number of tokens to cut texts to, as `sequenceLimit` has it, or what is usual for the task. @throws as `sequenceLimit` */
export function taskLength(
  { usualLength = Number.POSITIVE_INFINITY }: Pick<CommandTask, 'usualLength'>,
  model: Parameters<typeof sequenceLimit>[0],
  tokenizer: Parameters<typeof sequenceLimit>[1],
  wanted?: number,
): number {
  const limit = sequenceLimit(model, tokenizer, wanted)
  return wanted === undefined ? Math.min(limit, usualLength) : limit
}
