/** What tells a run from others, so that one with other settings or data is not resumed by mistake. */
import { createHash } from 'node:crypto'
import type { EncoderModel } from '../../models/model.ts'
import type { TrainingArguments } from '../training-arguments.ts'

/** The settings that change the course of a run; the others may change when it is resumed. */
export function decisive({
  loggingSteps,
  loggingStrategy,
  loggingFirstStep,
  saveOnlyModel,
  accumulationCheck,
  autoMicroBatch,
  saveTotalLimit,
  saveMinutes,
  evalBatchSize,
  reportTo,
  loggingDir,
  ...rest
}: TrainingArguments) {
  return rest
}

export function modelHash(model: EncoderModel): string {
  const { architecture, config } = model.definition
  return digest((add) => add(JSON.stringify([model.className, architecture.writeConfig(config), config.labels])))
}

/** 32 hexadecimal digits of all that `fill` adds. */
export function digest(fill: (add: (part: string | NodeJS.ArrayBufferView) => void) => void): string {
  const sum = createHash('sha256')
  fill((part) => sum.update(part))
  return sum.digest('hex').slice(0, 32)
}
