import { open, readdir, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { syncFolder } from '../../core/node/write-file.ts'
import { fileError, makeFolder, pathKind } from './files.ts'

/**
 * Writes a folder as a whole: into a hidden one beside it, forced to disk, then renamed into place. At every moment `target`
 * is the complete old folder or the complete new one, or, between two renames, absent with both complete beside it;
 * `recoverFolder` then finishes the exchange. All that an existing target holds is replaced, so use it only for folders that
 * the program owns. Two writers of one target at a time are not supported.
 * @param write fills the folder at `temporary`
 * @throws CheckpointError as `fileError`, or what `write` throws; then the target is as before
 */
export async function replaceFolder(target: string, write: (temporary: string) => Promise<void>): Promise<void> {
  await recoverFolder(target)
  const { path, incoming, outgoing } = await places(target)
  try {
    await makeFolder(incoming)
    await write(incoming)
    await syncTree(incoming)
    if ((await pathKind(path)) !== 'absent') await rename(path, outgoing)
    await rename(incoming, path)
    await syncFolder(dirname(path))
  } catch (error) {
    if ((await pathKind(path)) === 'absent' && (await pathKind(outgoing)) !== 'absent') await rename(outgoing, path)
    await rm(incoming, { recursive: true, force: true }).catch(() => {})
    throw fileError(error, (error as NodeJS.ErrnoException).path ?? target)
  }
  await rm(outgoing, { recursive: true, force: true })
}

/**
 * Clears up what a killed `replaceFolder` left beside `target`: finishes an exchange of complete folders, removes a half
 * written one. Does nothing if there is nothing to do. Call it before reading a folder that may have been interrupted.
 * @throws CheckpointError as `fileError`
 */
export async function recoverFolder(target: string): Promise<void> {
  const { path, incoming, outgoing } = await places(target)
  try {
    if ((await pathKind(path)) === 'absent' && (await pathKind(outgoing)) !== 'absent') {
      // The old folder is moved away only when the new one is complete.
      await rename((await pathKind(incoming)) === 'absent' ? outgoing : incoming, path)
      await syncFolder(dirname(path))
    }
    await rm(incoming, { recursive: true, force: true })
    await rm(outgoing, { recursive: true, force: true })
  } catch (error) {
    throw fileError(error, target)
  }
}

/** Hidden names, so that nobody who lists `checkpoint-*` takes an unfinished folder for a checkpoint. */
async function places(target: string) {
  const path = await realpath(target).catch(() => resolve(target)) // a link to a folder stays a link
  const beside = (state: string) => join(dirname(path), `.${basename(path)}.${state}`)
  return { path, incoming: beside('incoming'), outgoing: beside('outgoing') }
}

/** Forces every file and folder below a folder to disk. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await syncTree(path)
    else if (entry.isFile()) {
      const file = await open(path, 'r+').catch(() => open(path, 'r')) // Windows syncs only what it may write
      await file.sync().finally(() => file.close())
    }
  }
  await syncFolder(folder)
}
