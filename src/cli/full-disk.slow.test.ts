import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leftovers, loadOnce, makePretrainingData, resultOf } from './killed-runs.samples.ts'
import { labelledCsv, program, runHere, temporaryDirectory } from './program.samples.ts'

/** A disk of $1 KiB at $2: runs a command on it, keeps in $3 what it left, makes room, and runs it again with --resume. */
const onSmallDisk = `
  size=$1 disk=$2 kept=$3; shift 3
  mount -t tmpfs -o size="$size"k tmpfs "$disk" || exit 1
  "$@" >"$kept/first.json" 2>"$kept/first.txt"; echo $? >"$kept/first.status"
  cp -r "$disk/out" "$kept/full"
  mount -o remount,size=64m "$disk"
  "$@" --resume >"$kept/second.json" 2>"$kept/second.txt"; echo $? >"$kept/second.status"
  cp -r "$disk/out" "$kept/resumed"`
/** In a namespace of mounts of its own, which ends with the command; as its own root where users may be that. */
const privately = ['unshare', '--map-root-user', '--mount']
const canMount = spawnSync(privately[0], [...privately.slice(1), 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

const often = '--max-steps 30 --batch-size 4 --eval-strategy steps --eval-steps 10 --save-strategy steps --save-steps 8'
let folder: string
const at = (name: string) => join(folder, name)
const commands: Record<string, () => string[]> = {
  pretrain: () => [
    ...['pretrain', '--corpus', at('texts.txt'), '--model', at('base'), '--max-length', '16', '--eval-share', '0.1'],
  ],
  finetune: () => [
    ...['finetune', '--task', 'text-classification', '--model', at('base'), '--train', at('train.csv')],
    ...['--eval-split', '0.2'],
  ],
}

beforeAll(async () => {
  folder = await temporaryDirectory()
  await makePretrainingData(folder, 150)
  await writeFile(at('train.csv'), labelledCsv(120, 1))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.skipIf(!canMount).each(['pretrain', 'finetune'])('%s on a disk that is full', (name) => {
  const run = (output: string) => [
    ...commands[name](),
    ...often.split(' '),
    '--threads',
    '1',
    '--json',
    '--output',
    output,
  ]
  let whole: Record<string, unknown>
  beforeAll(async () => {
    const { status, stderr } = await runHere(run(at(`whole ${name}`)))
    expect(status, stderr).toBe(0)
    whole = await resultOf(at(`whole ${name}`))
  })

  // A whole run takes about 270 KiB, so that the disk is full before the first step, in each of the saves, or not at all.
  test.each([8, 16, 24, 40, 56, 88, 104, 136, 152, 200, 216, 248])(
    'of %d KiB says so, and goes on when there is space',
    async (size) => {
      const [disk, kept] = [at(`disk ${name} ${size}`), at(`kept ${name} ${size}`)]
      await mkdir(disk)
      await mkdir(kept)
      const given = [String(size), disk, kept, process.execPath, program, ...run(join(disk, 'out'))]
      const { status, stderr } = spawnSync(privately[0], [
        ...privately.slice(1),
        'sh',
        '-c',
        onSmallDisk,
        'sh',
        ...given,
      ])
      expect(status, String(stderr)).toBe(0)
      const text = (file: string) => readFile(join(kept, file), 'utf8')
      const [first, second] = [Number(await text('first.status')), Number(await text('second.status'))]
      if (first !== 0) {
        expect(first, await text('first.txt')).toBe(2)
        const { code, message } = JSON.parse(await text('first.json')).error
        expect(['NO_SPACE', 'CACHE_WRITE', 'TOKENIZER_FILE']).toContain(code)
        expect(message).toMatch(/the disk is full.*choose another folder/i)
        expect(message).toContain(disk)
        console.log(`${name}, ${size} KiB: ${code}, ${message.replaceAll(disk, '')}`)
      }
      const left = await readdir(join(kept, 'full'))
      const models = left.filter((file) => file.startsWith('checkpoint-'))
      if (left.includes('config.json')) models.push('.')
      for (const model of models) await loadOnce(join(kept, 'full', model))
      expect(second, await text('second.txt')).toBe(0)
      expect(await resultOf(join(kept, 'resumed'))).toEqual(whole)
      expect(await leftovers(join(kept, 'resumed'))).toEqual([])
    },
  )
})
