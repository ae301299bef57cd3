/** A stretch of a text without the white space at its ends; empty at its end if there is nothing else. */
export function withoutSpace(text: string, start: number, end: number): [start: number, end: number] {
  const own = text.slice(start, end)
  return [end - own.trimStart().length, Math.max(end - own.trimStart().length, start + own.trimEnd().length)]
}
