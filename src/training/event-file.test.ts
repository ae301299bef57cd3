/** Event files byte by byte as PyTorch and TensorBoard write them: scripts/fixtures/event_files.py. */
import { expect, test } from 'vitest'
import { crc32c } from '../core/crc32c.ts'
import { type EventContent, eventRecord } from './event-file.ts'
import fixture from './event-files.fixture.json' with { type: 'json' }

test.each(fixture.crc32c)('CRC-32C of $hex is $value', ({ hex, value }) => {
  expect(crc32c(Buffer.from(hex, 'hex'))).toBe(Number.parseInt(value, 16))
})

test('records are those of SummaryWriter', () => {
  const file = Buffer.from(fixture.file, 'base64')
  // Its first record, which names the writer, and the time of the next two are its own.
  const records: Buffer[] = []
  for (let at = 0; at < file.length; ) {
    const end = at + 16 + Number(file.readBigUInt64LE(at))
    records.push(file.subarray(at, end))
    at = end
  }
  const timeOf = (record: Buffer) => record.readDoubleLE(13)
  const expected = records.slice(1)
  const { purgeStep, scalars, text } = fixture
  const of = (step: number, wallTime: number, content: EventContent) => eventRecord({ step, wallTime, ...content })
  const found = [
    of(purgeStep, timeOf(expected[0]), { fileVersion: 'brain.Event:2' }),
    of(purgeStep, timeOf(expected[1]), { sessionStart: true }),
    ...scalars.map(({ tag, value, step, wallTime }) => of(step, wallTime, { tag, scalar: Number(value) })),
    of(text.step, text.wallTime, text),
  ]
  expect(found.map((record) => Buffer.from(record).toString('hex'))).toEqual(
    expected.map((record) => record.toString('hex')),
  )
})
