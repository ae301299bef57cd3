import { join } from 'node:path'
import { BertsmithError } from '../core/errors.ts'
import type { TrainResult } from '../training/trainer.ts'

/** Ends a command that was stopped by Ctrl-C after it had saved what it could: exit status 130. */
export class Interrupted extends BertsmithError {}

/** What Ctrl-C during a training is answered with. */
export const stopRemark = 'Stopping after this step, then saving a checkpoint; Ctrl-C again ends at once.'

/** For a training that was stopped. */
export function interrupted(output: string, { steps, state }: TrainResult): Interrupted {
  return new Interrupted(
    'INTERRUPTED',
    `stopped after step ${steps} of ${state.max_steps}; saved ${join(output, `checkpoint-${steps}`)}. ` +
      'To go on, give the same command again with --resume.',
  )
}
