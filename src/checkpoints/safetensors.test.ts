import { describe, expect, test } from 'vitest'
import { bytesOf, checkpointFixture } from '../../test/checkpoint-fixture.ts'
import { CheckpointError } from '../core/errors.ts'
import { buildSafetensorsHeader, parseSafetensorsHeader } from './safetensors.ts'

/** A file with this header text and so many bytes of data. */
function file(header: unknown, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

const parse = (bytes: Uint8Array, size = bytes.length) => parseSafetensorsHeader(bytes, size, 'x.safetensors')

function error(bytes: Uint8Array, size?: number): CheckpointError {
  try {
    parse(bytes, size)
  } catch (caught) {
    expect(caught).toBeInstanceOf(CheckpointError)
    expect((caught as CheckpointError).message).toContain('x.safetensors')
    return caught as CheckpointError
  }
  throw new Error('nothing was thrown')
}

const f32 = (begin: number, end: number, ...shape: number[]) => ({ dtype: 'F32', shape, data_offsets: [begin, end] })

describe('parseSafetensorsHeader', () => {
  test('reads what safetensors writes', () => {
    const bytes = bytesOf(checkpointFixture.folders.types['model.safetensors'])
    const { tensors, metadata } = parse(bytes)
    expect(metadata).toEqual({})
    expect([...tensors.keys()].sort()).toEqual(Object.keys(checkpointFixture.typeValues).sort())
    expect(tensors.get('F64')).toMatchObject({ dtype: 'F64', shape: [2, 3], byteLength: 48 })
    expect(tensors.get('scalar')).toMatchObject({ dtype: 'F32', shape: [], byteLength: 4 })
    expect(tensors.get('empty')).toMatchObject({ shape: [0, 4], byteLength: 0 })
  })

  test('accepts a header without metadata and without tensors', () => {
    expect(parse(file('{}', 0)).tensors.size).toBe(0)
  })

  test('a file cut off anywhere says how many bytes are missing', () => {
    const whole = bytesOf(checkpointFixture.folders.pretraining['model.safetensors'])
    for (const size of [0, 5, 8, 100, whole.length - 1]) {
      const caught = error(whole.subarray(0, size))
      expect(caught.code).toBe('TRUNCATED')
      expect(caught.message).toContain(`found ${size} bytes`)
    }
    expect(error(whole.subarray(0, whole.length - 1)).message).toContain(`expected ${whole.length} bytes`)
    expect(error(whole.subarray(0, whole.length - 1)).message).toContain('"cls.seq_relationship.weight"')
  })

  test('a huge header length is refused before it is read', () => {
    const bytes = file('{}', 0)
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 63n, true)
    expect(error(bytes).message).toContain('9223372036854775808 bytes')
  })

  test.each([
    ['no JSON', '{"a":', 0, 'no JSON'],
    ['no object', '[1]', 0, 'no JSON object'],
    ['bad metadata', { __metadata__: { a: 1 } }, 0, '"__metadata__" must map strings to strings'],
    ['overlap', { a: f32(0, 8, 2), b: f32(4, 12, 2) }, 12, '"b" overlaps tensor "a"'],
    ['same place twice', { a: f32(0, 8, 2), b: f32(0, 8, 2) }, 8, '"b" overlaps tensor "a"'],
    ['gap', { a: f32(0, 8, 2), b: f32(12, 20, 2) }, 20, '"b" leaves a gap of 4 bytes behind tensor "a"'],
    ['gap at the start', { a: f32(4, 8, 1) }, 8, '"a" leaves a gap of 4 bytes behind the header'],
    ['bytes at the end', { a: f32(0, 8, 2) }, 11, '3 bytes at its end'],
    ['size against shape', { a: f32(0, 8, 3) }, 8, 'F32 [3] takes 12 bytes, data_offsets span 8'],
    ['end before begin', { a: f32(8, 0, 2) }, 8, 'data_offsets must be [begin, end], found [8,0]'],
    ['negative shape', { a: f32(0, 8, -2) }, 8, 'shape must be an array of whole numbers, found [-2]'],
    ['overflowing shape', { a: f32(0, 0, 2 ** 40, 2 ** 40) }, 0, 'data_offsets span 0'],
    ['entry no object', { a: 3 }, 0, 'tensor "a": expected an object, found 3'],
  ])('%s', (_, header, dataBytes, message) => {
    const caught = error(file(header, dataBytes))
    expect(caught.code).toBe('BAD_HEADER')
    expect(caught.message).toContain(message)
  })

  test('an offset beyond the file is a file cut off', () => {
    const caught = error(file({ a: f32(0, 8, 2), b: f32(8, 800, 198) }, 8))
    expect(caught.code).toBe('TRUNCATED')
    expect(caught.message).toContain('"b"')
  })

  test('an unknown type names the tensor and the types that can be read', () => {
    const caught = error(file({ a: { dtype: 'F8_E4M3', shape: [4], data_offsets: [0, 4] } }, 4))
    expect(caught.code).toBe('UNKNOWN_DTYPE')
    expect(caught.message).toMatch(/tensor "a" .*"F8_E4M3".*F16, BF16/)
  })
})

describe('buildSafetensorsHeader', () => {
  test('gives the bytes that safetensors gives', () => {
    const bytes = bytesOf(checkpointFixture.folders.pretraining['model.safetensors'])
    const { tensors } = parse(bytes)
    const header = buildSafetensorsHeader([...tensors.values()])
    expect(Buffer.from(header).equals(bytes.subarray(0, header.length))).toBe(true)
    expect(header.length % 8).toBe(0)
  })

  test('keeps the order of names that look like numbers', () => {
    const header = buildSafetensorsHeader(['b', '1'].map((name) => ({ name, dtype: 'F32', shape: [2] })))
    const file = new Uint8Array(header.length + 16)
    file.set(header)
    expect([...parse(file).tensors.keys()]).toEqual(['b', '1'])
  })

  test('refuses a name twice', () => {
    const tensor = { name: 'a', dtype: 'F32', shape: [1] } as const
    expect(() => buildSafetensorsHeader([tensor, tensor])).toThrow('two tensors to save are named "a"')
  })
})
