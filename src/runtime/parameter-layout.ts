import { ConfigError } from '../core/errors.ts'
import { elementCount } from '../core/shape.ts'

/** A parameter of a model, as its checkpoint names it. */
export interface ParameterShape {
  readonly name: string
  readonly shape: readonly number[]
}

/** Where a parameter lies in the flat arrays of weights, gradients and optimiser state. */
export interface ParameterSlot extends ParameterShape {
  /** Index of the first element. */
  readonly offset: number
  /** Number of elements. */
  readonly size: number
}

/** All parameters of a model in one flat array each for weights, gradients and moments. */
export interface ParameterLayout {
  readonly slots: readonly ParameterSlot[]
  /** Elements of the whole array; the gaps between parameters stay 0. */
  readonly size: number
}

/** Parameters start at multiples of 16 floats, a cache line. */
const alignment = 16

/** Lays parameters out one behind the other in the order given. @throws ConfigError if a name comes twice */
export function layoutParameters(parameters: readonly ParameterShape[]): ParameterLayout {
  const slots: ParameterSlot[] = []
  const names = new Set<string>()
  let offset = 0
  for (const { name, shape } of parameters) {
    if (names.has(name)) throw new ConfigError('DUPLICATE_PARAMETER', `two parameters are named "${name}"`)
    names.add(name)
    const size = elementCount(shape)
    slots.push({ name, shape, offset, size })
    offset += Math.ceil(size / alignment) * alignment
  }
  return { slots, size: offset }
}
