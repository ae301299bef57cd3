import { randomStream } from './random.ts'

/** A matrix of which most cells are 0, row by row. */
export interface SparseMatrix {
  readonly rows: number
  readonly columns: number
  /** `[rows + 1]`: where each row's cells begin, and the number of cells. */
  readonly rowStarts: Uint32Array
  /** The column of each cell. */
  readonly columnOf: Uint32Array
  readonly values: Float32Array
}

/** Passes over the matrix; each makes the ratio of two values in the error the square of itself smaller. */
const passes = 4
/** Vectors beyond those that are wanted, which make the last of these accurate. */
const extraVectors = 16

/**
 * The largest singular values and their left singular vectors, A ~ U diag(S) V^T, by subspace iteration from random vectors
 * (Halko, Martinsson and Tropp 2011, "Finding structure with randomness", algorithm 4.4). Where singular values lie close to
 * each other, vectors mix among them; the space that they span is accurate. Each vector's largest component is positive.
 * @param rank how many are wanted; beyond the matrix's own rank, values are 0 and vectors are zeros
 * @returns `left: float64 [rows, rank]`, `singularValues: float64 [rank]`, descending
 */
export function truncatedSvd(
  matrix: SparseMatrix,
  rank: number,
  { seed = 0 }: { seed?: number } = {},
): { left: Float64Array; singularValues: Float64Array } {
  const { rows } = matrix
  const width = Math.min(rank + extraVectors, rows, matrix.columns)
  const random = randomStream(seed, 'truncated-svd')
  let basis = orthonormal(
    Float64Array.from({ length: rows * width }, () => random.normal()),
    rows,
    width,
  )
  let image = timesTransposed(matrix, basis, width) // A^T Q
  for (let pass = 1; pass < passes; pass++) {
    basis = orthonormal(times(matrix, orthonormal(image, matrix.columns, width), width), rows, width)
    image = timesTransposed(matrix, basis, width)
  }
  // A A^T within the space of the basis: its eigenvalues are the squares of the singular values.
  const { values, vectors } = symmetricEigen(gram(image, width), width)
  const order = [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, rank)
  const left = new Float64Array(rows * rank)
  const singularValues = new Float64Array(rank)
  order.forEach((from, to) => {
    singularValues[to] = Math.sqrt(Math.max(0, values[from]))
    let largest = 0
    for (let row = 0; row < rows; row++) {
      let sum = 0
      for (let i = 0; i < width; i++) sum += basis[row * width + i] * vectors[i * width + from]
      left[row * rank + to] = sum
      if (Math.abs(sum) > Math.abs(largest)) largest = sum
    }
    if (largest < 0) for (let row = 0; row < rows; row++) left[row * rank + to] *= -1
  })
  return { left, singularValues }
}

/** A X. @param dense float64 [columns, width] @returns float64 [rows, width] */
function times({ rows, rowStarts, columnOf, values }: SparseMatrix, dense: Float64Array, width: number): Float64Array {
  const out = new Float64Array(rows * width)
  for (let row = 0; row < rows; row++) {
    for (let cell = rowStarts[row]; cell < rowStarts[row + 1]; cell++) {
      const [value, from, to] = [values[cell], columnOf[cell] * width, row * width]
      for (let i = 0; i < width; i++) out[to + i] += value * dense[from + i]
    }
  }
  return out
}

/** A^T X. @param dense float64 [rows, width] @returns float64 [columns, width] */
function timesTransposed(matrix: SparseMatrix, dense: Float64Array, width: number): Float64Array {
  const { rows, columns, rowStarts, columnOf, values } = matrix
  const out = new Float64Array(columns * width)
  for (let row = 0; row < rows; row++) {
    for (let cell = rowStarts[row]; cell < rowStarts[row + 1]; cell++) {
      const [value, from, to] = [values[cell], row * width, columnOf[cell] * width]
      for (let i = 0; i < width; i++) out[to + i] += value * dense[from + i]
    }
  }
  return out
}

/** X^T X. @param dense float64 [rows, width] @returns float64 [width, width] */
function gram(dense: Float64Array, width: number): Float64Array {
  const out = new Float64Array(width * width)
  for (let from = 0; from < dense.length; from += width) {
    for (let i = 0; i < width; i++) {
      const x = dense[from + i]
      for (let j = 0; j < width; j++) out[i * width + j] += x * dense[from + j]
    }
  }
  return out
}

/**
 * The columns made orthonormal, by modified Gram-Schmidt, twice over, since once is not enough for columns that are nearly
 * alike. A column that depends on those before becomes zeros.
 * @param dense float64 [rows, width]
 */
function orthonormal(dense: Float64Array, rows: number, width: number): Float64Array {
  const vectors = Array.from({ length: width }, (_, i) =>
    Float64Array.from({ length: rows }, (_, r) => dense[r * width + i]),
  )
  for (let i = 0; i < width; i++) {
    const vector = vectors[i]
    const before = Math.sqrt(dot(vector, vector))
    for (let round = 0; round < 2; round++) {
      for (let j = 0; j < i; j++) addScaled(vector, vectors[j], -dot(vector, vectors[j]))
    }
    const norm = Math.sqrt(dot(vector, vector))
    const scale = norm > 1e-12 * before ? 1 / norm : 0
    for (let r = 0; r < rows; r++) vector[r] *= scale
  }
  const out = new Float64Array(rows * width)
  vectors.forEach((vector, i) => {
    for (let r = 0; r < rows; r++) out[r * width + i] = vector[r]
  })
  return out
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

function addScaled(target: Float64Array, source: Float64Array, scale: number): void {
  for (let i = 0; i < target.length; i++) target[i] += scale * source[i]
}

/**
 * Eigenvalues and eigenvectors by Jacobi's rotations (Golub and Van Loan, "Matrix computations", section 8.5).
 * @param matrix float64 [n, n], symmetric; overwritten
 * @returns `vectors: float64 [n, n]`, an eigenvector a column
 */
function symmetricEigen(matrix: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } {
  const vectors = Float64Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0))
  const size = Math.sqrt(dot(matrix, matrix))
  for (let sweep = 0; sweep < 30 && offDiagonal(matrix, n) > 1e-14 * size; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const pq = matrix[p * n + q]
        if (Math.abs(pq) <= 1e-300) continue
        const theta = (matrix[q * n + q] - matrix[p * n + p]) / (2 * pq)
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
        const cosine = 1 / Math.sqrt(t * t + 1)
        const sine = t * cosine
        rotateRows(matrix, n, p, q, cosine, sine)
        rotateColumns(matrix, n, p, q, cosine, sine)
        rotateColumns(vectors, n, p, q, cosine, sine)
      }
    }
  }
  return { values: Float64Array.from({ length: n }, (_, i) => matrix[i * (n + 1)]), vectors }
}

function offDiagonal(matrix: Float64Array, n: number): number {
  let sum = 0
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (i !== j) sum += matrix[i * n + j] ** 2
  return Math.sqrt(sum)
}

function rotateRows(matrix: Float64Array, n: number, p: number, q: number, cosine: number, sine: number): void {
  for (let i = 0; i < n; i++) {
    const [a, b] = [matrix[p * n + i], matrix[q * n + i]]
    matrix[p * n + i] = cosine * a - sine * b
    matrix[q * n + i] = sine * a + cosine * b
  }
}

function rotateColumns(matrix: Float64Array, n: number, p: number, q: number, cosine: number, sine: number): void {
  for (let i = 0; i < n; i++) {
    const [a, b] = [matrix[i * n + p], matrix[i * n + q]]
    matrix[i * n + p] = cosine * a - sine * b
    matrix[i * n + q] = sine * a + cosine * b
  }
}
