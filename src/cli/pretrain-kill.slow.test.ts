import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Killed,
  leftovers,
  loadsUntil,
  type Moment,
  makePretrainingData,
  resultOf,
  runAndKill,
} from './killed-runs.samples.ts'
import { startProgram, temporaryDirectory } from './program.samples.ts'

let folder: string

beforeAll(async () => {
  folder = await temporaryDirectory()
  await makePretrainingData(folder, 3000)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const args = (objective: string, output: string, ...more: string[]) => [
  ...['pretrain', '--corpus', 'texts.txt', '--objective', objective, '--max-length', '16', '--eval-share', '0.05'],
  ...(objective === 'rtd'
    ? '--size tiny --tokenizer tok --max-steps 72 --eval-steps 9 --save-steps 6'.split(' ')
    : '--model base --max-steps 720 --eval-steps 40 --save-steps 60'.split(' ')),
  ...'--batch-size 4 --eval-strategy steps --save-strategy steps --threads 1 --json --output'.split(' '),
  ...[output, ...more],
]

/** The first three come before a model stands in the folder, the last when all steps are done; those between in any order. */
function tenMoments(objective: string): Moment[] {
  const between: Moment[] = ['evaluation', 'evaluation', 'step', 'step', 'checkpoint', 'checkpoint']
  const order = between.map((moment) => ({ moment, at: Math.random() })).sort((a, b) => a.at - b.at)
  // Evaluations are seen by their fill-ins, which a discriminator has not.
  const seen = order.map(({ moment }) => (objective === 'rtd' && moment === 'evaluation' ? 'step' : moment))
  return ['tokenising', 'tokenising', 'first evaluation', ...seen, 'end']
}

/** What the files that a killed run left say it was at. */
function caughtAt({ left }: Killed): string {
  if (left.some((name) => /^corpus\/.*\.tmp$/.test(name))) return 'tokenising'
  if (left.some((name) => name.startsWith('.checkpoint-'))) return 'writing a checkpoint'
  const half = left.find((name) => name.endsWith('.tmp'))
  return half ? `writing ${half.replace('.tmp', '')}` : 'no file half written'
}

test.each(['mlm', 'mlm,nsp', 'rtd'])('%s: ten times kill -9, then --resume', async (objective) => {
  const run = (output: string, ...more: string[]) => args(objective, output, ...more)
  const output = `killed ${objective}`
  const whole = await startProgram(run('whole', '--overwrite'), folder).done
  expect(whole.status, whole.stderr).toBe(0)
  const { seconds } = JSON.parse(whole.stdout)
  const expected = await resultOf(join(folder, 'whole'))
  for (const [i, moment] of tenMoments(objective).entries()) {
    const killed = await runAndKill(
      { folder, output, args: run(output, ...(i > 0 ? ['--resume'] : [])), seconds },
      moment,
      1 + Math.round(Math.random()),
    )
    const steps = killed.left.filter((name) => name.startsWith('checkpoint-')).map((name) => Number(name.slice(11)))
    console.log(
      `${objective}, kill ${i + 1}: ${moment}, ${killed.delayMs.toFixed(0)} ms later; left: ${caughtAt(killed)}, ` +
        `newest checkpoint ${Math.max(0, ...steps)}`,
    )
  }
  const { done } = startProgram(run(output, '--resume'), folder)
  const loading = loadsUntil(join(folder, output), done)
  const { status, stderr } = await done
  expect(status, stderr).toBe(0)
  expect(await loading).toBeGreaterThan(0)
  expect(await resultOf(join(folder, output))).toEqual(expected)
  expect(await leftovers(join(folder, output))).toEqual([])
})
