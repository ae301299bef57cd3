import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pipeline } from '../pipelines/node.ts'
import { makeModelFolder, makeVocabulary, runHere, temporaryDirectory } from './program.samples.ts'

let folder: string
let model: string
beforeAll(async () => {
  folder = await temporaryDirectory()
  model = join(folder, 'model')
  await makeVocabulary(join(folder, 'tok'))
  await makeModelFolder(model, join(folder, 'tok'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const predict = async (...args: string[]) => {
  const { status, stdout, stderr } = await runHere(['predict', '--model', model, '--threads', '1', ...args])
  expect(status, stderr + stdout).toBe(0)
  return { stdout, stderr }
}

const one = 'bright good [MASK]'
const two = '[MASK] bad [MASK]'

test('--json has the fills of a text; a list for each mask; a list for each of several texts', async () => {
  const fill = await pipeline('fill-mask', model, { threads: 1 })
  const [ofOne, ofTwo] = await fill([one, two])
  await fill.close()
  const json = async (...args: string[]) => JSON.parse((await predict('--json', ...args)).stdout)
  expect(await json(one)).toEqual({ fills: ofOne })
  expect(ofOne).toHaveLength(5)
  expect(Object.keys(ofOne[0])).toEqual(['token', 'tokenId', 'score', 'sequence'])
  expect(await json(two)).toEqual({ fills: ofTwo })
  expect(await json(one, two)).toEqual({ fills: [ofOne, ofTwo] })
  await writeFile(join(folder, 'texts.txt'), `${one}\n`)
  expect(await json('--input', join(folder, 'texts.txt'))).toEqual({ fills: [ofOne] })
})

test('--top-k and --targets choose; a target that is no token is told', async () => {
  const { stdout, stderr } = await predict('--json', one, '--top-k', '2', '--targets', 'film', 'dull', 'xyz')
  const { fills } = JSON.parse(stdout)
  expect(fills).toHaveLength(2)
  for (const { token } of fills) expect(['film', 'dull', '[UNK]']).toContain(token)
  expect(stderr).toContain('the target "xyz" is no token: "[UNK]" is taken')
})

test('for people, a line a fill', async () => {
  const { stdout } = await predict(one, two, '--top-k', '2')
  const lines = stdout.trimEnd().split('\n')
  expect(lines).toHaveLength(1 + 2 + 1 + 2 + 1 + 2)
  expect(lines[0]).toMatch(/score +token +sequence/)
  expect(lines[1]).toMatch(/^ +0\.\d{4} +\S+ +bright good/)
})

test('files have all of it, a line a text or a line a fill', async () => {
  await writeFile(join(folder, 'both.csv'), `text\n${one}\n${two}\n`)
  const args = ['--input', join(folder, 'both.csv'), '--top-k', '2', '--output']
  await predict(...args, join(folder, 'fills.jsonl'))
  const records = (await readFile(join(folder, 'fills.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(records.map(({ text, fills }) => [text, fills.length])).toEqual([
    [one, 2],
    [two, 2],
  ])
  expect(records[1].fills[0]).toHaveLength(2)
  const { stdout } = await predict(...args, join(folder, 'fills.csv'))
  expect(stdout).toContain('fills.csv: 2 predictions')
  const rows = (await readFile(join(folder, 'fills.csv'), 'utf8')).trim().split('\n')
  expect(rows[0]).toBe('text,mask,rank,token,token_id,score,sequence')
  expect(rows.slice(1).map((row) => row.split(',').slice(0, 3).join())).toEqual([
    `${one},1,1`,
    `${one},1,2`,
    `${two},1,1`,
    `${two},1,2`,
    `${two},2,1`,
    `${two},2,2`,
  ])
})

test('pairs of texts are refused, by their number', async () => {
  await writeFile(join(folder, 'pairs.csv'), `text,text_pair\n${one},good\n`)
  const run = await runHere(['predict', '--model', model, '--input', join(folder, 'pairs.csv'), '--json'])
  expect(run.status).toBe(2)
  expect(JSON.parse(run.stdout).error).toMatchObject({ code: 'TEXT_PAIR', message: expect.stringContaining('text 1') })
})
