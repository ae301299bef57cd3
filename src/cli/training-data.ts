import { BertsmithError, ConfigError, reworded } from '../core/errors.ts'
import { type EvaluationItems, requireSetName } from '../training/evaluation-sets.ts'
import type { CommandTask, TaskSplit } from './tasks/command-task.ts'
import type { TaskValues } from './tasks/task-flags.ts'

/** Where the examples of a training come from. */
export interface DataFiles extends TaskValues {
  readonly train: string
  /** A file, or several as NAME=FILE. */
  readonly eval?: string | readonly string[]
  readonly evalSplit?: number
}

/** The examples of a training. */
export interface TrainingData {
  train: unknown[]
  /** Of all sets; empty if there is none. */
  evaluation: unknown[]
  /** The same, as `finetune` takes them. */
  evaluationSets: EvaluationItems<unknown>
}

/**
 * Makes sure, before anything is read, that a part can be held out.
 * @throws ConfigError `EVAL_DATA` with a file to judge by as well, `SPLIT_FRACTION` for a share that is not in (0, 1)
 */
export function checkEvalSplit({ eval: files, evalSplit }: Pick<DataFiles, 'eval' | 'evalSplit'>): void {
  if (evalSplit === undefined) return
  if (files !== undefined) throw new ConfigError('EVAL_DATA', 'give --eval FILE or --eval-split SHARE, not both')
  if (evalSplit > 0 && evalSplit < 1) return
  throw new ConfigError(
    'SPLIT_FRACTION',
    `--eval-split must be a share of the training data above 0 and below 1, such as 0.1, not ${evalSplit}`,
  )
}

/**
 * Reads the examples to train on, and those to judge by: none, those of one file or several, or a part that is held out.
 * @param values as `checkEvalSplit` lets pass
 */
export async function readTrainingData(
  task: CommandTask,
  values: DataFiles,
  seed: number,
  warn: (text: string) => void,
): Promise<TrainingData> {
  const files = evaluationFiles(values.eval)
  const train = await task.read(values.train, values, warn)
  if (values.evalSplit !== undefined) {
    const parts = splitOff(task, train, values, { fraction: values.evalSplit, seed })
    return { train: parts.train, evaluation: parts.eval, evaluationSets: parts.eval }
  }
  if (typeof files === 'string') {
    const evaluation = await task.read(files, values, warn)
    return { train, evaluation, evaluationSets: evaluation }
  }
  const sets: Record<string, unknown[]> = {}
  for (const [name, file] of Object.entries(files)) sets[name] = await task.read(file, values, warn)
  return { train, evaluation: Object.values(sets).flat(), evaluationSets: sets }
}

/** Holds a part out. @throws as the task's `split`, naming flag and file */
function splitOff(task: CommandTask, examples: readonly unknown[], { train }: DataFiles, options: TaskSplit) {
  try {
    return task.split(examples, options)
  } catch (error) {
    if (!(error instanceof BertsmithError)) throw error
    throw reworded(error, `--eval-split ${options.fraction} of ${train}: ${error.message}`)
  }
}

/**
 * The file to judge by, or several by name; none without `--eval`.
 * @throws ConfigError for several files of which one has no name, or a name twice
 */
export function evaluationFiles(given: string | readonly string[] = []): string | Record<string, string> {
  const files = typeof given === 'string' ? [given] : given
  const sets: Record<string, string> = {}
  for (const entry of files) {
    // A path with a = in it can be given as ./a=b.csv
    const [, name, file] = /^([^=/\\]+)=(.+)$/.exec(entry) ?? []
    if (name === undefined) {
      if (files.length === 1) return entry
      throw new ConfigError(
        'EVAL_NAME',
        `give several files to --eval each with a name: --eval english=en.csv german=de.csv, not "${entry}"`,
      )
    }
    requireSetName(name)
    if (Object.hasOwn(sets, name)) throw new ConfigError('EVAL_NAME', `--eval has two files of the name "${name}"`)
    sets[name] = file
  }
  return sets
}
