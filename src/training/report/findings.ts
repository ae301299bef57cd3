import type { Finding } from '../../data/doctor/index.ts'
import { type Html, html, truncate } from './html.ts'

const previewLength = 200
const mostExamples = 20

/** What was found in data and settings, and in the run: the worst first. Texts are data of others: all are escaped. */
export function findingsSection(findings: readonly Finding[] | undefined): Html | undefined {
  if (!findings || findings.length === 0) return undefined
  const order = ['error', 'warning', 'info']
  const sorted = [...findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
  return html`<section><h2>Doctor</h2><p class="lead">What looks odd in data, settings and training, and what to change.</p>
<ol class="examples">${sorted.map(card)}</ol></section>
`
}

function card({ code, severity, message, advice, examples }: Finding): Html {
  return html`<li><div class="verdict"><span class="chip ${severity === 'info' ? 'truth' : 'guess'}">${severity}</span><span class="source">${code}</span></div>
<p class="text">${message}</p><p class="text">${advice}</p>
${
  examples.length > 0 &&
  html`<details class="more"><summary>${examples.length === 1 ? '1 example' : `${examples.length} examples`}</summary><ul>${examples
    .slice(0, mostExamples)
    .map(
      ({ place, text, note }) =>
        html`<li class="text"><small><bdi>${truncate(place, 80)}</bdi>${note && html` · <bdi>${truncate(note, 120)}</bdi>`}</small><br><bdi dir="auto">${truncate(text, previewLength)}</bdi></li>`,
    )}</ul></details>`
}</li>
`
}
