/**
 * The update of optimisers that keep no more of a matrix's second moments than the means of its rows and columns. It looks at
 * whole matrices, which no element-wise kernel does, and computes in float64.
 */
import { elementCount } from '../core/shape.ts'

/** What such an update is set by. */
export interface FactoredSettings {
  /** Scale the step by the weights' root mean square, and let it be at most `largestStep`. */
  relativeStep: boolean
  /** Updates are scaled down to this root mean square. */
  clipThreshold: number
  /** Square roots of second moments, and the mean of a matrix's second moments, are at least this. */
  epsilon: number
  /** Added to the squares of gradients. */
  squareEpsilon: number
  /** The root mean square of the weights counts as at least this. */
  minimumScale: number
}

/** Where a parameter's state lies. A vector is a matrix of one row, whose column means are its second moments. */
export interface FactoredPlace {
  /** Matrices behind one another, each rows by columns. */
  matrices: number
  rows: number
  columns: number
  /** First elements in `rowMeans`, which vectors do not have, and in `columnMeans` or a vector's `secondMoment`. */
  rowsAt?: number
  columnsAt: number
}

/** State arrays, all 0 at first. */
export const factoredSlots = ['rowMeans', 'columnMeans', 'secondMoment'] as const

/** The shape of a parameter's state, or undefined if it has none of this kind: matrices are the last two dimensions. */
export function factoredShape(slot: string, shape: readonly number[]): readonly number[] | undefined {
  if (shape.length < 2) return slot === 'secondMoment' ? shape : undefined
  if (slot === 'rowMeans') return [...shape.slice(0, -1), 1]
  if (slot === 'columnMeans') return [...shape.slice(0, -2), 1, shape[shape.length - 1]]
  return undefined
}

/** @param offset where a parameter's state lies in the array of a slot */
export function factoredPlace(shape: readonly number[], offset: (slot: string) => number): FactoredPlace {
  if (shape.length < 2) return { matrices: 1, rows: 1, columns: elementCount(shape), columnsAt: offset('secondMoment') }
  const [rows, columns] = shape.slice(-2)
  const matrices = elementCount(shape.slice(0, -2))
  return { matrices, rows, columns, rowsAt: offset('rowMeans'), columnsAt: offset('columnMeans') }
}

/** A step of one parameter. */
export interface FactoredStep {
  learningRate: number
  weightDecay: number
  gradientScale: number
  /** Share of the new squares in the second moments, above 0 and at most 1. */
  newShare: number
  largestStep: number
}

/**
 * Updates a parameter and its state in place.
 *
 * With g scaled, and means r of rows and c of columns: r = (1 - share) r + share mean(g^2 + squareEpsilon), c likewise;
 * u = g / max(sqrt(r c / max(mean r, epsilon)), epsilon), for vectors c in place of the quotient;
 * w = w (1 - lr decay) - step u / max(1, rms(u) / clipThreshold), where step is lr, or with `relativeStep`
 * max(minimumScale, rms(w)) min(lr, largestStep).
 * @param arrays `weights` and `gradients`: the parameter's own; slots: whole
 */
export function factoredUpdate(
  arrays: { weights: Float32Array; gradients: Float32Array; slot(name: string): Float32Array },
  place: FactoredPlace,
  { learningRate, weightDecay, gradientScale, newShare, largestStep }: FactoredStep,
  { relativeStep, clipThreshold, epsilon, squareEpsilon, minimumScale }: FactoredSettings,
): void {
  const { weights, gradients } = arrays
  const squares = meansOfSquares(gradients, place, gradientScale)
  const { rowsAt, columnsAt } = place
  const rowMeans = rowsAt === undefined ? undefined : part(arrays.slot('rowMeans'), rowsAt, squares.rows.length)
  const columnMeans = part(arrays.slot(rowMeans ? 'columnMeans' : 'secondMoment'), columnsAt, squares.columns.length)
  if (rowMeans) follow(rowMeans, squares.rows, newShare, squareEpsilon)
  follow(columnMeans, squares.columns, newShare, squareEpsilon)

  // 1 / sqrt(r c / mean r) is a product of two, so that no element needs a root or a quotient of its own.
  const rowFactors = rowMeans ? factorsOfRows(rowMeans, place.rows, epsilon) : [1]
  const columnFactors = Float64Array.from(columnMeans, (mean) => 1 / Math.sqrt(mean))
  const largest = 1 / epsilon
  let squaredUpdate = 0
  eachRow(place, (row, first, column) => {
    const factor = rowFactors[row]
    for (let j = 0; j < place.columns; j++) {
      const u = gradients[first + j] * Math.min(factor * columnFactors[column + j], largest)
      squaredUpdate += u * u
    }
  })
  const updateScale = gradientScale * Math.sqrt(squaredUpdate / gradients.length)
  const step = relativeStep
    ? Math.max(minimumScale, rootMeanSquare(weights)) * Math.min(learningRate, largestStep)
    : learningRate
  const stepSize = (gradientScale * step) / Math.max(1, updateScale / clipThreshold)
  const kept = 1 - learningRate * weightDecay
  eachRow(place, (row, first, column) => {
    const factor = rowFactors[row]
    for (let j = 0; j < place.columns; j++) {
      const u = gradients[first + j] * Math.min(factor * columnFactors[column + j], largest)
      weights[first + j] = kept * weights[first + j] - stepSize * u
    }
  })
}

/** Calls `visit` for the rows of all matrices with the row's first element and its matrix's first column. */
function eachRow(
  { matrices, rows, columns }: FactoredPlace,
  visit: (row: number, first: number, column: number) => void,
): void {
  for (let row = 0; row < matrices * rows; row++) visit(row, row * columns, Math.floor(row / rows) * columns)
}

/** Means of the squares of each row and of each column. */
function meansOfSquares(values: Float32Array, place: FactoredPlace, scale: number) {
  const { matrices, rows, columns } = place
  const rowMeans = new Float64Array(matrices * rows)
  const columnMeans = new Float64Array(matrices * columns)
  eachRow(place, (row, first, column) => {
    let sum = 0
    for (let j = 0; j < columns; j++) {
      const value = values[first + j] * scale
      const square = value * value
      sum += square
      columnMeans[column + j] += square
    }
    rowMeans[row] = sum / columns
  })
  for (let j = 0; j < columnMeans.length; j++) columnMeans[j] /= rows
  return { rows: rowMeans, columns: columnMeans }
}

/** sqrt(mean / r) for each row, with the mean over its own matrix. */
function factorsOfRows(rowMeans: Float32Array, rows: number, epsilon: number): Float64Array {
  const factors = new Float64Array(rowMeans.length)
  for (let first = 0; first < factors.length; first += rows) {
    let sum = 0
    for (let i = first; i < first + rows; i++) sum += rowMeans[i]
    const mean = Math.max(sum / rows, epsilon)
    for (let i = first; i < first + rows; i++) factors[i] = Math.sqrt(mean / rowMeans[i])
  }
  return factors
}

const part = (array: Float32Array, start: number, length: number) => array.subarray(start, start + length)

/** Moves an average towards new squares. */
function follow(average: Float32Array, squares: Float64Array, share: number, squareEpsilon: number): void {
  for (let i = 0; i < average.length; i++) average[i] += share * (squares[i] + squareEpsilon - average[i])
}

function rootMeanSquare(values: Float32Array): number {
  let sum = 0
  for (const value of values) sum += value * value
  return Math.sqrt(sum / values.length)
}
