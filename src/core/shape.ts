import { ShapeError } from './errors.ts'

/** A dimension: a number, or a name such as `batch` that is bound when the graph runs. */
export type Dim = number | string
export type Shape = readonly Dim[]

/** `[batch, 12]` */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i])
}

/** The number of elements of a shape without named dimensions. @throws ShapeError if a dimension is a name */
export function elementCount(shape: Shape): number {
  let count = 1
  for (const dim of shape) {
    if (typeof dim !== 'number') {
      throw new ShapeError('SYMBOLIC_DIM', `cannot count the elements of ${formatShape(shape)}: "${dim}" is a name`)
    }
    count *= dim
  }
  return count
}

/**
 * The shape that NumPy broadcasting of `a` and `b` gives. A name matches itself and 1.
 * @throws ShapeError if two dimensions differ and neither is 1
 */
export function broadcastShapes(a: Shape, b: Shape): Dim[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1
    const y = b[i - rank + b.length] ?? 1
    if (x === y || y === 1) return x
    if (x === 1) return y
    throw new ShapeError(
      'BROADCAST',
      `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast: ${x} against ${y}`,
    )
  })
}

/** Turns a negative axis into its positive twin. @throws ShapeError if it is out of range */
export function normalizeAxis(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(positive) || positive < 0 || positive >= rank) {
    throw new ShapeError('AXIS', `axis ${axis} is out of range for a tensor of rank ${rank}`)
  }
  return positive
}
