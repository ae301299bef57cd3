/** Characters of white space at the ends of a token. */
export interface WhiteSpace {
  leading: number
  trailing: number
}

/** White space, as bytes or as it is, at the ends of a token. */
export function whiteSpaceOf(token: string): WhiteSpace {
  const leading = /^[Ġ\p{White_Space}]*/u.exec(token)?.[0].length ?? 0
  const trailing = /[Ġ\p{White_Space}]*$/u.exec(token)?.[0].length ?? 0
  return { leading, trailing }
}

/**
 * `[start, end)` of a token in `text` less so many characters at its ends. A space that was put before the text has the place
 * of the character behind it, so that any character may be left out. Matches huggingface/tokenizers `process_offsets`.
 */
export function trimmed(
  text: string,
  start: number,
  end: number,
  { leading, trailing }: WhiteSpace,
): [start: number, end: number] {
  let from = start
  for (let n = 0; n < leading && from < end; n++) from += (text.codePointAt(from) as number) > 0xffff ? 2 : 1
  from = Math.min(from, end)
  let to = end
  if (end < trailing) return [from, to]
  for (let n = 0; n < trailing && to > from; n++) {
    to -= to - 2 >= from && (text.codePointAt(to - 2) as number) > 0xffff ? 2 : 1
  }
  return [from, to]
}
