import type { EncoderModel } from '../../models/model.ts'
import type { RunRecord } from '../run-record.ts'

/** How a model is adapted, for the report; nothing for others. */
export function adapterSettings({ definition, trainableParameterCount }: EncoderModel): RunRecord['settings'] {
  if (!definition.lora) return {}
  const { rank, alpha, targets, dropout, rsLora, modulesToSave } = definition.lora
  return {
    lora: { rank, alpha, targets: targets.join(', '), dropout, rsLora, modulesToSave: modulesToSave.join(', ') },
    trainedParameters: trainableParameterCount,
  }
}
