import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leftovers, loadOnce, makePretrainingData, resultOf, runAndKill } from './killed-runs.samples.ts'
import { runHere, startProgram, temporaryDirectory } from './program.samples.ts'

let folder: string
let whole: Record<string, unknown>

const args = (output: string, ...more: string[]) => [
  ...['pretrain', '--corpus', join(folder, 'texts.txt'), '--model', join(folder, 'base'), '--max-length', '16'],
  ...'--eval-share 0.1 --max-steps 30 --batch-size 4 --eval-strategy steps --eval-steps 10'.split(' '),
  ...'--save-strategy steps --save-steps 8 --threads 1 --json --output'.split(' '),
  ...[join(folder, output), ...more],
]

beforeAll(async () => {
  folder = await temporaryDirectory()
  await makePretrainingData(folder, 100)
  const { status, stderr } = await runHere(args('whole'))
  expect(status, stderr).toBe(0)
  whole = await resultOf(join(folder, 'whole'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The run that failed goes on as soon as there is room, to the end of one that was never disturbed. */
async function goesOn(output: string): Promise<void> {
  const { status, stderr } = await runHere(args(output, '--resume'))
  expect(status, stderr).toBe(0)
  expect(await resultOf(join(folder, output))).toEqual(whole)
  expect(await leftovers(join(folder, output))).toEqual([])
}

// Every write to /dev/full fails as on a full disk. Checkpoints: folder-checkpoints.test.ts; all on a real disk that is full:
// full-disk.slow.test.ts.
describe.skipIf(!existsSync('/dev/full'))(
  'a disk that is full says so, and the run goes on when there is space,',
  () => {
    test.each([
      ['model.safetensors', 'before the first step'],
      ['trainer_state.json', 'behind the first checkpoint'],
      ['fill-ins.json', 'before the first step'],
      ['metrics.json', 'at the end'],
      ['report.html', 'at the end'],
      ['README.md', 'at the end'],
    ])('when it comes to %s, %s', async (name, when) => {
      const output = `full ${name}`
      await mkdir(join(folder, output))
      await symlink('/dev/full', join(folder, output, `${name}.tmp`))
      const { status, stdout, stderr } = await runHere(args(output))
      expect([status, stderr]).toEqual([2, expect.not.stringContaining('    at ')])
      const { code, message } = JSON.parse(stdout).error
      expect(code).toBe('NO_SPACE')
      expect(message).toContain(`${join(folder, output, name)}: the disk is full. Free space or choose another folder`)
      if (when !== 'before the first step') await loadOnce(join(folder, output))
      await goesOn(output)
    })

    test('when it comes to the tokenised corpus: no part of it is taken for the whole later', async () => {
      const [name] = await readdir(join(folder, 'whole/corpus'))
      await mkdir(join(folder, 'full corpus/corpus'), { recursive: true })
      await symlink('/dev/full', join(folder, 'full corpus/corpus', `${name}.${process.pid}.tmp`))
      const { status, stdout } = await runHere(args('full corpus'))
      expect(status).toBe(2)
      const { code, message } = JSON.parse(stdout).error
      expect(code).toBe('CACHE_WRITE')
      expect(message).toMatch(
        /corpus-\w+\.tokens: the tokenised corpus cannot be written .*the disk is full: free some/,
      )
      expect(await readdir(join(folder, 'full corpus'), { recursive: true })).toEqual(['corpus'])
      await goesOn('full corpus')
    })
  },
)

test.skipIf(process.platform === 'win32')('a save that is cut short leaves the checkpoint before it', async () => {
  const output = 'limit'
  await runAndKill({ folder, output, args: args(output) }, 'checkpoint', 2)
  const before = (await readdir(join(folder, output))).filter((name) => name.startsWith('checkpoint-'))
  expect(before.length).toBeGreaterThan(0)
  // In blocks of 512 bytes: room for the model of 16 kB, not for the optimiser's moments of 31 kB.
  const { status, stdout, stderr } = await startProgram(args(output, '--resume'), folder, 'ulimit -f 40').done
  expect(status, stderr).toBe(2)
  const { code, message } = JSON.parse(stdout).error
  expect(code).toBe('FILE_TOO_LARGE')
  expect(message).toMatch(/checkpoint-\d+.*safetensors: this is more than .*ulimit.*What was saved before is intact/)
  expect(await leftovers(join(folder, output))).toEqual([])
  for (const name of ['.', ...before]) await loadOnce(join(folder, output, name))
  await goesOn(output)
})
