/**
 * Calls `onRun` for each run of code points in a table: base-36 gaps since the last run, each with `.length` where it is
 * not 1, and `.value` behind that where the table has values.
 */
export function forEachRun(runs: string, onRun: (start: number, end: number, value: number) => void): void {
  let at = 0
  for (const run of runs.split(' ')) {
    const [gap, length = '1', value = '1'] = run.split('.')
    const start = at + Number.parseInt(gap, 36)
    at = start + Number.parseInt(length, 36)
    onRun(start, at, Number.parseInt(value, 36))
  }
}

/** A byte for each code point: an OR of the flags of the tables that it is in. */
export function codePointTable(tables: readonly (readonly [flag: number, runs: string])[]): Uint8Array {
  const table = new Uint8Array(0x110000)
  for (const [flag, runs] of tables) {
    forEachRun(runs, (start, end) => {
      for (let i = start; i < end; i++) table[i] |= flag
    })
  }
  return table
}

/** A byte for each code point: the values of the table's runs, 0 elsewhere. */
export function codePointValues(runs: string): Uint8Array {
  const table = new Uint8Array(0x110000)
  forEachRun(runs, (start, end, value) => table.fill(value, start, end))
  return table
}
