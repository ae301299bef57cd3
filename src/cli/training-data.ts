import { ConfigError } from '../core/errors.ts'
import type { CommandTask } from './tasks/command-task.ts'
import type { TaskValues } from './tasks/task-flags.ts'

/** Where the examples of a training come from. */
export interface DataFiles extends TaskValues {
  readonly train: string
  readonly eval?: string
  readonly evalSplit?: number
}

/** Reads the examples to train on, and those to judge by: none, those of a file, or a part that is held out. */
export async function readTrainingData(
  task: CommandTask,
  values: DataFiles,
  seed: number,
  warn: (text: string) => void,
): Promise<{ train: unknown[]; evaluation: unknown[] }> {
  if (values.eval !== undefined && values.evalSplit !== undefined) {
    throw new ConfigError('EVAL_DATA', 'give --eval FILE or --eval-split SHARE, not both')
  }
  const train = await task.read(values.train, values, warn)
  if (values.evalSplit === undefined) {
    return { train, evaluation: values.eval === undefined ? [] : await task.read(values.eval, values, warn) }
  }
  const parts = task.split(train, { fraction: values.evalSplit, seed })
  return { train: parts.train, evaluation: parts.eval }
}
