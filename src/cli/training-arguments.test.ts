/** docs/training-arguments.md says what the code and transformers have: scripts/fixtures/training_arguments.py. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { trainingDefaults } from '../training/training-arguments.ts'
import { commonFlags, type Flags, kebabCase } from './command.ts'
import fixture from './training-arguments.fixture.json' with { type: 'json' }
import { trainingFlags } from './training-flags.ts'

const page = readFileSync(new URL('../../docs/training-arguments.md', import.meta.url), 'utf8')
const theirs: Readonly<Record<string, unknown>> = fixture.fields
const flags: Flags = { ...commonFlags, ...trainingFlags }

/** Cells of the rows that begin with a name in code; of tables with six columns. */
const rows = page
  .split('\n')
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .filter((cells) => cells.length === 6 && cells[0].startsWith('`'))
  .map(([name, flag, value, theirName, theirValue]) => ({ name, flag, value, theirName, theirValue }))

/** How the page writes a value. */
function written(value: unknown): string {
  if (value === null || (typeof value === 'object' && Object.keys(value).length === 0)) return 'none'
  return `\`${typeof value === 'number' && value > 0 && value < 1e-3 ? value.toExponential() : value}\``
}

test('every setting has a row, and every row a setting', () => {
  expect(rows.map(({ name }) => name).sort()).toEqual(
    Object.keys(trainingDefaults)
      .map((name) => `\`${name}\``)
      .sort(),
  )
})

describe.each(rows)('$name', ({ name, flag, value, theirName, theirValue }) => {
  const key = name.replaceAll('`', '') as keyof typeof trainingDefaults

  test('has its flag and its default', () => {
    expect(flag).toBe(`\`--${kebabCase(key)}\``)
    expect(Object.keys(flags)).toContain(kebabCase(key))
    expect(value).toBe(written(trainingDefaults[key]))
  })

  test.skipIf(theirName === '')('has the default of transformers beside it', () => {
    const field = theirName.replaceAll('`', '')
    expect(Object.keys(theirs)).toContain(field)
    expect(theirValue).toBe(written(theirs[field]))
  })
})

test('every argument of transformers is named', () => {
  const named = [...page.matchAll(/`([a-z0-9_]+)`/g)].map(([, name]) => name)
  expect(Object.keys(theirs).filter((name) => !named.includes(name))).toEqual([])
})
