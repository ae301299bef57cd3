/** Files and folders of checkpoints, and what file systems refuse as CheckpointErrors. */
import { access, constants, type FileHandle, lstat, mkdir, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { CheckpointError } from '../../core/errors.ts'
import { replaceFile, TEMPORARY_SUFFIX, writeRemedy } from '../../core/node/write-file.ts'

/** One read or write call moves at most this many bytes; the operating system's limit is near 2^31. */
export const CHUNK_BYTES = 1 << 24

/** Says in our words what the file system refused. Errors of other origin pass unchanged. */
export function fileError(cause: unknown, path: string): unknown {
  const { code, message, errno } = cause as NodeJS.ErrnoException
  if (typeof errno !== 'number') return cause
  const fail = (stable: string, text: string) => new CheckpointError(stable, `${path}: ${text}`, { cause })
  switch (code) {
    case 'ENOENT':
      return fail('NOT_FOUND', 'there is no such file or folder. Check the path.')
    case 'ENOSPC':
    case 'EDQUOT':
      return fail('NO_SPACE', 'the disk is full. Free space or choose another folder; what was saved before is intact.')
    case 'EFBIG':
      return fail('FILE_TOO_LARGE', `${writeRemedy(cause as NodeJS.ErrnoException)}. What was saved before is intact.`)
    case 'EACCES':
    case 'EPERM':
      return fail('NO_PERMISSION', 'permission denied. Change the permissions or choose another folder.')
    case 'EROFS':
      return fail('NO_PERMISSION', 'the file system is read-only. Choose another folder.')
    case 'ENOTDIR':
      return fail('NOT_A_FOLDER', 'part of the path is a file, not a folder. Choose another folder.')
    case 'EISDIR':
      return fail('NOT_A_FILE', 'this is a folder, expected a file.')
    default:
      return fail('FILE_ERROR', message)
  }
}

/**
 * Writes a file as `replaceFile` does. Two writers of one path at a time are not supported.
 * @param write fills the file
 * @throws CheckpointError as `fileError`, or what `write` throws; then `path` is as before
 */
export async function streamFileAtomic(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  await replaceFile(path, write).catch((error) => {
    throw fileError(error, path)
  })
}

/** Writes text or bytes as `streamFileAtomic` does. @throws CheckpointError as `streamFileAtomic` */
export function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  return streamFileAtomic(path, (file) => file.writeFile(data))
}

/** Writes all bytes at the file's current end. */
export async function writeBytes(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const chunk = bytes.subarray(done, done + CHUNK_BYTES)
    done += (await file.write(chunk, 0, chunk.byteLength)).bytesWritten
  }
}

/** Kind of what stands at a path. @throws CheckpointError if it cannot be told */
export async function pathKind(path: string): Promise<'file' | 'folder' | 'absent'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'absent'
    throw fileError(error, path)
  }
}

/** The absolute path without links of a file or folder, of which the last parts may be yet to be made. */
export async function realPath(path: string): Promise<string> {
  const whole = resolve(path)
  const parent = dirname(whole)
  return realpath(whole).catch(async () => (parent === whole ? whole : join(await realPath(parent), basename(whole))))
}

/**
 * Creates a folder and those above it that are missing. Node's own `recursive` never returns where nothing can be created and
 * the file system says ENOENT, as /proc does.
 * @throws CheckpointError as `fileError`
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const kind = await pathKind(path)
    if (kind === 'folder') return
    if (kind === 'file') {
      throw new CheckpointError('NOT_A_FOLDER', `${path}: this is a file, expected a folder. Choose another name.`)
    }
    const parent = dirname(path)
    if (code !== 'ENOENT' || parent === path || (await pathKind(parent)) === 'folder') throw fileError(error, path)
    await makeFolder(parent)
    await makeFolder(path)
  }
}

/**
 * Makes sure, without touching the disk, that a folder can be made and written.
 * @param setting what names it, for messages: a flag or an option
 * @throws CheckpointError `NOT_A_FOLDER` or `NO_PERMISSION`
 */
export async function requireMakeable(folder: string, setting: string): Promise<void> {
  let path = resolve(folder)
  // No folder can be made where a link to nothing stands.
  while ((await pathKind(path)) === 'absent' && !(await isLink(path)) && dirname(path) !== path) path = dirname(path)
  const kind = await pathKind(path)
  if (kind !== 'folder') {
    const found = kind === 'absent' && (await isLink(path)) ? 'a link to what is not there' : 'a file'
    throw new CheckpointError(
      'NOT_A_FOLDER',
      `${folder}: ${path} is ${found}, expected a folder. Choose another ${setting}.`,
    )
  }
  await access(path, constants.W_OK).catch((cause) => {
    throw new CheckpointError('NO_PERMISSION', `${folder}: ${path} cannot be written. Choose another ${setting}.`, {
      cause,
    })
  })
}

const isLink = (path: string): Promise<boolean> =>
  lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  )

/**
 * Makes sure, before work whose result goes there, that files can be written to a folder; creates it if needed.
 * @throws CheckpointError `NOT_A_FOLDER`, `NO_PERMISSION` or `NO_SPACE`
 */
export async function assertWritable(folder: string): Promise<void> {
  await makeFolder(folder)
  const probe = join(folder, `.write-test-${process.pid}${TEMPORARY_SUFFIX}`)
  try {
    await writeFile(probe, 'x')
  } catch (error) {
    throw fileError(error, folder)
  } finally {
    await rm(probe, { force: true }).catch(() => {})
  }
}
