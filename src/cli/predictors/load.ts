import { describeModel } from '../../checkpoints/node.ts'
import { ConfigError } from '../../core/errors.ts'
import { fillsMasks } from '../../pipelines/fill-mask.ts'
import { pipeline } from '../../pipelines/node.ts'
import { loadClassifier } from '../classifier.ts'
import { modelFolder } from '../inputs.ts'
import { classificationPredictor } from './classification.ts'
import { fillMaskPredictor } from './fill-mask.ts'
import type { Predictor } from './predictor.ts'

/** The flags that decide what is predicted. */
export interface PredictorValues {
  readonly model: string
  readonly maxLength?: number
  readonly threads?: number
  readonly topK?: number
  readonly targets?: readonly string[]
}

/** Loads a model and what can be predicted with it. @throws ConfigError, CheckpointError or TokenizerError */
export async function loadPredictor(values: PredictorValues, note: (text: string) => void): Promise<Predictor> {
  const folder = await modelFolder(values.model)
  const { head } = await describeModel(folder)
  const { topK, targets, maxLength, threads } = values
  if (!fillsMasks(head?.task)) {
    const unfit = topK !== undefined ? '--top-k' : targets !== undefined ? '--targets' : undefined
    if (unfit)
      throw new ConfigError('FLAG_TASK', `${unfit} is for masked language models, which ${folder} does not hold`)
    return classificationPredictor(await loadClassifier(values)) as Predictor
  }
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1))
    throw new ConfigError('FLAG_VALUE', `--top-k must be a whole number of at least 1, not ${topK}`)
  const fill = await pipeline('fill-mask', folder, { maxLength, threads, logger: { info() {}, warn: note } })
  return fillMaskPredictor(fill, { topK, targets }) as Predictor
}
