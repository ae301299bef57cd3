/**
 * JSON as Python's json module writes and reads it by default: numbers that JSON lacks stand as the bare words `NaN`,
 * `Infinity` and `-Infinity`. Without such numbers it is plain JSON.
 */

/** In front of the words while JSON's own functions are at work; no text of ours begins with it. */
const mark = '\u0000'

/** The text of a value, in lines indented by 2. */
export function formatPythonJson(value: unknown): string {
  const marked = JSON.stringify(
    value,
    (_key, each) => (typeof each === 'number' && !Number.isFinite(each) ? mark + each : each),
    2,
  )
  return marked.replace(/"\\u0000(NaN|-?Infinity)"/g, '$1')
}

/** The value of a text. @throws SyntaxError */
export function parsePythonJson(text: string): unknown {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|NaN|-?Infinity/g, (token) =>
    token.startsWith('"') ? token : JSON.stringify(mark + token),
  )
  return JSON.parse(marked, (_key, each) =>
    typeof each === 'string' && each.startsWith(mark) ? Number(each.slice(mark.length)) : each,
  )
}
