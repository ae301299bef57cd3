/** `0:07`, `12:34`, `1:02:03`, `2d 03:04` of seconds; `--:--` of what is no finite number. */
export function formatClock(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '--:--'
  const whole = Math.round(seconds)
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)}`
  if (whole < 86_400) return `${Math.floor(whole / 3600)}:${two((whole % 3600) / 60)}:${two(whole % 60)}`
  return `${Math.floor(whole / 86_400)}d ${two((whole % 86_400) / 3600)}:${two((whole % 3600) / 60)}`
}

/** `0.25 steps/s`, `12.3 steps/s`, `18,230 tokens/s` */
export function formatRate(perSecond: number, unit: string): string {
  if (!Number.isFinite(perSecond)) return `- ${unit}/s`
  if (perSecond >= 99.95) return `${Math.round(perSecond).toLocaleString('en-US')} ${unit}/s`
  return `${perSecond < 9.995 ? perSecond.toFixed(2) : perSecond.toFixed(1)} ${unit}/s`
}

/** One line without control characters or escape sequences: notes may quote file names and texts. */
export function oneLine(text: string): string {
  return text
    .replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, '')
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trimEnd()
}

/** Columns that a character takes on a terminal: none for marks, two for East Asian wide ones and emoji. */
function characterWidth(character: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) return 0
  const code = character.codePointAt(0) as number
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  return wide ? 2 : 1
}

/** Columns that a text without escape sequences takes on a terminal. */
export function displayWidth(text: string): number {
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** The start of a text that fits into so many columns, with `…` at the end if something is missing. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  let kept = ''
  let width = 1
  for (const character of text) {
    width += characterWidth(character)
    if (width > columns) break
    kept += character
  }
  return columns < 1 ? '' : `${kept}…`
}
