import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { contents, temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { recoverFolder, replaceFolder } from './replace-folder.ts'

const root = temporaryFolder()
const module = new URL('../node.ts', import.meta.url).href

/** A folder of two files that say the same, so that a mixture of two saves shows. */
const write = (text: string) => async (folder: string) => {
  await writeFile(join(folder, 'a'), text)
  await mkdir(join(folder, 'sub'))
  await writeFile(join(folder, 'sub/b'), text)
}
async function read(folder: string): Promise<string> {
  const [a, b] = await Promise.all(['a', 'sub/b'].map((file) => readFile(join(folder, file), 'utf8')))
  expect(a).toBe(b)
  return a
}

/** A folder with one target in it, and a program that runs until it is killed. */
async function place(name: string): Promise<{ parent: string; target: string }> {
  const parent = join(root, name)
  await mkdir(parent)
  return { parent, target: join(parent, 'checkpoint-1') }
}
function run(program: string) {
  const source = `import { replaceFolder, saveWeights } from ${JSON.stringify(module)}\n${program}`
  const args = ['--import', 'tsx', '--input-type=module', '-e', source]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

describe('replaceFolder', () => {
  test('creates and replaces', async () => {
    const { parent, target } = await place('plain')
    await replaceFolder(target, write('old'))
    expect(await read(target)).toBe('old')
    await writeFile(join(target, 'stale'), '')
    await replaceFolder(target, write('new'))
    expect(await read(target)).toBe('new')
    expect(contents(target)).toEqual(['a', 'sub'])
    expect(contents(parent)).toEqual(['checkpoint-1'])
  })

  test('creates the folders above', async () => {
    const target = join(root, 'x/y/z')
    await replaceFolder(target, write('deep'))
    expect(await read(target)).toBe('deep')
  })

  test('a link to a folder stays a link', async () => {
    const { parent, target } = await place('link')
    await replaceFolder(target, write('old'))
    await symlink(target, join(parent, 'latest'))
    await replaceFolder(join(parent, 'latest'), write('new'))
    expect(await read(target)).toBe('new')
  })

  test('an error while writing leaves the old folder as it was', async () => {
    const { parent, target } = await place('throwing')
    const thrown = new Error('stop')
    const failing = async (folder: string) => {
      await writeFile(join(folder, 'a'), 'half')
      throw thrown
    }
    await expect(replaceFolder(target, failing)).rejects.toBe(thrown)
    expect(contents(parent)).toEqual([])
    await replaceFolder(target, write('old'))
    await expect(replaceFolder(target, failing)).rejects.toBe(thrown)
    expect(await read(target)).toBe('old')
    expect(contents(parent)).toEqual(['checkpoint-1'])
  })

  test('recovery finishes what a crash between two steps left', async () => {
    const { parent, target } = await place('steps')
    const beside = (state: string) => join(parent, `.${basename(target)}.${state}`)
    // Old moved away, new complete but not yet in place.
    await replaceFolder(target, write('old'))
    await rename(target, beside('outgoing'))
    await mkdir(beside('incoming'))
    await write('new')(beside('incoming'))
    await recoverFolder(target)
    expect(await read(target)).toBe('new')
    expect(contents(parent)).toEqual(['checkpoint-1'])
    // New in place, old not yet deleted; and one half written.
    await mkdir(beside('outgoing'))
    await mkdir(beside('incoming'))
    await recoverFolder(target)
    expect(await read(target)).toBe('new')
    expect(contents(parent)).toEqual(['checkpoint-1'])
    // Nothing but the old one.
    await rename(target, beside('outgoing'))
    await recoverFolder(target)
    expect(await read(target)).toBe('new')
    await recoverFolder(join(parent, 'absent'))
    expect(contents(parent)).toEqual(['checkpoint-1'])
  })

  test('SIGKILL in the middle of a save: the old folder is complete, the next save clears up', async () => {
    const { parent, target } = await place('killed')
    await replaceFolder(target, write('old'))
    const child = run(`
      import { writeFileSync } from 'node:fs'
      await replaceFolder(${JSON.stringify(target)}, async (folder) => {
        writeFileSync(folder + '/a', 'half')
        process.stdout.write('writing')
        await new Promise(() => setInterval(() => {}, 1000))
      })`)
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'close')
    expect(await read(target)).toBe('old')
    expect(contents(parent)).toEqual(['.checkpoint-1.incoming', 'checkpoint-1'])
    await replaceFolder(target, write('new'))
    expect(await read(target)).toBe('new')
    expect(contents(parent)).toEqual(['checkpoint-1'])
  })

  test('SIGKILL at any moment of many saves', async () => {
    const { parent, target } = await place('killed-often')
    let generation = 0
    for (const delayMs of [3, 17, 44]) {
      const child = run(`
        import { mkdirSync, writeFileSync } from 'node:fs'
        for (let i = ${generation + 1}; ; i++) {
          await replaceFolder(${JSON.stringify(target)}, async (folder) => {
            writeFileSync(folder + '/a', String(i))
            mkdirSync(folder + '/sub')
            writeFileSync(folder + '/sub/b', String(i))
          })
          process.stdout.write(i + '\\n')
        }`)
      let said = ''
      child.stdout.on('data', (data) => {
        said += data
      })
      await once(child.stdout, 'data')
      await sleep(delayMs)
      child.kill('SIGKILL')
      await once(child, 'close')
      await recoverFolder(target)
      const finished = Number(said.trim().split('\n').at(-1))
      generation = Number(await read(target))
      expect(generation).toBeGreaterThanOrEqual(finished)
      expect(contents(parent)).toEqual(['checkpoint-1'])
    }
  })
})

test('SIGKILL while weights are written: the earlier file is intact, the next save clears up', async () => {
  const { parent: folder } = await place('weights')
  const { openWeights, saveWeights } = await import('../node.ts')
  const tensor = (value: number) => ({ name: 'a', shape: [2], data: Float32Array.of(value, value) })
  await saveWeights(folder, [tensor(1)])
  const child = run(`
    const data = () => {
      process.stdout.write('writing')
      return new Promise(() => setInterval(() => {}, 1000))
    }
    await saveWeights(${JSON.stringify(folder)}, [
      { name: 'a', shape: [2], data: new Float32Array(2) },
      { name: 'b', shape: [2], data },
    ])`)
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'close')
  expect(contents(folder)).toEqual(['model.safetensors', 'model.safetensors.tmp'])
  const weights = await openWeights(folder)
  expect([...(await weights.read('a'))]).toEqual([1, 1])
  await weights.close()
  await saveWeights(folder, [tensor(2)])
  expect(contents(folder)).toEqual(['model.safetensors'])
})
