import { type FileHandle, open, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { CheckpointError } from '../../core/errors.ts'
import { elementCount } from '../../core/shape.ts'
import { dtypeBytes, toFloat32 } from '../dtypes.ts'
import {
  parseSafetensorsHeader,
  SAFETENSORS_PREFIX_BYTES,
  type StoredTensor,
  safetensorsHeaderBytes,
} from '../safetensors.ts'
import { readJsonFile, requireFolder } from './config-file.ts'
import { CHUNK_BYTES, fileError, pathKind } from './files.ts'

export const WEIGHTS_FILE = 'model.safetensors'
export const WEIGHTS_INDEX_FILE = 'model.safetensors.index.json'

/** The tensors of one checkpoint, in one file or several, read when asked for. Keeps files open until `close`. */
export interface WeightFiles {
  /** What was opened, for messages. */
  readonly where: string
  /** In the order in which they are stored. */
  readonly tensors: ReadonlyMap<string, StoredTensor>
  /** Entries of the first file's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>
  /**
   * Reads a floating-point tensor as float32, row-major.
   * @param into where to; its length must be the tensor's; default a new array
   * @throws CheckpointError if there is no such tensor, it holds integers, or the file changed
   */
  read(name: string, into?: Float32Array): Promise<Float32Array>
  /** The bytes of a tensor of any type, little-endian. @throws CheckpointError as `read` */
  readBytes(name: string): Promise<Uint8Array>
  close(): Promise<void>
}

/** An open file and its tensors. */
interface OpenFile {
  path: string
  handle: FileHandle
  tensors: ReadonlyMap<string, StoredTensor>
  metadata: Readonly<Record<string, string>>
}

/**
 * Opens the weights of a model folder: `model.safetensors`, or the shards of `model.safetensors.index.json`; or one
 * `.safetensors` file. Reads headers only.
 * @throws CheckpointError if files are missing, cut off or damaged, or the folder only holds formats that are not read
 */
export async function openWeights(path: string): Promise<WeightFiles> {
  const { paths, index } = await weightPaths(path)
  const files: OpenFile[] = []
  const close = async () => {
    await Promise.all(files.map(({ handle }) => handle.close()))
  }
  try {
    for (const file of paths) files.push(await openFile(file))
    if (index) checkIndex(index, files)
  } catch (error) {
    await close()
    throw error
  }

  const owner = new Map(files.flatMap((file) => [...file.tensors.keys()].map((name) => [name, file] as const)))
  const find = (name: string) => {
    const file = owner.get(name)
    const tensor = file?.tensors.get(name)
    if (!file || !tensor) throw new CheckpointError('NO_TENSOR', `${path}: there is no tensor "${name}"`)
    return { file, tensor }
  }
  return {
    where: path,
    tensors: new Map(files.flatMap(({ tensors }) => [...tensors])),
    metadata: files[0].metadata,
    close,
    async read(name, into) {
      const { file, tensor } = find(name)
      const count = elementCount(tensor.shape)
      const out = into ?? new Float32Array(count)
      if (out.length !== count) {
        throw new CheckpointError(
          'ELEMENT_COUNT',
          `${file.path}: tensor "${name}" has ${count} elements, the array to read into ${out.length}`,
        )
      }
      await readFloats(file, tensor, out)
      return out
    },
    async readBytes(name) {
      const { file, tensor } = find(name)
      const bytes = new Uint8Array(tensor.byteLength)
      await readInto(file, tensor, bytes, 0)
      return bytes
    },
  }
}

/** Files that make up the checkpoint, in order, and the index that names them. */
async function weightPaths(path: string): Promise<{ paths: string[]; index?: ShardIndex }> {
  if (path.endsWith('.safetensors') && (await pathKind(path)) === 'file') return { paths: [path] }
  await requireFolder(path)
  const single = join(path, WEIGHTS_FILE)
  if ((await pathKind(single)) === 'file') return { paths: [single] }
  const indexPath = join(path, WEIGHTS_INDEX_FILE)
  if ((await pathKind(indexPath)) === 'absent') throw await noWeights(path)

  const index = await readIndex(indexPath)
  const paths = [...new Set(index.fileOf.values())].sort().map((file) => join(path, file))
  const kinds = await Promise.all(paths.map(pathKind))
  const missing = paths.filter((_, i) => kinds[i] !== 'file').map((file) => basename(file))
  if (missing.length > 0) {
    throw new CheckpointError(
      'MISSING_SHARD',
      `${indexPath}: ${missing.length} of ${paths.length} files that it names are missing: ${missing.join(', ')}. Fetch them.`,
    )
  }
  return { paths, index }
}

interface ShardIndex {
  path: string
  /** The file name of each tensor. */
  fileOf: ReadonlyMap<string, string>
}

async function readIndex(path: string): Promise<ShardIndex> {
  const { weight_map: map } = await readJsonFile(path)
  const entries = typeof map === 'object' && map !== null ? Object.entries(map) : []
  if (entries.length === 0)
    throw new CheckpointError('BAD_INDEX', `${path}: "weight_map" names no tensor. Fetch it again.`)
  for (const [name, file] of entries) {
    // A name only: an index from elsewhere must not lead out of its folder.
    if (typeof file !== 'string' || !/^[^/\\]+\.safetensors$/.test(file)) {
      throw new CheckpointError(
        'BAD_INDEX',
        `${path}: tensor "${name}" must lie in a .safetensors file of the same folder, found ${JSON.stringify(file)}`,
      )
    }
  }
  return { path, fileOf: new Map(entries as [string, string][]) }
}

/** The files must hold the tensors that the index says, each once. */
function checkIndex({ path, fileOf }: ShardIndex, files: readonly OpenFile[]): void {
  const byName = new Map(files.map((file) => [basename(file.path), file]))
  for (const [name, file] of fileOf) {
    if (!byName.get(file)?.tensors.has(name)) {
      throw new CheckpointError(
        'BAD_INDEX',
        `${path}: tensor "${name}" should lie in ${file}, which does not hold it. The files come from different saves: fetch all again.`,
      )
    }
  }
  for (const [file, { tensors }] of byName) {
    for (const name of tensors.keys()) {
      if (fileOf.get(name) !== file) {
        throw new CheckpointError(
          'BAD_INDEX',
          `${path}: ${file} holds tensor "${name}", which the index does not place there. The files come from different saves: fetch all again.`,
        )
      }
    }
  }
}

/** Why a folder without safetensors cannot be read, and what to do. */
async function noWeights(folder: string): Promise<CheckpointError> {
  const files = await readdir(folder)
  if (files.some((file) => /^pytorch_model.*\.bin$/.test(file))) {
    return new CheckpointError(
      'PICKLED_WEIGHTS',
      `${folder}: its weights are Python pickles (pytorch_model*.bin), which can run code when read and are refused. ` +
        `Convert them once, in that folder, with PyTorch and safetensors installed:\n  ${conversionCommand}`,
    )
  }
  const found = files.length === 0 ? 'nothing' : files.sort().slice(0, 12).join(', ')
  return new CheckpointError(
    'NO_WEIGHTS',
    `${folder}: there is no ${WEIGHTS_FILE} and no ${WEIGHTS_INDEX_FILE}; found ${found}. Give a folder with safetensors weights.`,
  )
}

/** `clone`: tied weights share memory, which save_file refuses. */
const conversionCommand =
  'python -c "import glob, torch; from safetensors.torch import save_file; ' +
  "save_file({k: v.clone().contiguous() for f in sorted(glob.glob('pytorch_model*.bin')) " +
  "for k, v in torch.load(f, map_location='cpu', weights_only=True).items()}, " +
  "'model.safetensors', metadata={'format': 'pt'})\""

async function openFile(path: string): Promise<OpenFile> {
  const handle = await open(path, 'r').catch((error) => {
    throw fileError(error, path)
  })
  try {
    const { size } = await handle.stat()
    const prefix = new Uint8Array(Math.min(size, SAFETENSORS_PREFIX_BYTES))
    await handle.read(prefix, 0, prefix.length, 0)
    const header = new Uint8Array(safetensorsHeaderBytes(prefix, size, path))
    await readAt(handle, path, header, 0)
    return { path, handle, ...parseSafetensorsHeader(header, size, path) }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Reads a tensor's elements as float32; other types pass through a buffer of one chunk. */
async function readFloats(file: OpenFile, tensor: StoredTensor, out: Float32Array): Promise<void> {
  const { dtype } = tensor
  if (dtype === 'F32') {
    await readInto(file, tensor, new Uint8Array(out.buffer, out.byteOffset, out.byteLength), 0)
    return
  }
  const chunk = CHUNK_BYTES / dtypeBytes(dtype) // elements
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, tensor.byteLength))
  for (let first = 0; first < out.length; first += chunk) {
    const part = out.subarray(first, first + chunk)
    const bytes = buffer.subarray(0, part.length * dtypeBytes(dtype))
    await readInto(file, tensor, bytes, first * dtypeBytes(dtype))
    try {
      toFloat32(bytes, dtype, part)
    } catch (cause) {
      if (!(cause instanceof CheckpointError)) throw cause
      throw new CheckpointError(cause.code, `${file.path}: tensor "${tensor.name}": ${cause.message}`, { cause })
    }
  }
}

/** Fills `bytes` from byte `start` of a tensor on. */
async function readInto(file: OpenFile, tensor: StoredTensor, bytes: Uint8Array, start: number): Promise<void> {
  await readAt(file.handle, `${file.path}: tensor "${tensor.name}"`, bytes, tensor.offset + start)
}

async function readAt(handle: FileHandle, where: string, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const length = Math.min(CHUNK_BYTES, bytes.byteLength - done)
    const { bytesRead } = await handle.read(bytes, done, length, position + done).catch((error) => {
      throw fileError(error, where)
    })
    if (bytesRead === 0) {
      throw new CheckpointError(
        'TRUNCATED',
        `${where}: the file is cut off: expected ${bytes.byteLength} bytes from ${position} on, found ${done}. Fetch or save it again.`,
      )
    }
    done += bytesRead
  }
}
