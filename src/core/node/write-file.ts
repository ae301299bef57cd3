/** Writing files so that a crash loses nothing that was already saved. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Behind the name of a file that is being written. */
export const TEMPORARY_SUFFIX = '.tmp'

/**
 * Writes a file beside its final place, under its name and `.tmp`, forces it to disk and renames it: `path` has the old
 * content or the new one at every moment, also through a power cut. The folder must be there. Two writers of one path at a
 * time are not supported.
 * @param content the whole content, or what fills the empty file
 * @throws what the file system or `content` throws, unchanged; then `path` is as before and nothing stays beside it
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array | ((file: FileHandle) => Promise<void>),
): Promise<void> {
  const temporary = path + TEMPORARY_SUFFIX
  try {
    const file = await open(temporary, 'w')
    try {
      await (typeof content === 'function' ? content(file) : file.writeFile(content))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
  await syncFolder(dirname(path))
}

/** What to do when the file system refuses to write a file, to follow a colon. */
export function writeRemedy({ code }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full: free some space or choose another folder'
    case 'EFBIG':
      return 'this is more than the file system or a limit of the process (ulimit -f) allows: choose another folder or raise the limit'
    default:
      return 'check that the folder exists and may be written to'
  }
}

/** Makes renames in a folder last through a power cut, where the platform can (Windows cannot open folders). */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  try {
    await folder?.sync()
  } catch {
    // Not every file system can do this; the files themselves are on disk.
  } finally {
    await folder?.close()
  }
}
