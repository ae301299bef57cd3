import { initialValues } from '../models/initialize.ts'
import type { EncoderModel } from '../models/model.ts'
import { depthBelowHead } from '../models/parameter-depth.ts'

/**
 * Gives the last layers, and the pooler above them, the values of an untrained model (Zhang et al. 2021, "Revisiting few-sample
 * BERT fine-tuning", section 5): what the last layers of a pre-trained model have learned may be of little use for another task.
 * @param count layers from the top @param seed decides the values
 */
export async function reinitializeLayers(model: EncoderModel, count: number, seed: number): Promise<void> {
  if (count === 0) return
  const { architecture, config } = model.definition
  const pooler = new Set(architecture.pooler?.parameters(config).map(({ name }) => `${architecture.prefix}.${name}`))
  for (const spec of model.parameters) {
    const depth = depthBelowHead(model.definition, spec.name)
    if (!pooler.has(spec.name) && (depth < 1 || depth > count)) continue
    await model.setParameter(spec.name, initialValues(spec, config.initializerRange, seed))
  }
}
