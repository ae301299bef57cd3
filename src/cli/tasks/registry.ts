import type { ModelDescription } from '../../checkpoints/node/auto-model.ts'
import { ConfigError, didYouMean } from '../../core/errors.ts'
import { fillsMasks } from '../../pipelines/fill-mask.ts'
import type { FlagValues } from '../command.ts'
import type { CommandTask } from './command-task.ts'
import { maskedLm } from './masked-lm.ts'
import { multiLabelClassification } from './multi-label-classification.ts'
import { multipleChoice } from './multiple-choice.ts'
import { nextSentence } from './next-sentence.ts'
import { checkOwnFlags } from './own-flags.ts'
import { questionAnswering } from './question-answering.ts'
import { regression } from './regression.ts'
import { taskFlags } from './task-flags.ts'
import { textClassification } from './text-classification.ts'
import { tokenClassification } from './token-classification.ts'

/** Every task of `finetune`, `evaluate` and `predict`, one line each. */
export const commandTasks = [
  textClassification,
  multiLabelClassification,
  regression,
  nextSentence,
  multipleChoice,
  tokenClassification,
  questionAnswering,
  maskedLm,
] as unknown as readonly CommandTask[]

export const taskNames: readonly string[] = commandTasks.map(({ name }) => name)

/** @throws ConfigError for an unknown task */
export function findTask(name: string): CommandTask {
  const found = commandTasks.find((task) => task.name === name)
  if (found) return found
  throw new ConfigError('TASK', `unknown task "${name}"${didYouMean(name, taskNames)} (known: ${taskNames.join(', ')})`)
}

/** Whether a folder's model was trained for a task: has its head, with outputs of the same meaning. */
export function isModelOf(
  { head, problemType }: Pick<CommandTask, 'head' | 'problemType'>,
  description: ModelDescription,
): boolean {
  return (
    head === description.head?.task &&
    (problemType ?? description.config.problemType) === description.config.problemType
  )
}

/** The classes to train: those of a classifier of the task that knows all labels of the data, in the order that it knows them, or else the data's. */
export function labelsToTrain(
  task: Pick<CommandTask, 'head' | 'problemType'>,
  description: ModelDescription,
  labels: readonly string[],
): readonly string[] {
  const known = description.config.labels
  return isModelOf(task, description) && labels.every((label) => known.includes(label)) ? known : labels
}

/** The task that a trained model is for, if it is for one; a model of tokens and pairs is for masked words too. */
export function knownTaskOf(description: ModelDescription): CommandTask | undefined {
  if (fillsMasks(description.head?.task)) return findTask('masked-lm')
  return commandTasks.find((task) => isModelOf(task, description))
}

/**
 * The task that a trained model is for.
 * @throws ConfigError naming what the folder holds
 */
export function taskOfModel(folder: string, description: ModelDescription): CommandTask {
  const found = knownTaskOf(description)
  if (found) return found
  const { architecture, head } = description
  const className = `${architecture.classPrefix}${head?.classSuffix ?? 'Model'}`
  throw new ConfigError(
    'NO_CLASSIFIER',
    `${folder} holds a ${className}, which is for none of ${taskNames.join(', ')}: fine-tune it first with ` +
      `bertsmith finetune --model ${folder}`,
  )
}

/** @throws ConfigError `FLAG_TASK` for a flag of `finetune` or `evaluate` that is for other tasks */
export function checkTaskFlags(task: CommandTask, values: object): void {
  checkOwnFlags(task, values as FlagValues, taskFlags, commandTasks)
}
