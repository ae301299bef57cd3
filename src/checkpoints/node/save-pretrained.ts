import { modelParameters } from '../../models/graphs.ts'
import type { EncoderModel } from '../../models/model.ts'
import { writeCommonConfig } from '../hugging-face-config.ts'
import { writeConfig } from './config-file.ts'
import { saveWeights } from './save-weights.ts'

/**
 * Writes config.json and model.safetensors so that transformers loads them; tied weights are stored once, and adapters are merged
 * into the weights that they are for.
 */
export async function savePretrained(model: EncoderModel, directory: string): Promise<void> {
  const { lora: _, ...plain } = model.definition
  const { architecture, config, head } = plain
  await saveWeights(
    directory,
    modelParameters(plain).map(({ name, shape }) => ({ name, shape, data: () => model.mergedParameter(name) })),
  )
  await writeConfig(directory, {
    ...architecture.writeConfig(config),
    ...writeCommonConfig({
      architectures: [model.className],
      modelType: architecture.modelType,
      // transformers makes as many outputs as there are labels, so a head of two must not have three.
      labels: head?.outputs === undefined || head.outputs === config.labels.length ? config.labels : undefined,
      problemType: head?.hasProblemType ? config.problemType : null,
      longTexts: config.longTexts,
      dtype: 'float32',
      tieWordEmbeddings: true,
    }),
  })
}
