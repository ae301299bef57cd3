import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type QuestionFileOptions, readAllQuestionExamples } from './node.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bertsmith-questions-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function read(name: string, content: string | Uint8Array, options?: QuestionFileOptions) {
  const path = join(folder, name)
  writeFileSync(path, content)
  const examples = await readAllQuestionExamples(path, options)
  return examples.map(({ id, answers, source: { file, row, path: place } }) => {
    expect(file).toBe(path)
    return [id, answers[0]?.start, row, place]
  })
}

const context = '👍🏽 a wolf'
const answers = { text: ['wolf'], answer_start: [5] }
const line = (id: string) => JSON.stringify({ id, question: 'who?', context, answers })
const squad = JSON.stringify({
  data: [
    { paragraphs: [{ context, qas: [{ id: 'a', question: 'who?', answers: [{ text: 'wolf', answer_start: 5 }] }] }] },
  ],
})
const place = 'data[0].paragraphs[0].qas[0]'

test('formats by extension, packed, with a byte order mark', async () => {
  expect(await read('a.json', `\ufeff${squad}`)).toEqual([['a', 7, 1, place]])
  expect(await read('a.json.gz', gzipSync(squad))).toEqual([['a', 7, 1, place]])
  const lines = `${line('a')}\r\n\r\n${line('b')}`
  const expected = [
    ['a', 7, 1, undefined],
    ['b', 7, 3, undefined],
  ]
  expect(await read('a.jsonl', lines)).toEqual(expected)
  expect(await read('a.NDJSON.gz', gzipSync(lines))).toEqual(expected)
  expect(await read('a.txt', lines, { format: 'jsonl' })).toEqual(expected)
  expect(await read('b.txt', squad, { format: 'squad' })).toEqual([['a', 7, 1, place]])
})

test('options reach the readers', async () => {
  const moved = line('a').replace('[5]', '[4]')
  await expect(read('c.jsonl', moved)).rejects.toThrow('c.jsonl, row 1: answers.text[0]: expected the answer "wolf"')
  const told: string[] = []
  const options = { repair: true, onRepair: (message: string) => told.push(message) }
  expect(await read('c.jsonl', moved, options)).toEqual([['a', 7, 1, undefined]])
  expect(told).toEqual([
    `${join(folder, 'c.jsonl')}, row 1: answers.text[0]: moved the answer "wolf" from answer_start 4 to 5`,
  ])
})

test('files that cannot be read', async () => {
  await expect(read('d.csv', squad)).rejects.toThrow(
    expect.objectContaining({
      code: 'UNKNOWN_FORMAT',
      message: expect.stringContaining(
        'cannot read questions from the extension ".csv": expected .json, .jsonl, .ndjson',
      ),
    }),
  )
  await expect(read('d', squad)).rejects.toThrow('cannot read questions from a file name without an extension')
  await expect(readAllQuestionExamples(join(folder, 'none.json'))).rejects.toThrow('none.json does not exist')
  await expect(read('e.json', '')).rejects.toThrow('e.json is empty')
  await expect(read('f.json', '{"data": nil}')).rejects.toThrow(
    'f.json, line 1, column 10: expected JSON, found "nil}"',
  )
  await expect(read('g.jsonl', squad)).rejects.toThrow('row 1: this is a document in the format of SQuAD')
})
