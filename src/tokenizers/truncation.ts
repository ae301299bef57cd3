import { TokenizerError } from '../core/errors.ts'

/** Which text of a pair is cut: the longer one, always the first, or always the second. */
export type TruncationStrategy = 'longest_first' | 'only_first' | 'only_second'

/**
 * How many tokens of a text, or of each text of a pair, remain so that they are `maxLength` at most. Lengths may be capped
 * at `maxLength` beforehand. Matches huggingface/tokenizers `utils/truncation.rs`.
 *
 * @throws TokenizerError `TRUNCATION` if the text that is to be cut is too short for it, or is not there
 */
export function truncatedLengths(
  first: number,
  second: number | undefined,
  maxLength: number,
  strategy: TruncationStrategy,
): [first: number, second: number | undefined] {
  const excess = first + (second ?? 0) - maxLength
  if (excess <= 0) return [first, second]
  if (maxLength === 0) return [0, second === undefined ? undefined : 0]
  if (strategy === 'longest_first') {
    if (second === undefined) return [maxLength, undefined]
    const shorter = Math.min(first, second)
    if (shorter * 2 > maxLength) {
      const half = Math.floor(maxLength / 2)
      return first > second ? [maxLength - half, half] : [half, maxLength - half]
    }
    return first > second ? [maxLength - second, second] : [first, maxLength - first]
  }
  const target = strategy === 'only_first' ? first : second
  if (target === undefined) {
    throw new TokenizerError(
      'TRUNCATION',
      `the text has ${first} tokens, ${maxLength} fit, and truncation "only_second" cuts only a second text, which is ` +
        'missing. Use "longest_first" or pass textPair.',
    )
  }
  if (target <= excess) {
    throw new TokenizerError(
      'TRUNCATION',
      `truncation "${strategy}" cannot make the pair fit into ${maxLength} tokens (special tokens not counted): the other ` +
        'text alone fills them. Raise maxLength or use "longest_first".',
    )
  }
  return strategy === 'only_first' ? [first - excess, second] : [first, target - excess]
}

/**
 * The windows that a text of `count` tokens is cut into, `[from, to)` each: the first is what is kept, further ones repeat
 * `stride` tokens of the one before. From the right end for `left`. Matches huggingface/tokenizers `Encoding::truncate`.
 *
 * @param kept tokens of a window; 0: nothing is kept and all is in the second window
 */
export function windows(
  count: number,
  kept: number,
  stride: number,
  side: 'left' | 'right',
): [from: number, to: number][] {
  if (count <= kept) return [[0, count]]
  if (kept === 0) {
    return [
      [0, 0],
      [0, count],
    ]
  }
  const found: [number, number][] = []
  const step = kept - stride
  if (side === 'right') {
    for (let from = 0; ; from += step) {
      const to = Math.min(from + kept, count)
      found.push([from, to])
      if (to === count) return found
    }
  }
  for (let to = count; ; to -= step) {
    const from = Math.max(0, to - kept)
    found.push([from, to])
    if (from === 0) return found
  }
}
