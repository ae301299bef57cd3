import { collateChoices } from '../../data/collate-choices.ts'
import type { EncodedChoices } from '../../data/multiple-choice/index.ts'
import type { ModelBatch } from '../../models/batch-inputs.ts'
import type { ModelOutput } from '../../models/model.ts'
import { batchesByLength, type PredictOptions, softmaxRows } from './predict.ts'

/** What is needed of a model: `logits: float32 [E, K]` of a batch's `choices`. */
export interface ChoiceModel {
  forward(batch: ModelBatch): Promise<Pick<ModelOutput, 'logits'>>
}

/** The probabilities of each question's choices: float32 [choices] each, in the order given. */
export async function choiceProbabilities(
  model: ChoiceModel,
  questions: readonly EncodedChoices[],
  { batchSize = 32, signal, onProgress }: PredictOptions = {},
): Promise<Float32Array[]> {
  const probabilities: Float32Array[] = new Array(questions.length)
  let done = 0
  for (const indices of batchesByLength(questions, batchSize)) {
    signal?.throwIfAborted()
    const { logits } = await model.forward(collateChoices(indices.map((index) => questions[index])))
    const data = logits!.data as Float32Array
    const most = logits!.dims[1]
    indices.forEach((index, e) => {
      const { length } = questions[index].choices
      probabilities[index] = softmaxRows(data.slice(e * most, e * most + length), length)
    })
    done += indices.length
    onProgress?.(done)
  }
  return probabilities
}
