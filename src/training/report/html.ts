/** A piece of HTML or SVG whose texts are already escaped. Only {@link html} makes it. */
export interface Html {
  readonly markup: string
}

/** What a template may hold: pieces go in as they are, everything else is text and is escaped; nothing shows as nothing. */
export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[]

/**
 * Tagged template for HTML and SVG that escapes every interpolated text, so that a hostile one (a spam mail with markup)
 * stays text wherever it stands: between tags or inside a quoted attribute.
 */
export function html(parts: TemplateStringsArray, ...values: HtmlValue[]): Html {
  let markup = parts[0]
  for (let i = 0; i < values.length; i++) markup += toMarkup(values[i]) + parts[i + 1]
  return { markup }
}

function toMarkup(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number') return String(value)
  if ('markup' in value) return value.markup
  return value.map(toMarkup).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Escapes markup in printable text. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => entities[character])
}

/**
 * Control characters, which HTML forbids, lone surrogates, and the overrides of the writing direction, which make `exe.txt` of a
 * name that ends in `txt.exe`, become U+FFFD.
 */
export function printable(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202d\u202e]/g, '\ufffd')
}

/** The first `limit` UTF-16 units or fewer, cut between characters and, if there is one near, at a space. */
export function truncate(text: string, limit: number): string {
  if (text.length <= limit) return text
  let end = limit - 1
  const space = text.lastIndexOf(' ', end)
  if (space > limit * 0.8) end = space
  else if (/[\ud800-\udbff]/.test(text[end - 1])) end--
  return `${text.slice(0, end)}…`
}
