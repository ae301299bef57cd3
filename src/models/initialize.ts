import { randomStream } from '../core/random.ts'
import { elementCount } from '../core/shape.ts'
import type { ParameterSpec } from './architecture.ts'

/**
 * A parameter's first values. Weights come from a normal distribution of standard deviation `range`, cut off at two
 * standard deviations as in BERT's own code (google-research/bert `modeling.py`, create_initializer), and those of adapters
 * from torch.nn.init.kaiming_uniform_(a=sqrt(5)); they depend on the seed and the parameter's name alone.
 */
export function initialValues({ name, shape, init }: ParameterSpec, range: number, seed: number): Float32Array {
  const values = new Float32Array(elementCount(shape))
  if (init === 'ones') return values.fill(1)
  if (init === 'zeros') return values
  const random = randomStream(seed, 'initialize', name)
  if (init === 'kaiming') {
    const bound = 1 / Math.sqrt(shape[1])
    return values.map(() => (2 * random.uniform() - 1) * bound)
  }
  for (let i = 0; i < values.length; i++) values[i] = random.truncatedNormal(2) * range
  return values
}
