import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { DataError } from '../../core/errors.ts'

/**
 * The bytes of a file, chunk by chunk, unpacked if its name ends in `.gz`.
 * @throws DataError if it cannot be read or unpacked
 */
export async function* openFile(path: string): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path)
  if (!path.toLowerCase().endsWith('.gz')) {
    try {
      yield* file as AsyncIterable<Uint8Array>
    } catch (cause) {
      throw unreadable(path, cause as NodeJS.ErrnoException)
    }
    return
  }
  const unpacked = createGunzip()
  file.on('error', (error) => unpacked.destroy(error)) // pipe() hands on data only
  try {
    yield* file.pipe(unpacked) as AsyncIterable<Uint8Array>
  } catch (cause) {
    throw unreadable(path, cause as NodeJS.ErrnoException)
  } finally {
    file.destroy()
    unpacked.destroy()
  }
}

function unreadable(path: string, cause: NodeJS.ErrnoException): unknown {
  if (cause.code === 'ENOENT') {
    return new DataError('FILE_NOT_FOUND', `${path} does not exist: check the path.`, { cause })
  }
  if (cause.code === 'EISDIR') {
    return new DataError('FILE_UNREADABLE', `${path} is a folder: give the path of a file in it.`, { cause })
  }
  if (cause.code?.startsWith('Z_')) {
    return new DataError(
      'BROKEN_GZIP',
      `${path} cannot be unpacked (${cause.message}): it is no gzip file, or it is cut off or damaged. Fetch it again.`,
      { cause },
    )
  }
  return new DataError('FILE_UNREADABLE', `${path} cannot be read: ${cause.message}.`, { cause })
}
