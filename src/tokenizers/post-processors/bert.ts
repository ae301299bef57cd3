import type { EncodingLayout } from '../encoding.ts'

/** How many special tokens stand around a text, or a pair. */
export function bertSpecialTokenCount(pair: boolean): number {
  return pair ? 3 : 2
}

/**
 * Puts `[CLS] first [SEP]` or `[CLS] first [SEP] second [SEP]` together and pads it on the right.
 *
 * @param tokens int32: the ids of both texts as they were found, the second from `secondFrom` on
 * @param length of the result, at least what the layout needs
 * @returns int32 [length]
 */
export function assembleBertIds(
  tokens: Int32Array,
  secondFrom: number,
  { first, second, special }: EncodingLayout,
  ids: { clsId: number; sepId: number; padId: number },
  length: number,
): Int32Array {
  const out = new Int32Array(length)
  let at = 0
  if (special) out[at++] = ids.clsId
  out.set(tokens.subarray(0, first), at)
  at += first
  if (special) out[at++] = ids.sepId
  if (second !== undefined) {
    out.set(tokens.subarray(secondFrom, secondFrom + second), at)
    at += second
    if (special) out[at++] = ids.sepId
  }
  if (at < length) out.fill(ids.padId, at)
  return out
}
