import type { ModelDefinition } from './graphs.ts'

/**
 * How far below the head a parameter is: 0 for the head, the pooler and whatever else is above the encoder's layers, 1 for
 * the last layer, as many as there are layers for the first one, and one more for the embeddings.
 * @param name full, as in `modelParameters`
 */
export function depthBelowHead({ architecture, config }: ModelDefinition, name: string): number {
  const prefix = `${architecture.prefix}.`
  const layer = name.startsWith(prefix) ? architecture.layerOf(name.slice(prefix.length)) : undefined
  return layer === undefined ? 0 : config.numHiddenLayers - layer
}
