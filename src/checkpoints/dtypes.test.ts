import { describe, expect, test } from 'vitest'
import { checkpointFixture, sha256 } from '../../test/checkpoint-fixture.ts'
import { CheckpointError } from '../core/errors.ts'
import { toFloat32 } from './dtypes.ts'

/** All 65536 bit patterns of a 16-bit type. */
const patterns = new Uint8Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer)

describe('toFloat32', () => {
  test.each(['F16', 'BF16'] as const)('every pattern of %s is the number that PyTorch makes of it', (dtype) => {
    const values = new Float32Array(65536)
    toFloat32(patterns, dtype, values)
    const bits = new Uint32Array(values.buffer)
    for (let i = 0; i < bits.length; i++) if (Number.isNaN(values[i])) bits[i] = 0x7fc00000
    expect(sha256(new Uint8Array(values.buffer))).toBe(checkpointFixture.sha256OfAllPatterns[dtype])
  })

  test('bytes need not be aligned', () => {
    const shifted = new Uint8Array(9)
    shifted.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 1)
    const values = new Float32Array(2)
    toFloat32(shifted.subarray(1), 'F32', values)
    expect([...values]).toEqual([1.5, -2])
  })

  test('integers and wrong lengths are refused', () => {
    expect(() => toFloat32(new Uint8Array(8), 'I64', new Float32Array(1))).toThrow(CheckpointError)
    expect(() => toFloat32(new Uint8Array(6), 'F32', new Float32Array(2))).toThrow(
      '2 elements of type F32 take 8 bytes, found 6',
    )
  })
})
