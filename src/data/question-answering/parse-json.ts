import { DataError } from '../../core/errors.ts'
import { excerpt } from '../example.ts'

/**
 * The value of a JSON document.
 * @param file the name that errors mention
 * @param hint what else the file may be, for the end of the message
 * @throws DataError `INVALID_JSON` with line and column
 */
export function parseJson(text: string, file: string, hint = 'Correct the file.'): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // V8 tells the position only sometimes, other engines never: find it.
    const at = jsonErrorAt(text)
    const line = text.slice(0, at).split('\n').length
    const column = at - text.lastIndexOf('\n', at - 1)
    const found = at >= text.length ? 'the end of the file' : excerpt(text.slice(at, at + 40), 24)
    throw new DataError(
      'INVALID_JSON',
      `${file}, line ${line}, column ${column}: expected JSON, found ${found}. ${hint}`,
      { cause },
    )
  }
}

/** Where a text stops being JSON (RFC 8259): the place of the first character that cannot stand there. */
export function jsonErrorAt(text: string): number {
  // One letter an open array or object; a list, since documents may nest deeper than calls.
  const open: ('[' | '{')[] = []
  let at = 0
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found) at += found[0].length
    return found !== null
  }
  const skip = () => match(/[ \t\n\r]*/y)
  /** A key and its colon. */
  const key = () => {
    if (!string()) return false
    skip()
    return match(/:/y)
  }
  const string = () => {
    if (!match(/"/y)) return false
    while (match(/[^"\\\u0000-\u001f]+|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}/y));
    return match(/"/y)
  }
  for (;;) {
    skip()
    // A value begins here.
    if (match(/\{/y)) {
      skip()
      if (!match(/\}/y)) {
        if (!key()) return at
        open.push('{')
        continue
      }
    } else if (match(/\[/y)) {
      skip()
      if (!match(/\]/y)) {
        open.push('[')
        continue
      }
    } else if (text[at] === '"') {
      if (!string()) return at
    } else if (!match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y)) {
      return at
    }
    // A value has ended: so may what it stands in.
    for (;;) {
      skip()
      const inside = open.at(-1)
      if (inside === undefined) return at
      if (match(/,/y)) {
        skip()
        if (inside === '{' && !key()) return at
        break
      }
      if (!match(inside === '[' ? /\]/y : /\}/y)) return at
      open.pop()
    }
  }
}
