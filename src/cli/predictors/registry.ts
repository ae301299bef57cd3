import type { ModelDescription } from '../../checkpoints/node/auto-model.ts'
import type { FlagValues } from '../command.ts'
import { checkOwnFlags } from '../tasks/own-flags.ts'
import { commandTasks, taskOfModel } from '../tasks/registry.ts'
import { predictFlags } from './predict-flags.ts'
import type { PredictTask } from './predictor.ts'

/**
 * What can be predicted with a folder's model.
 * @throws ConfigError naming what the folder holds, or a flag that is for other tasks
 */
export function predictTaskOf(
  folder: string,
  description: ModelDescription,
  values: object,
): PredictTask<unknown, unknown> {
  const own = taskOfModel(folder, description)
  const owners = commandTasks.map(({ name, predict }) => ({ name, flags: predict.flags }))
  checkOwnFlags({ name: own.name, flags: own.predict.flags }, values as FlagValues, predictFlags, owners)
  return own.predict
}
