import { ConfigError } from '../core/errors.ts'
import { windows } from '../tokenizers/truncation.ts'
import type { EncodedSequence, EncodedText } from './collator.ts'

/** How a longer text is cut into windows. */
export interface WindowOptions {
  /** Tokens of a window, special ones included. */
  maxLength: number
  /** Tokens that a window repeats of the one before. */
  stride: number
  /** Windows of a text at most: what is behind them is not read. Default: as many as the text needs. */
  maxWindows?: number
}

/** A whole encoding, as far as windows need it. */
export interface WholeEncoding extends EncodedSequence {
  /** 0 for tokens of the first text, 1 for those of the second, null for special tokens. */
  readonly sequenceIds: readonly (number | null)[]
}

/** The windows of an encoding: for each the places of its tokens in the whole, ascending. */
export interface WindowPlaces {
  windows: Int32Array[]
  /** Whether tokens stand in no window. */
  truncated: boolean
}

/**
 * The windows of a text or pair: each has all special tokens and a stretch of the text. Those of one text are the tokenizer's own
 * (`returnOverflowingTokens`). Of a pair the longer text goes through the windows, the second of equals, and the other stands in
 * each of them; it is cut to half of their room if it is longer than that, so that the windows go on.
 * @throws ConfigError `MAX_LENGTH` or `STRIDE` if no window would go on
 */
export function placeWindows(
  sequenceIds: readonly (number | null)[],
  { maxLength, stride, maxWindows = Number.POSITIVE_INFINITY }: WindowOptions,
): WindowPlaces {
  const special: number[] = []
  const texts: [number[], number[]] = [[], []]
  for (const [place, id] of sequenceIds.entries()) (id === null ? special : texts[id as 0 | 1]).push(place)
  const room = maxLength - special.length
  const shortRoom = texts[1].length > 0 ? Math.floor(room / 2) : 0
  // Of every text, also of a short one, so that a setting that does not do shows at once.
  checkStride(room - shortRoom, special.length, { maxLength, stride })
  if (sequenceIds.length <= maxLength) return { windows: [Int32Array.from(sequenceIds.keys())], truncated: false }
  const [short, long] = texts[1].length >= texts[0].length ? texts : texts.toReversed()
  const kept = short.slice(0, shortRoom)
  const ranges = windows(long.length, room - kept.length, stride, 'right')
  const read = ranges.slice(0, maxWindows)
  return {
    windows: read.map(([from, to]) => Int32Array.of(...special, ...kept, ...long.slice(from, to)).sort()),
    truncated: kept.length < short.length || read.length < ranges.length,
  }
}

/** @param room tokens of the text that a window has at least */
function checkStride(room: number, special: number, { maxLength, stride }: WindowOptions): void {
  if (room < 1) {
    throw new ConfigError(
      'MAX_LENGTH',
      `windows of ${maxLength} tokens leave no room for text beside ${special} special tokens: raise maxLength.`,
    )
  }
  if (stride < room) return
  throw new ConfigError(
    'STRIDE',
    `a stride of ${stride} does not fit: expected less than ${room}, since of ${maxLength} tokens a window has room for as few ` +
      'of a long text. Choose a smaller stride or a larger maxLength.',
  )
}

/** Cuts an encoding into windows. @throws as `placeWindows` */
export function cutIntoWindows(
  { ids, typeIds, sequenceIds }: WholeEncoding,
  options: WindowOptions,
): EncodedText & { truncated: boolean } {
  const { windows, truncated } = placeWindows(sequenceIds, options)
  const all = windows.flatMap((places) => [...places])
  return {
    ids: Int32Array.from(all, (place) => ids[place]),
    typeIds: Int32Array.from(all, (place) => typeIds[place]),
    windows: Int32Array.from(windows, ({ length }) => length),
    truncated,
  }
}

/** Where texts were cut, for messages: `at 512 tokens`, or `after 8 windows of 64 tokens`. */
export function describeCut(maxLength: number, windows?: WindowOptions): string {
  if (!windows) return `at ${maxLength} tokens`
  if (windows.maxWindows === undefined) return 'to half of a window, beside the windows of a longer text'
  return `after ${windows.maxWindows} windows of ${maxLength} tokens`
}
