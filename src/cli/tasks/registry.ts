import { ConfigError, didYouMean } from '../../core/errors.ts'
import type { CommandTask } from './command-task.ts'
import { textClassification } from './text-classification.ts'

/** Every task of `finetune` and `evaluate`, one line each. */
const tasks = [textClassification] as unknown as readonly CommandTask[]

const laterTasks = [
  'multi-label-classification',
  'regression',
  'token-classification',
  'question-answering',
  'multiple-choice',
  'masked-lm',
  'next-sentence',
]

export const taskNames: readonly string[] = tasks.map(({ task }) => task.name)

/** @throws ConfigError for tasks that are unknown or not supported yet */
export function findTask(name: string): CommandTask {
  const found = tasks.find(({ task }) => task.name === name)
  if (found) return found
  if (laterTasks.includes(name)) {
    throw new ConfigError('NOT_SUPPORTED', `--task ${name} is not supported yet: use ${taskNames.join(', ')}`)
  }
  const known = [...taskNames, ...laterTasks]
  throw new ConfigError('TASK', `unknown task "${name}"${didYouMean(name, known)} (known: ${known.join(', ')})`)
}

/**
 * The task that a trained model is for.
 * @throws ConfigError naming what the folder holds
 */
export function taskOfModel(folder: string, className: string, head: { task: string } | undefined): CommandTask {
  const found = tasks.find((task) => task.head === head?.task)
  if (found) return found
  throw new ConfigError(
    'NO_CLASSIFIER',
    `${folder} holds a ${className}, which does not classify: fine-tune it first with bertsmith finetune --model ${folder}`,
  )
}
