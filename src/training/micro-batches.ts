import { RuntimeError } from '../core/errors.ts'
import type { ModelBatch } from '../models/batch-inputs.ts'
import { exampleCount, splitBatch } from '../models/batch-parts.ts'
import type { StepOptions, TrainingSession, TrainingStep } from '../models/training-session.ts'
import { isOutOfMemory } from '../runtime/out-of-memory.ts'

/** What a resumed run has to know of its micro-batches. */
export interface MicroBatchState {
  /** Parts that each batch is cut into. */
  parts: number
}

/**
 * Takes a step in smaller micro-batches whenever memory runs out: half of the examples at a time and twice as many, with the
 * same examples in the step and a loss that is the mean over all their labels, as before. Only dropout draws other masks.
 * @param state kept up to date, so that later steps and a resumed run begin with what fitted
 * @param onSmaller is told when batches are cut into more parts
 * @throws RuntimeError `OUT_OF_MEMORY` if one example at a time is too much
 */
export async function stepWithinMemory(
  session: Pick<TrainingSession, 'step'>,
  batches: readonly ModelBatch[],
  options: StepOptions,
  state: MicroBatchState,
  onSmaller: (message: string) => Promise<void>,
): Promise<TrainingStep> {
  for (;;) {
    const parts = batches.flatMap((batch) => splitBatch(batch, state.parts))
    try {
      return await session.step(parts, options)
    } catch (error) {
      if (!isOutOfMemory(error)) throw error
      const most = Math.max(...parts.map(exampleCount))
      if (most === 1) {
        throw new RuntimeError(
          'OUT_OF_MEMORY',
          `memory runs out with one example at a time: shorten the texts with maxLength, or train a smaller model (${(error as Error).message})`,
          { cause: error },
        )
      }
      state.parts *= 2
      const now = batches.flatMap((batch) => splitBatch(batch, state.parts))
      await onSmaller(
        `memory ran out with micro-batches of ${most}: from here on at most ${Math.max(...now.map(exampleCount))} examples at a ` +
          `time and ${now.length} micro-batches a step, with the same examples in each step`,
      )
    }
  }
}
