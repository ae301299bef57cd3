import type { ModelDescription } from '../../checkpoints/node/auto-model.ts'
import { fillsMasks } from '../../pipelines/fill-mask.ts'
import type { FlagValues } from '../command.ts'
import { checkOwnFlags } from '../tasks/own-flags.ts'
import { commandTasks, taskOfModel } from '../tasks/registry.ts'
import { fillMaskPrediction } from './fill-mask.ts'
import { predictFlags } from './predict-flags.ts'
import type { PredictTask } from './predictor.ts'

const fillMask = { name: 'masked-lm', predict: fillMaskPrediction as unknown as PredictTask<unknown, unknown> }

/**
 * What can be predicted with a folder's model.
 * @throws ConfigError naming what the folder holds, or a flag that is for other tasks
 */
export function predictTaskOf(
  folder: string,
  description: ModelDescription,
  values: object,
): PredictTask<unknown, unknown> {
  const own = fillsMasks(description.head?.task) ? fillMask : taskOfModel(folder, description)
  const owners = [...commandTasks, fillMask].map(({ name, predict }) => ({ name, flags: predict.flags }))
  checkOwnFlags({ name: own.name, flags: own.predict.flags }, values as FlagValues, predictFlags, owners)
  return own.predict
}
