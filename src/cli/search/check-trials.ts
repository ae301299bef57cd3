/** Checks of a space beside the settings that all trials share, so that no value is found to be wrong only in its trial. */
import { describeModel } from '../../checkpoints/node.ts'
import { type BertSize, bertConfig } from '../../models/bert-config.ts'
import type { ModelDefinition } from '../../models/graphs.ts'
import { loraConfig } from '../../models/lora.ts'
import { findArchitecture, findHead } from '../../models/registry.ts'
import { requireClassTask, requireLossTask } from '../../training/loss-settings.ts'
import { isRange, type SearchSpace } from '../../training/search/space.ts'
import { trainedParameters } from '../../training/trained-parameters.ts'
import { type TrainingArguments, trainingDefaults } from '../../training/training-arguments.ts'
import { camelCase, commonFlags, type Flags, settingsFromFile, type ValuesOf } from '../command.ts'
import { finetune } from '../commands/finetune.ts'
import { modelFolder } from '../inputs.ts'
import { type loraFlags, readLoraFlags } from '../lora-flags.ts'
import type { CommandTask } from '../tasks/command-task.ts'
import { longTextSettings } from '../tasks/long-text-flags.ts'
import { labelsToTrain } from '../tasks/registry.ts'
import type { TaskValues } from '../tasks/task-flags.ts'
import { readTrainingFlags } from '../training-flags.ts'

/** What trials start from. */
export interface TrialStart extends TaskValues, ValuesOf<typeof loraFlags> {
  readonly model?: string
  readonly size?: string
}

/**
 * Checks every value of the space, and both ends of its ranges, beside the first of all others, as far as that needs neither data
 * nor a model.
 * @param task the trials' task, which may have no classes to weigh
 * @returns the training arguments of these settings
 * @throws ConfigError naming the argument
 */
export function checkSettings(
  space: SearchSpace,
  settings: Record<string, unknown>,
  task: Parameters<typeof requireClassTask>[1],
): TrainingArguments[] {
  const ends = Object.entries(space).map(
    ([name, dimension]) => [name, isRange(dimension) ? [dimension.low, dimension.high] : dimension] as const,
  )
  const firsts = Object.fromEntries(ends.map(([name, [first]]) => [name, first]))
  return ends.flatMap(([name, values]) =>
    values.map((value) => {
      const given = settingsFromFile({ ...firsts, [name]: value }, spaceFlags(), 'the space')
      const args = readTrainingFlags({ ...settings, ...given }, true)
      requireClassTask(args, task)
      return args
    }),
  )
}

/** The flags of training arguments. */
function spaceFlags(): Flags {
  const all: Flags = { ...finetune.flags, ...commonFlags }
  return Object.fromEntries(Object.entries(all).filter(([name]) => Object.hasOwn(trainingDefaults, camelCase(name))))
}

/**
 * Checks labels that `classWeights` names, patterns of `freeze` and other settings of parameters against the model to come.
 * @param labels of the training data
 * @throws ConfigError naming the argument; as `describeModel`
 */
export async function checkOnModel(
  all: readonly TrainingArguments[],
  commandTask: CommandTask,
  values: TrialStart,
  labels: readonly string[],
): Promise<void> {
  const definition = await definitionOf(commandTask, values, labels)
  const task = commandTask.create(values)
  for (const args of all) {
    requireLossTask(args, task, definition)
    trainedParameters({ definition }, args)
  }
}

/** What a trial's model will be, as far as names of labels and parameters go. */
async function definitionOf(
  commandTask: CommandTask,
  values: TrialStart,
  labels: readonly string[],
): Promise<ModelDefinition> {
  const { head, problemType } = commandTask
  const windows = longTextSettings(commandTask, values)
  const common = { ...(problemType && { problemType }), ...(windows && { longTexts: windows }) }
  if (values.model === undefined) {
    const config = bertConfig({ size: values.size as BertSize, ...(labels.length > 0 && { labels }), ...common })
    return { architecture: findArchitecture('bert', 'the config'), config, head: findHead(head, 'bert') }
  }
  const folder = await modelFolder(values.model)
  const used = labelsToTrain(commandTask, await describeModel(folder), labels)
  const described = await describeModel(folder, head, { ...(used.length > 0 && { labels: used }), ...common })
  const lora = readLoraFlags(values)
  return { ...described, ...(lora && { lora: loraConfig(lora) }) }
}
