import { randomStream } from '../src/core/random.ts'
import type { Attributes, DType, Op, SampleTensor } from '../src/graph/graph.ts'
import { ops } from '../src/graph/ops/index.ts'

/** A tensor of a sample with its values filled in. */
export interface FilledTensor {
  dtype: DType
  shape: number[]
  values: number[]
  /** Not differentiated. */
  fixed: boolean
}

/** A sample of an op, ready to run. */
export interface OpCase {
  /** `Op:index` */
  key: string
  op: Op
  attributes: Attributes
  inputs: FilledTensor[]
}

/** Every sample of every op; values depend on the op's name and the sample's place alone. */
export function opCases(): OpCase[] {
  return ops.flatMap((op) =>
    op.samples.map((sample, index) => {
      const key = `${op.name}:${index}`
      const inputs = sample.inputs.map((tensor, i) => fill(tensor, `${key}:${i}`))
      return { key, op, attributes: sample.attributes ?? {}, inputs }
    }),
  )
}

/** Weights of the sum that the gradients are taken of, one for each element of the first output. */
export function lossWeights(key: string, count: number): number[] {
  const random = randomStream('loss weights', key)
  return Array.from({ length: count }, () => Math.fround(random.uniform() * 2 - 1))
}

function fill(
  { shape, dtype = 'float32', range = [-1, 1], values, fixed = false }: SampleTensor,
  path: string,
): FilledTensor {
  const count = shape.reduce((product, dim) => product * dim, 1)
  const random = randomStream('op sample', path)
  const [low, high] = range
  const draw = () =>
    dtype === 'float32' ? Math.fround(low + (high - low) * random.uniform()) : low + random.integer(high - low + 1)
  return { dtype, shape: [...shape], fixed, values: values ? [...values] : Array.from({ length: count }, draw) }
}
