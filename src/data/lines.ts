/** A line of a text file without its line end. */
export interface Line {
  line: string
  /** 1-based line number, as an editor counts. */
  row: number
}

/**
 * Cuts a stream of text into lines, at LF or CRLF; a last line without a line end counts too.
 * Lines may be far longer than a chunk of the stream.
 */
export async function* splitLines(texts: AsyncIterable<string>): AsyncGenerator<Line> {
  let row = 0
  let pending: string[] = [] // the pieces of a line that has begun in earlier chunks
  for await (const text of texts) {
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const piece = text.slice(start, end)
      start = end + 1
      if (pending.length > 0) {
        pending.push(piece)
        yield { line: withoutReturn(pending.join('')), row: ++row }
        pending = []
      } else {
        yield { line: withoutReturn(piece), row: ++row }
      }
    }
    if (start < text.length) pending.push(text.slice(start))
  }
  if (pending.length > 0) yield { line: withoutReturn(pending.join('')), row: ++row }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
