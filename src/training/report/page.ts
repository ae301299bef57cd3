import { type Html, html } from './html.ts'
import { style } from './style.ts'

/**
 * A self-contained HTML page: no script, no external resource, light and dark. It forbids scripts and loading, so that hostile
 * texts stay texts.
 */
export function renderPage(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="generator" content="bertsmith"><title>${title}</title><style>${{ markup: style }}</style></head>
<body><main>
${body}
<footer>Made by bertsmith. Charts show values when the pointer rests on them.</footer>
</main></body></html>
`.markup
}
