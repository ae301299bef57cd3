/**
 * The header of a safetensors file: 8 bytes little-endian length, then JSON
 * `{name: {dtype, shape, data_offsets: [begin, end]}, __metadata__: {...}}` padded with spaces, then the data. Follows the
 * checks of huggingface/safetensors `safetensors/src/tensor.rs`.
 */
import { CheckpointError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { dtypeBytes, isStoredDType, type StoredDType, storedDTypes } from './dtypes.ts'

/** Where a tensor lies in its file. */
export interface StoredTensor {
  readonly name: string
  readonly dtype: StoredDType
  readonly shape: readonly number[]
  /** Position of the first byte in the file. */
  readonly offset: number
  readonly byteLength: number
}

export interface SafetensorsHeader {
  /** In the order of their data. */
  readonly tensors: ReadonlyMap<string, StoredTensor>
  /** The entries of `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>
}

/** Bytes of the length in front of the JSON. */
export const SAFETENSORS_PREFIX_BYTES = 8

/** The greatest header that the reference implementation reads. */
const maxHeaderBytes = 100_000_000

/**
 * The number of bytes up to the data, from the file's first 8.
 * @param where what to call the file in messages
 * @throws CheckpointError `TRUNCATED` or `BAD_HEADER`
 */
export function safetensorsHeaderBytes(prefix: Uint8Array, fileSize: number, where: string): number {
  if (fileSize < SAFETENSORS_PREFIX_BYTES || prefix.byteLength < SAFETENSORS_PREFIX_BYTES) {
    throw truncated(where, `at least ${SAFETENSORS_PREFIX_BYTES} bytes`, Math.min(fileSize, prefix.byteLength))
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true)
  if (length > maxHeaderBytes) {
    throw bad(where, `its first 8 bytes give a header of ${length} bytes, more than any such file has`)
  }
  const total = SAFETENSORS_PREFIX_BYTES + Number(length)
  if (total > fileSize) throw truncated(where, `a header of ${total} bytes`, fileSize)
  return total
}

/**
 * Reads and checks a header: each tensor's bytes agree with its shape and type, the tensors lie one behind the other
 * without gap or overlap, and fill the file.
 * @param bytes the file, or at least its first `safetensorsHeaderBytes()`
 * @param where what to call the file in messages
 * @throws CheckpointError `TRUNCATED`, `BAD_HEADER` or `UNKNOWN_DTYPE`
 */
export function parseSafetensorsHeader(bytes: Uint8Array, fileSize: number, where: string): SafetensorsHeader {
  const dataStart = safetensorsHeaderBytes(bytes, fileSize, where)
  if (bytes.byteLength < dataStart) throw truncated(where, `a header of ${dataStart} bytes`, bytes.byteLength)
  const json = parseJson(bytes.subarray(SAFETENSORS_PREFIX_BYTES, dataStart), where)

  const tensors: StoredTensor[] = []
  let metadata: Record<string, string> = {}
  for (const [name, entry] of Object.entries(json)) {
    if (name === '__metadata__') metadata = readMetadata(entry, where)
    else tensors.push(readEntry(name, entry, dataStart, where))
  }
  tensors.sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength)

  let end = dataStart
  let previous: string | undefined
  for (const { name, offset, byteLength } of tensors) {
    if (offset !== end) {
      const problem = offset < end ? 'overlaps' : `leaves a gap of ${offset - end} bytes behind`
      const before = previous === undefined ? 'the header' : `tensor "${previous}"`
      throw bad(where, `tensor "${name}" ${problem} ${before}`)
    }
    end += byteLength
    previous = name
  }
  if (end > fileSize) {
    const first = tensors.find(({ offset, byteLength }) => offset + byteLength > fileSize)!
    throw truncated(where, `${end} bytes`, fileSize, `the first tensor cut off is "${first.name}"`)
  }
  if (end < fileSize) throw bad(where, `${fileSize - end} bytes at its end belong to no tensor`)
  return { tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])), metadata }
}

/** A tensor to write. */
export interface TensorToStore {
  readonly name: string
  readonly dtype: StoredDType
  readonly shape: readonly number[]
}

/**
 * The bytes in front of the data, with the length, for tensors whose data follows in the order given. The same bytes as
 * the reference implementation's, given tensors of one type sorted by name.
 * @param metadata entries of `__metadata__`; default `{format: 'pt'}`, which transformers 4 insists on
 * @throws CheckpointError `DUPLICATE_TENSOR`
 */
export function buildSafetensorsHeader(
  tensors: readonly TensorToStore[],
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Uint8Array {
  const entries: [string, unknown][] = [['__metadata__', metadata]]
  const names = new Set(['__metadata__'])
  let offset = 0
  for (const { name, dtype, shape } of tensors) {
    if (names.has(name)) throw new CheckpointError('DUPLICATE_TENSOR', `two tensors to save are named "${name}"`)
    names.add(name)
    const end = offset + shape.reduce((product, dim) => product * dim, dtypeBytes(dtype))
    entries.push([name, { dtype, shape, data_offsets: [offset, end] }])
    offset = end
  }
  // Written entry by entry: an object would move names that look like integers to the front.
  const json = `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')}}`
  const text = new TextEncoder().encode(json)
  const bytes = new Uint8Array(SAFETENSORS_PREFIX_BYTES + Math.ceil(text.length / 8) * 8).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - SAFETENSORS_PREFIX_BYTES), true)
  bytes.set(text, SAFETENSORS_PREFIX_BYTES)
  return bytes
}

function parseJson(bytes: Uint8Array, where: string): Record<string, unknown> {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw bad(where, `its header is no JSON (${(cause as Error).message})`, cause)
  }
  if (!isObject(json)) throw bad(where, 'its header is no JSON object')
  return json
}

function readMetadata(entry: unknown, where: string): Record<string, string> {
  if (!isObject(entry) || Object.values(entry).some((value) => typeof value !== 'string')) {
    throw bad(where, '"__metadata__" must map strings to strings')
  }
  return entry as Record<string, string>
}

function readEntry(name: string, entry: unknown, dataStart: number, where: string): StoredTensor {
  const fail = (what: string) => bad(where, `tensor "${name}": ${what}`)
  if (!isObject(entry)) throw fail(`expected an object, found ${JSON.stringify(entry)}`)
  const { dtype, shape, data_offsets: offsets } = entry
  if (!isStoredDType(dtype)) {
    throw new CheckpointError(
      'UNKNOWN_DTYPE',
      `${where}: tensor "${name}" has elements of type ${JSON.stringify(dtype)}, which cannot be read: ` +
        `expected ${storedDTypes.join(', ')}. Save the model in float32, float16 or bfloat16.`,
    )
  }
  if (!isSizes(shape)) throw fail(`shape must be an array of whole numbers, found ${JSON.stringify(shape)}`)
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[1] < offsets[0]) {
    throw fail(`data_offsets must be [begin, end], found ${JSON.stringify(offsets)}`)
  }
  const byteLength = offsets[1] - offsets[0]
  const expected = shape.reduce((product, dim) => product * dim, dtypeBytes(dtype))
  if (byteLength !== expected) {
    throw fail(`${dtype} ${formatShape(shape)} takes ${expected} bytes, data_offsets span ${byteLength}`)
  }
  return { name, dtype, shape, offset: dataStart + offsets[0], byteLength }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0)
}

function bad(where: string, what: string, cause?: unknown): CheckpointError {
  return new CheckpointError(
    'BAD_HEADER',
    `${where}: ${what}. It is no safetensors file, or it is damaged: fetch or save it again.`,
    { cause },
  )
}

function truncated(where: string, expected: string, found: number, detail?: string): CheckpointError {
  return new CheckpointError(
    'TRUNCATED',
    `${where}: the file is cut off: expected ${expected}, found ${found} bytes${detail ? ` (${detail})` : ''}. ` +
      'Fetch or save it again.',
  )
}
