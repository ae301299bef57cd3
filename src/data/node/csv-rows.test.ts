import { expect, test } from 'vitest'
import fixture from './csv-rows.fixture.json' with { type: 'json' }
import { csvRows } from './csv-rows.ts'

async function* pieces(text: string, size: number): AsyncGenerator<string> {
  // By code points, since a decoder never cuts one.
  const points = [...text]
  for (let i = 0; i < points.length; i += size) yield points.slice(i, i + size).join('')
}

test.each(fixture.cases)("as Python's csv module reads it, in chunks of any size: $name", async ({ text, rows }) => {
  for (const size of [1, 2, 3, 7, 1000]) {
    const read: string[][] = []
    for await (const { cells } of csvRows(pieces(text, size), 'x.csv')) read.push(cells)
    expect(read).toEqual(rows)
  }
})
