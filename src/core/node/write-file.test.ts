import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { replaceFile } from './write-file.ts'

const root = temporaryFolder()
const read = (path: string) => readFileSync(path, 'utf8')

/** A folder of its own with a file `saved` that holds `old`. */
function savedFile(name: string): { folder: string; path: string } {
  const folder = join(root, name)
  mkdirSync(folder)
  const path = join(folder, 'saved')
  writeFileSync(path, 'old and longer')
  return { folder, path }
}

test('text and bytes make and replace a file, and nothing stays beside it', async () => {
  const { folder, path } = savedFile('contents')
  await replaceFile(path, 'näw')
  expect(read(path)).toBe('näw')
  await replaceFile(join(folder, 'bytes'), Uint8Array.of(0, 255))
  expect([...readFileSync(join(folder, 'bytes'))]).toEqual([0, 255])
  expect(readdirSync(folder).sort()).toEqual(['bytes', 'saved'])
})

test('the old content is there until the new one is whole and on disk', async () => {
  const { path } = savedFile('streamed')
  let whenSynced: string | undefined
  await replaceFile(path, async (file) => {
    const sync = file.sync.bind(file)
    vi.spyOn(file, 'sync').mockImplementation(async () => {
      await sync()
      whenSynced = read(path)
    })
    await file.write('ne')
    expect(read(path)).toBe('old and longer')
    await file.write('w')
  })
  expect(whenSynced).toBe('old and longer')
  expect(read(path)).toBe('new')
})

test('what goes wrong while writing or syncing leaves the old file alone', async () => {
  const { folder, path } = savedFile('interrupted')
  const refused = new Error('enough')
  const writing = replaceFile(path, async (file) => {
    await file.write('half')
    throw refused
  })
  await expect(writing).rejects.toBe(refused)
  const syncing = replaceFile(path, async (file) => {
    vi.spyOn(file, 'sync').mockRejectedValue(refused)
  })
  await expect(syncing).rejects.toBe(refused)
  expect(readdirSync(folder)).toEqual(['saved'])
  expect(read(path)).toBe('old and longer')
})

test('the file system’s refusals keep their codes, and the new file goes', async () => {
  const { folder, path } = savedFile('refused')
  await expect(replaceFile(join(folder, 'absent', 'x'), '')).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(replaceFile(join(path, 'x'), '')).rejects.toMatchObject({ code: 'ENOTDIR' })
  mkdirSync(join(folder, 'taken'))
  await expect(replaceFile(join(folder, 'taken'), '')).rejects.toThrow() // EISDIR, or EPERM on Windows
  expect(existsSync(join(folder, 'taken.tmp'))).toBe(false)
})
