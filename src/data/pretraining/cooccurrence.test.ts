import { expect, test } from 'vitest'
import { truncatedSvd } from '../../core/sparse-svd.ts'
import fixture from './cooccurrence.fixture.json' with { type: 'json' }
import { positiveMutualInformation } from './cooccurrence.ts'
import { createMemoryTokenStore } from './token-store.ts'

function store() {
  const writer = createMemoryTokenStore(fixture.vocabSize)
  for (const document of fixture.documents) {
    document.forEach((ids, s) => {
      writer.addSentence(Int32Array.from(ids), s === 0)
    })
  }
  return writer.finish()
}

const dense = ({ rows, columns, rowStarts, columnOf, values }: ReturnType<typeof positiveMutualInformation>) => {
  const matrix = Array.from({ length: rows }, () => Array<number>(columns).fill(0))
  for (let row = 0; row < rows; row++) {
    for (let cell = rowStarts[row]; cell < rowStarts[row + 1]; cell++) matrix[row][columnOf[cell]] = values[cell]
  }
  return matrix
}

test('positive mutual information is that of pairs counted one by one', () => {
  const { window, counted: documents, information } = fixture
  const found = dense(positiveMutualInformation(store(), { window, documents }))
  const differences = found.flatMap((row, i) => row.map((value, j) => Math.abs(value - information[i][j])))
  expect(Math.max(...differences)).toBeLessThan(1e-6) // float32 of values up to 5
  expect(found[11]).toEqual(Array(fixture.vocabSize).fill(0))
})

test('documents that are not named do not count, and by default all do', () => {
  const all = dense(positiveMutualInformation(store()))
  expect(Math.max(...all[11])).toBeGreaterThan(0)
  expect(all[12]).toEqual(Array(fixture.vocabSize).fill(0))
})

/** The fixture's matrix in the form that has no zeros. */
function sparseMatrix() {
  const { matrix } = fixture.sparse
  const rows = matrix.map((row) => [...row.entries()].filter(([, value]) => value !== 0))
  const rowStarts = Uint32Array.from([0, ...rows.map((_, r) => rows.slice(0, r + 1).flat().length)])
  return {
    ...{ rows: matrix.length, columns: matrix[0].length, rowStarts },
    columnOf: Uint32Array.from(rows.flat().map(([column]) => column)),
    values: Float32Array.from(rows.flat().map(([, value]) => value)),
  }
}

test('singular values and vectors are those of LAPACK', () => {
  const { left, singularValues } = fixture.sparse
  const found = truncatedSvd(sparseMatrix(), singularValues.length, { seed: 3 })
  singularValues.forEach((value, i) => {
    expect(Math.abs(found.singularValues[i] - value)).toBeLessThan(1e-9 * singularValues[0])
    const differences = left.map((row, r) => Math.abs(found.left[r * singularValues.length + i] - row[i]))
    expect(Math.max(...differences)).toBeLessThan(1e-6)
  })
})

test('beyond the rank there are zeros', () => {
  const matrix = { rows: 3, columns: 2, rowStarts: Uint32Array.of(0, 1, 1, 2), columnOf: Uint32Array.of(1, 1) }
  const { left, singularValues } = truncatedSvd({ ...matrix, values: Float32Array.of(3, -4) }, 3)
  expect(singularValues[0]).toBeCloseTo(5, 10)
  expect([...singularValues.subarray(1)].every((value) => value < 1e-6)).toBe(true)
  expect([left[0], left[3], left[6]].map((value) => Number(value.toFixed(6)))).toEqual([-0.6, 0, 0.8])
})
