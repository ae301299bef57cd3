import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadModel } from '../checkpoints/node.ts'
import { loadTokenizer } from '../tokenizers/node.ts'
import {
  labelledCsv,
  makeModelFolder,
  makeVocabulary,
  type ProgramResult,
  startProgram,
  temporaryDirectory,
} from './program.samples.ts'

let folder: string
let undisturbed: { weights: Buffer; seconds: number }

const args = (output: string, ...more: string[]) => [
  ...'finetune --task text-classification --model base --train train.csv --eval-split 0.1 --threads 1'.split(' '),
  ...'--epochs 6 --batch-size 4 --save-strategy steps --save-steps 40 --json --output'.split(' '),
  output,
  ...more,
]
const weightsOf = (output: string) => readFile(join(folder, output, 'model.safetensors'))

beforeAll(async () => {
  folder = await temporaryDirectory()
  await makeVocabulary(join(folder, 'tok'))
  await makeModelFolder(join(folder, 'base'), join(folder, 'tok'))
  await writeFile(join(folder, 'train.csv'), labelledCsv(400, 1))
  const { status, stdout, stderr } = await startProgram(args('whole'), folder).done
  expect(status, stderr).toBe(0)
  undisturbed = { weights: await weightsOf('whole'), seconds: JSON.parse(stdout).seconds }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Waits until a run has written its first model, or has ended. */
async function begun(output: string, done: Promise<ProgramResult>): Promise<void> {
  let ended = false
  void done.then(() => {
    ended = true
  })
  while (!ended && !(await readdir(join(folder, output)).catch(() => [] as string[])).includes('config.json'))
    await wait(5)
}

/** Loads the folder again and again until the run ends: it must hold a whole model at every moment. */
async function loadsUntil(output: string, done: Promise<ProgramResult>): Promise<number> {
  let ended = false
  void done.then(() => {
    ended = true
  })
  let loads = 0
  while (!ended) {
    const model = await loadModel(join(folder, output), 'sequence-classification', { requireHead: true, threads: 1 })
    await model.close()
    await loadTokenizer(join(folder, output))
    loads++
  }
  return loads
}

test('kill -9 at random moments, then --resume: the weights are those of a run that was never disturbed', async () => {
  let resume: string[] = []
  for (let kill = 0; kill < 2; kill++) {
    const { child, done } = startProgram(args('killed', ...resume), folder)
    await begun('killed', done)
    const loading = loadsUntil('killed', done)
    await wait(Math.random() * 0.8 * undisturbed.seconds * 1000)
    child.kill('SIGKILL')
    expect((await done).status).toBeNull() // it was still running
    expect(await loading).toBeGreaterThan(0)
    resume = ['--resume']
  }
  const { child, done } = startProgram(args('killed', '--resume'), folder)
  const loading = loadsUntil('killed', done)
  const { status, stderr } = await done
  expect(child.killed).toBe(false)
  expect(status, stderr).toBe(0)
  await loading
  expect((await weightsOf('killed')).equals(undisturbed.weights), stderr).toBe(true)
  const left = (await readdir(join(folder, 'killed'))).filter((name) => name.startsWith('.') || name.endsWith('.tmp'))
  expect(left).toEqual([])
})

test('Ctrl-C saves a checkpoint and ends with 130; --resume goes on to the same weights, other settings are refused', async () => {
  const { child, done } = startProgram(args('stopped'), folder)
  await begun('stopped', done)
  await wait(0.3 * undisturbed.seconds * 1000)
  child.kill('SIGINT')
  const { status, stdout, stderr } = await done
  expect(status, stderr).toBe(130)
  const { error } = JSON.parse(stdout)
  expect(error.code).toBe('INTERRUPTED')
  const step = /stopped after step (\d+) of 540; saved stopped.checkpoint-\1\. .*--resume/.exec(error.message)?.[1]
  expect(await readdir(join(folder, 'stopped'))).toContain(`checkpoint-${step}`)
  expect(stderr).toContain('Stopping after this step')

  const other = await startProgram(args('stopped', '--resume', '--learning-rate', '0.1'), folder).done
  expect(other.status).toBe(2)
  expect(JSON.parse(other.stdout).error.message).toContain('--learning-rate: 0.00005 -> 0.1')

  const resumed = await startProgram(args('stopped', '--resume'), folder).done
  expect(resumed.status, resumed.stderr).toBe(0)
  expect(resumed.stderr).toContain(`going on from checkpoint-${step}`)
  expect((await weightsOf('stopped')).equals(undisturbed.weights)).toBe(true)
})
