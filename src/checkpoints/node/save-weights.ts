import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CheckpointError } from '../../core/errors.ts'
import { TEMPORARY_SUFFIX } from '../../core/node/write-file.ts'
import { elementCount, formatShape } from '../../core/shape.ts'
import { buildSafetensorsHeader } from '../safetensors.ts'
import { makeFolder, streamFileAtomic, writeBytes, writeFileAtomic } from './files.ts'
import { WEIGHTS_FILE, WEIGHTS_INDEX_FILE } from './weight-files.ts'

/** A tensor to save. */
export interface TensorToSave {
  readonly name: string
  readonly shape: readonly number[]
  /** float32, row-major; a function is called when the tensor's turn comes, so that not all need be in memory. */
  readonly data: Float32Array | (() => Float32Array | Promise<Float32Array>)
}

export interface SaveOptions {
  /** Greatest data size of one file, in bytes; more is cut into shards with an index; default 5 GB (5e9). */
  maxShardBytes?: number
}

/**
 * Saves tensors as float32 in a folder: `model.safetensors`, or shards and `model.safetensors.index.json`. Sorted by name,
 * so that equal weights give equal bytes: those that safetensors' own `save_file` writes. Each file is written beside and
 * renamed into place; weights of an earlier save in other files are removed last. One file replaces one file in a single
 * step; where shards are replaced and a crash must not mix two saves, write into `replaceFolder`.
 * @throws CheckpointError if a size is wrong or the folder cannot be written; then an earlier `model.safetensors` is intact
 */
export async function saveWeights(
  folder: string,
  tensors: readonly TensorToSave[],
  { maxShardBytes = 5e9 }: SaveOptions = {},
): Promise<void> {
  const sorted = sortedByName(tensors)
  await makeFolder(folder)
  const shards = splitShards(sorted, maxShardBytes)
  const written = new Set<string>()
  for (const [i, shard] of shards.entries()) {
    const file = shards.length === 1 ? WEIGHTS_FILE : shardName(i + 1, shards.length)
    await saveFile(join(folder, file), shard)
    written.add(file)
  }
  if (shards.length > 1) {
    await writeFileAtomic(join(folder, WEIGHTS_INDEX_FILE), indexJson(shards))
    written.add(WEIGHTS_INDEX_FILE)
  }
  await removeOthers(folder, written)
}

/** Saves tensors in one file as `saveWeights` does, in a folder that is there. @throws CheckpointError as `saveWeights` */
export function saveTensors(path: string, tensors: readonly TensorToSave[]): Promise<void> {
  return saveFile(path, sortedByName(tensors))
}

function sortedByName(tensors: readonly TensorToSave[]): TensorToSave[] {
  const sorted = [...tensors].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  for (const [i, { name }] of sorted.entries()) {
    if (sorted[i - 1]?.name === name) {
      throw new CheckpointError('DUPLICATE_TENSOR', `two tensors to save are named "${name}"`)
    }
  }
  return sorted
}

async function saveFile(path: string, tensors: readonly TensorToSave[]): Promise<void> {
  const header = buildSafetensorsHeader(tensors.map(({ name, shape }) => ({ name, shape, dtype: 'F32' })))
  await streamFileAtomic(path, async (file) => {
    await writeBytes(file, header)
    for (const { name, shape, data } of tensors) {
      const values = typeof data === 'function' ? await data() : data
      if (values.length !== elementCount(shape)) {
        throw new CheckpointError(
          'ELEMENT_COUNT',
          `${path}: tensor "${name}" ${formatShape(shape)} has ${elementCount(shape)} elements, ${values.length} were given`,
        )
      }
      // float32 in memory is what the file holds: every platform that Node and ONNX Runtime share is little-endian.
      await writeBytes(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    }
  })
}

const byteSize = ({ shape }: TensorToSave): number => 4 * elementCount(shape)
const shardName = (number: number, count: number): string => {
  const digits = (n: number) => String(n).padStart(5, '0')
  return `model-${digits(number)}-of-${digits(count)}.safetensors`
}

/** Cuts the list where the next tensor would make a shard too big; a tensor that is too big alone stands alone. */
function splitShards(tensors: readonly TensorToSave[], maxShardBytes: number): TensorToSave[][] {
  const shards: TensorToSave[][] = [[]]
  let bytes = 0
  for (const tensor of tensors) {
    const size = byteSize(tensor)
    if (bytes > 0 && bytes + size > maxShardBytes) {
      shards.push([])
      bytes = 0
    }
    shards.at(-1)!.push(tensor)
    bytes += size
  }
  return shards
}

function indexJson(shards: readonly TensorToSave[][]): string {
  const all = shards.flat()
  const totalSize = all.reduce((sum, tensor) => sum + byteSize(tensor), 0)
  const index = {
    metadata: { total_parameters: totalSize / 4, total_size: totalSize },
    weight_map: Object.fromEntries(
      shards.flatMap((shard, i) => shard.map(({ name }) => [name, shardName(i + 1, shards.length)])),
    ),
  }
  return `${JSON.stringify(index, null, 2)}\n`
}

/** Removes weight files, also unfinished ones, that are not part of this save. `model.safetensors` goes first: it counts. */
async function removeOthers(folder: string, written: ReadonlySet<string>): Promise<void> {
  const ours = /^model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?$/
  const stale = (await readdir(folder)).filter(
    (file) =>
      ours.test(file.endsWith(TEMPORARY_SUFFIX) ? file.slice(0, -TEMPORARY_SUFFIX.length) : file) && !written.has(file),
  )
  stale.sort((a, b) => Number(b === WEIGHTS_FILE) - Number(a === WEIGHTS_FILE))
  for (const file of stale) await rm(join(folder, file), { force: true })
}
