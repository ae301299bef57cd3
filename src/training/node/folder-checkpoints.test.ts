import { readdirSync, readFileSync, statSync } from 'node:fs'
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { oddModel } from '../../../test/odd-model.ts'
import { loadModel, savePretrained } from '../../checkpoints/node.ts'
import { CheckpointError } from '../../core/errors.ts'
import { sequenceClassification } from '../../models/heads/sequence-classification.ts'
import { loadTokenizer, saveTokenizer } from '../../tokenizers/node.ts'
import { textClassification } from '../tasks/text-classification.ts'
import { Trainer, type TrainerEvent } from '../trainer.ts'
import { checkpointsIn, hiddenIn, items, modelBytes, run, stepIn, tokenizer } from './folder-checkpoints.samples.ts'
import { FolderCheckpoints } from './folder-checkpoints.ts'

const linkFails = vi.hoisted(() => ({ now: false }))
vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>()
  const link: typeof fs.link = (...args) =>
    linkFails.now ? Promise.reject(Object.assign(new Error('no links here'), { code: 'EPERM' })) : fs.link(...args)
  return { ...fs, link }
})
afterEach(() => {
  linkFails.now = false
})

const root = temporaryFolder()

describe('the folder', () => {
  test('holds a model that loads at every event, from the first on', async () => {
    const folder = join(root, 'loads')
    const loads: Promise<string>[] = []
    await run({
      folder,
      evaluate: true,
      args: { epochs: 1, saveSteps: 2, saveTotalLimit: 1, evalStrategy: 'steps', evalSteps: 3 },
      onEvent: (event) => {
        const files = readdirSync(folder)
        expect(files, event.type).toEqual(
          expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json', 'vocab.txt']),
        )
        if (!['start', 'save', 'evaluate', 'end'].includes(event.type)) return
        const load = async () => {
          const model = await loadModel(folder, undefined, { threads: 1, requireHead: true })
          await model.close()
          const { vocabSize } = await loadTokenizer(folder)
          return `${event.type} ${model.className} ${vocabSize}`
        }
        loads.push(load())
      },
    })
    const loaded = await Promise.all(loads)
    expect(loaded.length).toBeGreaterThan(6)
    for (const text of loaded) expect(text).toMatch(/ BertForSequenceClassification 6$/)
  })

  test('has the newest checkpoint as its model until the run ends, then the result', async () => {
    const folder = join(root, 'newest')
    const states: [number, number][] = []
    await run({
      folder,
      args: { maxSteps: 5, saveSteps: 2 },
      onEvent: (event) => {
        if (event.type !== 'save') return
        expect(modelBytes(folder).equals(modelBytes(join(folder, event.checkpoint)))).toBe(true)
        states.push([event.step, stepIn(folder)])
      },
    })
    expect(states).toEqual([
      [2, 2],
      [4, 4],
      [5, 5],
    ])
    const { nlink } = statSync(join(folder, 'checkpoint-4', 'model.safetensors'))
    expect(nlink).toBe(1) // the root's file is the checkpoint's own no more
    expect(hiddenIn(folder)).toEqual([])
    expect(readdirSync(join(folder, 'checkpoint-2'))).toEqual(
      expect.arrayContaining([
        'config.json',
        'model.safetensors',
        'optimizer.safetensors',
        'tokenizer.json',
        'trainer_state.json',
        'training_args.json',
      ]),
    )
  })

  test('is the same where the file system has no links', async () => {
    const [linked, copied] = [join(root, 'linked'), join(root, 'copied')]
    await run({ folder: linked, args: { maxSteps: 2, saveSteps: 2 } })
    linkFails.now = true
    await run({
      folder: copied,
      args: { maxSteps: 2, saveSteps: 2 },
      onEvent: (event) => {
        if (event.type !== 'save') return
        const { ino } = statSync(join(copied, 'model.safetensors'))
        expect(ino).not.toBe(statSync(join(copied, 'checkpoint-2', 'model.safetensors')).ino)
      },
    })
    expect(modelBytes(copied).equals(modelBytes(linked))).toBe(true)
    expect(readdirSync(copied).sort()).toEqual(readdirSync(linked).sort())
  })
})

describe('a folder that holds an earlier run', () => {
  const args = { maxSteps: 4, saveSteps: 2 }
  /** The folder's files with their times of change. */
  const listing = (folder: string) =>
    readdirSync(folder, { recursive: true })
      .map((name) => [name, statSync(join(folder, String(name))).mtimeMs] as const)
      .sort()

  test('is refused by a new run, and stays as it is', async () => {
    const folder = join(root, 'refused')
    await run({ folder, args })
    const before = listing(folder)
    const again = run({ folder, args: { maxSteps: 1 }, seed: 2 })
    await expect(again).rejects.toThrow(expect.objectContaining({ name: 'ConfigError', code: 'OUTPUT_NOT_EMPTY' }))
    await expect(again).rejects.toThrow(
      /\(checkpoint-2, checkpoint-4, config\.json, model\.safetensors, …\).*resume.*overwrite/,
    )
    expect(listing(folder)).toEqual(before)
  })

  test.each([
    'model.safetensors',
    'model-00001-of-00002.safetensors',
    'config.json',
    'trainer_state.json',
    'checkpoint-7',
    '.checkpoint-7.outgoing', // a whole checkpoint that a crash left between two renames
  ])('or only its %s', async (name) => {
    const folder = join(root, `with ${name}`)
    await mkdir(join(folder, name), { recursive: true })
    await expect(run({ folder, args: { maxSteps: 1 } })).rejects.toThrow(/holds an earlier run or a model/)
    expect(readdirSync(folder)).toEqual([name])
  })

  test('is taken with files of other names', async () => {
    const folder = join(root, 'notes')
    await mkdir(folder)
    await writeFile(join(folder, 'notes.txt'), 'mine')
    await run({ folder, args: { maxSteps: 1 } })
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine')
  })

  test('is replaced when that is asked for, so that only the new steps count', async () => {
    const folder = join(root, 'replaced')
    await run({ folder, args })
    await writeFile(join(folder, 'metrics.json'), '{}')
    await writeFile(join(folder, 'notes.txt'), 'mine')
    const fresh = join(root, 'fresh')
    const less = { maxSteps: 3, saveSteps: 1, saveTotalLimit: 2 }
    const settings = { a: 2 }
    await run({ folder: fresh, args: less, seed: 2, settings })
    await run({
      folder,
      args: less,
      seed: 2,
      settings,
      overwrite: true,
      onEvent: (event) => {
        if (event.type !== 'start') return
        expect(checkpointsIn(folder)).toEqual([])
        expect(readdirSync(folder)).toEqual(expect.arrayContaining(['config.json', 'model.safetensors', 'notes.txt']))
        expect(readdirSync(folder)).not.toContain('metrics.json')
        expect(readdirSync(folder)).not.toContain('trainer_state.json')
      },
    })
    expect(checkpointsIn(folder)).toEqual(['checkpoint-2', 'checkpoint-3'])
    expect(modelBytes(folder).equals(modelBytes(fresh))).toBe(true)
    expect(readdirSync(folder).sort()).toEqual([...readdirSync(fresh), 'notes.txt'].sort())
  })

  test('is begun anew on resume only by the run that was killed before its first checkpoint', async () => {
    const [fresh, folder] = [join(root, 'never killed'), join(root, 'killed early')]
    await run({ folder: fresh, args })
    await cp(fresh, folder, { recursive: true })
    for (const name of ['checkpoint-2', 'checkpoint-4', 'trainer_state.json'])
      await rm(join(folder, name), { recursive: true })
    await expect(run({ folder, args, resume: true, settings: { a: 2 } })).rejects.toThrow(/other settings/)
    await run({ folder, args, resume: true })
    expect(modelBytes(folder).equals(modelBytes(fresh))).toBe(true)
  })

  test.each([
    ['a model of other origin', ['checkpoint-2', 'checkpoint-4', 'trainer_state.json', 'training_args.json']],
    ['a result without checkpoints', ['checkpoint-2', 'checkpoint-4']],
  ])('is not lost on resume: %s', async (name, gone) => {
    const folder = join(root, name)
    await run({ folder, args })
    for (const each of gone) await rm(join(folder, each), { recursive: true })
    const before = listing(folder)
    await expect(run({ folder, args, resume: true })).rejects.toThrow(/no checkpoint to resume from/)
    expect(listing(folder)).toEqual(before)
  })
})

describe('a crash', () => {
  /** A folder with three checkpoints, and the weights of the run that made them. */
  async function threeCheckpoints(name: string): Promise<{ folder: string; final: Buffer }> {
    const folder = join(root, name)
    await cp(await original, folder, { recursive: true })
    return { folder, final: modelBytes(folder) }
  }
  const args = { maxSteps: 3 }
  const original = (async () => {
    const folder = join(root, 'three')
    await run({ folder, args })
    return folder
  })()

  const goesOn = async (folder: string, from: string, final: Buffer) => {
    const events: TrainerEvent[] = []
    await run({ folder, args, resume: true, seed: 4, onEvent: (event) => events.push(event) })
    expect(events[0]).toMatchObject({ resumedFrom: from })
    expect(modelBytes(folder).equals(final)).toBe(true)
    expect(hiddenIn(folder)).toEqual([])
  }

  test('while a checkpoint is written leaves the older ones and the model', async () => {
    const folder = join(root, 'crash')
    let files = 0
    const model = await oddModel(sequenceClassification, { formula: false, seed: 1, save: savePretrained })
    const checkpoints = await FolderCheckpoints.open(folder, {
      settings: { a: 1 },
      saveTokenizer: async (directory) => {
        if (!directory.endsWith('incoming') || ++files < 3) return saveTokenizer(tokenizer, directory)
        await writeFile(join(directory, 'vocab.txt'), 'half')
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC', errno: -28 })
      },
    })
    const trainer = new Trainer({
      model,
      task: textClassification,
      trainItems: items,
      args: { batchSize: 3, learningRate: 0.01, saveStrategy: 'steps', saveSteps: 1, saveTotalLimit: 0, ...args },
      checkpoints,
    })
    const failure = expect(trainer.train()).rejects
    await failure.toThrow(CheckpointError)
    await failure.toThrow(/disk is full/)
    await model.close()
    expect(checkpointsIn(folder)).toEqual(['checkpoint-1', 'checkpoint-2'])
    expect(hiddenIn(folder)).toEqual([])
    expect(modelBytes(folder).equals(modelBytes(join(folder, 'checkpoint-2')))).toBe(true)
    await goesOn(folder, 'checkpoint-2', modelBytes(await original))
  })

  test('with a half written checkpoint: the one before is the newest', async () => {
    const { folder, final } = await threeCheckpoints('half')
    await rename(join(folder, 'checkpoint-3'), join(folder, '.checkpoint-3.incoming'))
    await rm(join(folder, '.checkpoint-3.incoming', 'optimizer.safetensors'))
    await goesOn(folder, 'checkpoint-2', final)
  })

  test('between moving the old folder away and the new one in: the new one counts', async () => {
    const { folder, final } = await threeCheckpoints('between')
    await cp(join(folder, 'checkpoint-3'), join(folder, '.checkpoint-3.incoming'), { recursive: true })
    await rename(join(folder, 'checkpoint-3'), join(folder, '.checkpoint-3.outgoing'))
    await goesOn(folder, 'checkpoint-3', final)
  })

  test('while files are published or a checkpoint is deleted leaves nothing behind', async () => {
    const { folder, final } = await threeCheckpoints('leftovers')
    await rm(join(folder, 'checkpoint-3'), { recursive: true })
    await rename(join(folder, 'checkpoint-1'), join(folder, '.checkpoint-1.deleted'))
    await rm(join(folder, '.checkpoint-1.deleted', 'config.json'))
    for (const name of ['.model.safetensors.tmp', 'trainer_state.json.tmp']) await writeFile(join(folder, name), 'half')
    await goesOn(folder, 'checkpoint-2', final)
    expect(checkpointsIn(folder)).toEqual(['checkpoint-2', 'checkpoint-3'])
  })

  test('is cleaned up by name: temporary files of others stay', async () => {
    const folder = join(root, 'others')
    const ours = [
      ...['config.json.tmp', '.config.json.tmp', 'model.safetensors.tmp', '.model-00001-of-00002.safetensors.tmp'],
      ...['model.safetensors.index.json.tmp', 'trainer_state.json.tmp', 'training_args.json.tmp', 'metrics.json.tmp'],
      ...['report.html.tmp', 'tokenizer.json.123.tmp', 'special_tokens_map.json.7.tmp', 'vocab.txt.99.tmp'],
      ...['.write-test-123.tmp', '.checkpoint-4.deleted'],
    ]
    const others = [
      'notes.tmp',
      '.swap.tmp',
      'model.tmp',
      'my-model.safetensors.tmp',
      'vocab.txt.tmp',
      'xconfig.json.tmp',
    ]
    await mkdir(folder)
    for (const name of [...ours, ...others]) await writeFile(join(folder, name), 'half')
    const store = await FolderCheckpoints.open(folder, { settings: {} })
    expect(await store.latest()).toBeUndefined()
    expect(readdirSync(folder).sort()).toEqual(others.sort())
  })

  test('of a disk: a checkpoint without its optimiser, or one that is cut off, is named', async () => {
    const { folder } = await threeCheckpoints('broken')
    const optimizer = join(folder, 'checkpoint-3', 'optimizer.safetensors')
    const bytes = readFileSync(optimizer)
    await writeFile(optimizer, bytes.subarray(0, bytes.length - 4))
    const cut = run({ folder, args, resume: true })
    await expect(cut).rejects.toThrow(expect.objectContaining({ name: 'CheckpointError', code: 'OPTIMIZER_STATE' }))
    await expect(cut).rejects.toThrow(/cannot resume from .*checkpoint-3/)
    await rm(optimizer)
    await expect(run({ folder, args, resume: true })).rejects.toThrow(CheckpointError)
    await writeFile(join(folder, 'checkpoint-3', 'trainer_state.json'), '{')
    await expect(run({ folder, args, resume: true })).rejects.toThrow(/trainer_state\.json: no valid JSON/)
    await writeFile(join(folder, 'checkpoint-3', 'trainer_state.json'), 'null')
    await expect(run({ folder, args, resume: true })).rejects.toThrow(
      /trainer_state\.json: no valid JSON .expected an object/,
    )
  })
})

describe('pruning', () => {
  /** Makes checkpoints of these steps and prunes; returns the steps that are left. */
  async function left(steps: number[], limit: number, keep: number | null, leftover?: number): Promise<number[]> {
    const folder = join(root, `prune ${steps} ${limit} ${keep} ${leftover}`)
    for (const step of steps) {
      await mkdir(join(folder, `checkpoint-${step}`), { recursive: true })
      await writeFile(join(folder, `checkpoint-${step}`, 'config.json'), '{}')
    }
    const store = await FolderCheckpoints.open(folder, { settings: {} })
    if (leftover) {
      await mkdir(join(folder, `.checkpoint-${leftover}.deleted`))
      await writeFile(join(folder, `.checkpoint-${leftover}.deleted`, 'config.json'), '{}')
    }
    await store.prune(limit, keep === null ? null : `checkpoint-${keep}`)
    expect(hiddenIn(folder)).toEqual([])
    expect(await store.latest()).toBe(`checkpoint-${steps.at(-1)}`)
    return checkpointsIn(folder)
      .map((name) => Number(name.slice('checkpoint-'.length)))
      .sort((a, b) => a - b)
  }

  test.each([
    ['all', 0, null, [5, 9, 10, 100]],
    ['the newest', 1, null, [100]],
    ['the two newest, by step and not by name', 2, null, [10, 100]],
    ['the best and the newest', 2, 5, [5, 100]],
    ['the best besides the one to resume from', 1, 9, [9, 100]],
    ['only the best if it is the newest', 1, 100, [100]],
    ['the best in the middle', 3, 9, [9, 10, 100]],
    ['more than there are', 9, 5, [5, 9, 10, 100]],
    ['the newest when the best was never saved', 1, 7, [100]],
  ])('keeps %s', async (_what, limit, keep, expected) => {
    expect(await left([5, 9, 10, 100], limit, keep)).toEqual(expected)
  })

  test('gets past what a crash left of the same name', async () => {
    expect(await left([1, 2], 1, null, 1)).toEqual([2])
  })
})
