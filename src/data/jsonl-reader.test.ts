/** JSON that can be read, but is nested more deeply than it can be written. */
import { expect, test } from 'vitest'
import { DataError } from '../core/errors.ts'
import { readJsonl } from './jsonl-reader.ts'
import type { Line } from './lines.ts'
import { readMultiLabelObjects } from './multi-label/multi-label-reader.ts'
import { readChoiceObjects } from './multiple-choice/choice-reader.ts'

const deep = '['.repeat(200_000) + ']'.repeat(200_000)

async function* lines(line: string): AsyncGenerator<Line> {
  yield { line, row: 1 }
}

async function reads(examples: AsyncGenerator<unknown>): Promise<void> {
  for await (const _ of examples);
}

test.each([
  ['a line', deep],
  ['a text', `{"text": ${deep}, "label": "x"}`],
  ['a label', `{"text": "x", "label": ${deep}}`],
])('%s that is nested deeply is an error in its row', async (_, line) => {
  const refused = reads(readJsonl(lines(line), 'deep.jsonl'))
  await expect(refused).rejects.toThrow(/^deep.jsonl, row 1.*an array \("nested too deeply/)
  await expect(refused).rejects.toThrow(DataError)
})

test('a label of several, and the place of a choice', async () => {
  const labels = reads(readMultiLabelObjects(lines(`{"text": "x", "label": ${deep}}`), 'deep.jsonl'))
  await expect(labels).rejects.toThrow(DataError)
  const marks = reads(
    readMultiLabelObjects(lines(`{"text": "x", "a": ${deep}}`), 'deep.jsonl', { labelColumns: ['a'] }),
  )
  await expect(marks).rejects.toThrow(/found "nested too deeply/)
  const line = `{"question": "x", "choices": ["a", "b"], "label": ${deep}}`
  await expect(reads(readChoiceObjects(lines(line), 'deep.jsonl'))).rejects.toThrow(/"nested too deeply/)
})
