import type { RunRecord } from '../run-record.ts'
import { labelSections } from './confusion.ts'
import { curvesSection } from './curves.ts'
import { wrongExamplesSection } from './examples.ts'
import { fillInsSection } from './fill-ins.ts'
import { findingsSection } from './findings.ts'
import { baselinesSection, headlineSection, pageHeader } from './headline.ts'
import { html } from './html.ts'
import { scatterSection } from './scatter.ts'
import { style } from './style.ts'
import { dataSection, settingsSection } from './tables.ts'

/**
 * Renders a training run as one self-contained HTML page: no script, no external resource, charts as inline SVG, light and
 * dark. Every text of the record is escaped, and the page forbids scripts and loading, so hostile texts stay texts.
 * Parts that the record lacks are left out; long histories are drawn with at most 500 points a curve.
 */
export function renderReport(record: RunRecord): string {
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="generator" content="bertsmith"><title>${record.title || 'Training run'}</title><style>${{ markup: style }}</style></head>
<body><main>
${pageHeader(record)}
${headlineSection(record)}${baselinesSection(record)}${curvesSection(record)}${labelSections(record)}${scatterSection(record.scatter)}${wrongExamplesSection(record.wrongExamples)}${fillInsSection(record.fillIns)}${findingsSection(record.findings)}${dataSection(record.data)}${settingsSection(record)}
<footer>Made by bertsmith. Charts show values when the pointer rests on them.</footer>
</main></body></html>
`
  return page.markup
}
