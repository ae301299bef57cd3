import { RuntimeError } from '../../core/errors.ts'
import type { EncodedSequence } from '../../data/collator.ts'
import type { EncoderModel } from '../../models/model.ts'
import type { FinetuneTask, TaskPredictions } from '../tasks/finetune-task.ts'
import { finetune } from './finetune.ts'
import type { FinetuneOptions } from './finetune-options.ts'
import { readTrial } from './search-folder.ts'
import type { RunTrial } from './search-options.ts'

/** What all trials of a search share. */
export interface FinetuneTrialsOptions<Example>
  extends Omit<
    FinetuneOptions<Example>,
    'model' | 'output' | 'resume' | 'overwrite' | 'signal' | 'pauseAfter' | 'onEvent' | 'onProgress' | 'onFinding'
  > {
  /** The search's objective. */
  objective: string
  /** Makes the model that a trial starts from; it is closed when the trial pauses or ends. */
  createModel(): Promise<EncoderModel>
  evalExamples: readonly Example[]
}

/**
 * Trials of a search as fine-tunings in this process, each with a model and an engine of its own. The engine's memory is freed
 * with its thread; trials of large models are better off in processes of their own, as `bertsmith search` has them.
 */
export function finetuneTrials<Example, Item extends EncodedSequence, Predictions extends TaskPredictions>(
  task: FinetuneTask<Example, Item, Predictions>,
  { createModel, objective, args, ...options }: FinetuneTrialsOptions<Example>,
): RunTrial {
  return async ({ settings, folder, pauseAfter, signal, onProgress }) => {
    const model = await createModel()
    try {
      const { result, paused, endedBy } = await finetune(task, {
        ...options,
        model,
        args: { ...args, ...settings, ...(objective !== 'loss' && { metricForBestModel: objective }) },
        output: folder,
        resume: true,
        pauseAfter,
        signal,
        onEvent: (event) => event.type === 'step' && onProgress(event.step / event.totalSteps),
      })
      if (endedBy) throw new RuntimeError(endedBy.code, `${endedBy.message} ${endedBy.advice}`)
      if (result.reason === 'aborted' && !paused) throw new RuntimeError('ABORTED', 'the trial was stopped')
      return await readTrial(folder, objective, paused)
    } finally {
      await model.close()
    }
  }
}
