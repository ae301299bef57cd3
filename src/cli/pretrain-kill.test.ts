import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { leftovers, loadsUntil, type Moment, makePretrainingData, resultOf, runAndKill } from './killed-runs.samples.ts'
import { runHere, temporaryDirectory } from './program.samples.ts'

let folder: string

beforeAll(async () => {
  folder = await temporaryDirectory()
  await makePretrainingData(folder, 600)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const args = (output: string, ...more: string[]) => [
  ...['pretrain', '--corpus', join(folder, 'texts.txt'), '--model', join(folder, 'base'), '--max-length', '16'],
  ...'--eval-share 0.1 --max-steps 90 --batch-size 4 --eval-strategy steps --eval-steps 20'.split(' '),
  ...'--save-strategy steps --save-steps 25 --threads 1 --json --output'.split(' '),
  ...[join(folder, output), ...more],
]

// Ten kills, at more moments and with other objectives: pretrain-kill.slow.test.ts.
test('kill -9 while the corpus is tokenised, in an evaluation and in a save; --resume ends as if nothing had been', async () => {
  const whole = await runHere(args('whole'))
  expect(whole.status, whole.stderr).toBe(0)
  const moments: Moment[] = ['tokenising', 'evaluation', 'checkpoint']
  for (const [i, moment] of moments.entries()) {
    const more = i > 0 ? ['--resume'] : []
    const { left } = await runAndKill({ folder, output: 'killed', args: args('killed', ...more) }, moment)
    if (moment === 'tokenising') expect(left).toEqual(['corpus', expect.stringMatching(/^corpus\/.*\.tmp$/)])
  }
  const done = runHere(args('killed', '--resume'))
  const loading = loadsUntil(join(folder, 'killed'), done)
  const { status, stderr } = await done
  expect(status, stderr).toBe(0)
  expect(await loading).toBeGreaterThan(0)
  expect(await resultOf(join(folder, 'killed'))).toEqual(await resultOf(join(folder, 'whole')))
  expect(await leftovers(join(folder, 'killed'))).toEqual([])
})
