/**
 * Records of TensorBoard's event files. Field numbers are those of event.proto, summary.proto and tensor.proto; the framing is
 * TFRecord's. Only what a training writes is there.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { crc32c } from '../core/crc32c.ts'

/** What a record says. */
export type EventContent =
  /** Begins a file. */
  | { fileVersion: 'brain.Event:2' }
  /** A session begins: TensorBoard drops what earlier files of the folder have from the event's step on. */
  | { sessionStart: true }
  | { tag: string; scalar: number }
  /** Markdown. */
  | { tag: string; text: string }

/** A record of an event file. */
export type FileEvent = EventContent & {
  /** Seconds since 1970. */
  wallTime: number
  step: number
}

/** The record of an event: its length, the length's check sum, the event, the event's check sum. */
export function eventRecord({ wallTime, step, ...content }: FileEvent): Uint8Array {
  const event = new BinaryWriter()
  event.tag(1, WireType.Bit64).double(wallTime)
  if (step !== 0) event.tag(2, WireType.Varint).int64(step)
  if ('fileVersion' in content) event.tag(3, WireType.LengthDelimited).string(content.fileVersion)
  else if ('sessionStart' in content) event.tag(7, WireType.LengthDelimited).bytes(sessionStart())
  else event.tag(5, WireType.LengthDelimited).bytes(summary(content))
  return frame(event.finish())
}

/** TFRecord: uint64 length, masked CRC-32C of those 8 bytes, data, masked CRC-32C of the data; little-endian. */
function frame(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true)
  record.set(data, 12)
  view.setUint32(12 + data.length, maskedCrc(data), true)
  return record
}

/** Rotated and shifted, so that the check sum of data that holds check sums is of use. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** SessionLog with the status START. */
const sessionStart = (): Uint8Array => new BinaryWriter().tag(1, WireType.Varint).int32(1).finish()

/** Summary of one value. */
function summary(content: { tag: string; scalar: number } | { tag: string; text: string }): Uint8Array {
  const value = new BinaryWriter()
  value.tag(1, WireType.LengthDelimited).string(content.tag)
  if ('scalar' in content) {
    value.tag(2, WireType.Bit32).float(content.scalar)
  } else {
    value.tag(8, WireType.LengthDelimited).bytes(textTensor(content.text))
    const plugin = new BinaryWriter().tag(1, WireType.LengthDelimited).string('text').finish()
    const metadata = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(plugin).finish()
    value.tag(9, WireType.LengthDelimited).bytes(metadata)
  }
  return new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(value.finish()).finish()
}

/** TensorProto of the type DT_STRING and the shape [1]. */
function textTensor(text: string): Uint8Array {
  const dim = new BinaryWriter().tag(1, WireType.Varint).int64(1).finish()
  const shape = new BinaryWriter().tag(2, WireType.LengthDelimited).bytes(dim).finish()
  return new BinaryWriter()
    .tag(1, WireType.Varint)
    .int32(7)
    .tag(2, WireType.LengthDelimited)
    .bytes(shape)
    .tag(8, WireType.LengthDelimited)
    .string(text)
    .finish()
}
