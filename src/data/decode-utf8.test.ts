import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeUtf8 } from './decode-utf8.ts'
import { splitLines } from './lines.ts'

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
}

async function decode(bytes: Uint8Array, size: number): Promise<string> {
  let text = ''
  for await (const part of decodeUtf8(chunks(bytes, size), 'x')) text += part
  return text
}

test('text survives being cut into chunks of any size', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 9 }), async (text, size) => {
      const clean = text.replaceAll('\0', '').replace(/^\ufeff+/, '')
      if (/^(PK\x03\x04|PAR1)/.test(clean)) return
      expect(await decode(new TextEncoder().encode(clean), size)).toBe(clean)
    }),
  )
})

test.each([
  ['in the middle', [0x61, 0x0a, 0xe9, 0x62, 0x63, 0x64], 2, /line 2: .* 0xe9 at offset 2/],
  ['before the last line end', [0x61, 0xe9, 0x0a], 1, /line 1: .* 0xe9 at offset 1/],
  ['after a good character', [0xc3, 0xa9, 0x0a, 0xff], 3, /line 2: .* 0xff at offset 3/],
  ['a character cut off at the end', [0x61, 0x0a, 0xe6, 0x97], 4, /line 2: .* the end at offset 4/],
  ['a continuation without a start', [0x61, 0x80, 0x61], 1, /line 1: .* 0x80 at offset 1/],
  ['half of a surrogate pair', [0x61, 0xed, 0xa0, 0x80], 1, /line 1: .* 0xed at offset 1/],
])('says where invalid bytes are, wherever chunks end: %s', async (_, bytes, __, message) => {
  for (let size = 1; size <= bytes.length; size++) {
    await expect(decode(new Uint8Array(bytes), size)).rejects.toThrow(message)
  }
})

test('lines: LF, CRLF, no last line end, any chunk size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '😀', ' ') }), { minLength: 1 }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      fc.integer({ min: 1, max: 5 }),
      async (lines, lineEnd, last, size) => {
        const text = lines.join(lineEnd) + (last ? lineEnd : '')
        const expected = text === '' ? [] : last || lines.at(-1) !== '' ? lines : lines.slice(0, -1)
        const read: string[] = []
        for await (const { line, row } of splitLines(decodeUtf8(chunks(new TextEncoder().encode(text), size), 'x'))) {
          read.push(line)
          expect(row).toBe(read.length)
        }
        expect(read).toEqual(expected)
      },
    ),
  )
})
