import { elementCount } from '../../core/shape.ts'
import { type LoadReport, type MatchOptions, matchWeights } from '../match-weights.ts'
import type { WeightSpec } from '../weight-names.ts'
import { openWeights } from './weight-files.ts'

export interface LoadOptions extends MatchOptions {
  /** Where a parameter's values go, row-major; default a new array each. */
  into?: (name: string) => Float32Array
  /** Takes a parameter's values when they are read; the next one is read after it. Need not copy. */
  write?: (name: string, values: Float32Array) => void | Promise<void>
}

/**
 * Loads the weights of a model folder or .safetensors file into a model's parameters, one tensor at a time, as float32.
 * Nothing is written before all names and shapes have been compared.
 *
 * ```ts
 * const report = await loadWeights('bert-base-uncased', model.parameters, {
 *   prefix: 'bert.',
 *   write: (name, values) => model.setParameter(name, values),
 *   mayBeMissing: [/^classifier\./],
 *   mayBeUnexpected: [/^cls\./],
 *   ignorable: [/^cls\.predictions\.decoder\./],
 * })
 * ```
 * @throws CheckpointError as `openWeights` and `matchWeights`
 */
export async function loadWeights(
  path: string,
  specs: readonly WeightSpec[],
  options: LoadOptions = {},
): Promise<LoadReport> {
  const weights = await openWeights(path)
  try {
    const { sources, report } = matchWeights(weights.tensors, specs, path, options)
    for (const [name, tensor] of sources) {
      const target = options.into?.(name) ?? new Float32Array(elementCount(tensor.shape))
      await weights.read(tensor.name, target)
      await options.write?.(name, target)
    }
    return report
  } finally {
    await weights.close()
  }
}
