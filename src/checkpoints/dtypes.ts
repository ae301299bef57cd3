/** Element types of stored tensors and their conversion to float32. */
import { CheckpointError } from '../core/errors.ts'

/** Bytes an element takes, by the type's name in a safetensors header. */
const byteSizes = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I8: 1, U8: 1, BOOL: 1 } as const

/** Element type of a stored tensor, by its name in a safetensors header. */
export type StoredDType = keyof typeof byteSizes

/** The types that can be read. */
export const storedDTypes = Object.keys(byteSizes) as StoredDType[]

/** Bytes of one element. */
export function dtypeBytes(dtype: StoredDType): number {
  return byteSizes[dtype]
}

export function isStoredDType(name: unknown): name is StoredDType {
  return typeof name === 'string' && Object.hasOwn(byteSizes, name)
}

/**
 * Converts stored floating-point elements (little-endian) to float32, rounding F64 to nearest.
 * @param bytes `out.length` elements of type `dtype`; need not be aligned
 * @throws CheckpointError `NOT_FLOAT` for integers and booleans
 */
export function toFloat32(bytes: Uint8Array, dtype: StoredDType, out: Float32Array): void {
  const convert = Object.hasOwn(converters, dtype) ? converters[dtype as keyof typeof converters] : undefined
  if (!convert) {
    throw new CheckpointError(
      'NOT_FLOAT',
      `elements of type ${dtype} are no weights: expected ${Object.keys(converters).join(', ')}`,
    )
  }
  if (bytes.byteLength !== out.length * dtypeBytes(dtype)) {
    throw new CheckpointError(
      'ELEMENT_COUNT',
      `${out.length} elements of type ${dtype} take ${out.length * dtypeBytes(dtype)} bytes, found ${bytes.byteLength}`,
    )
  }
  const aligned = bytes.byteOffset % dtypeBytes(dtype) === 0 ? bytes : bytes.slice()
  convert(aligned.buffer, aligned.byteOffset, out)
}

const converters = {
  F64(buffer: ArrayBufferLike, offset: number, out: Float32Array) {
    out.set(new Float64Array(buffer, offset, out.length))
  },
  F32(buffer: ArrayBufferLike, offset: number, out: Float32Array) {
    out.set(new Float32Array(buffer, offset, out.length))
  },
  F16: halfToFloat32,
  /** bfloat16 is the upper half of a float32. */
  BF16(buffer: ArrayBufferLike, offset: number, out: Float32Array) {
    const halves = new Uint16Array(buffer, offset, out.length)
    const bits = new Uint32Array(out.buffer, out.byteOffset, out.length)
    for (let i = 0; i < bits.length; i++) bits[i] = halves[i] << 16
  },
}

/**
 * float16 -> float32 without branches on the exponent: exponent and fraction moved into a float32's place read as the
 * value times 2^(15 - 127), so one exact multiplication by 2^112 puts normal and subnormal numbers right.
 */
function halfToFloat32(buffer: ArrayBufferLike, offset: number, out: Float32Array): void {
  const halves = new Uint16Array(buffer, offset, out.length)
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length)
  const rescale = 2 ** 112
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]
    bits[i] = (half & 0x7fff) << 13
    out[i] *= rescale
    if ((half & 0x7c00) === 0x7c00) bits[i] |= 0x7f800000 // infinity or NaN
    bits[i] |= (half & 0x8000) << 16
  }
}
