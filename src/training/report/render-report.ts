import type { RunRecord } from '../run-record.ts'
import { labelSections } from './confusion.ts'
import { curvesSection } from './curves.ts'
import { wrongExamplesSection } from './examples.ts'
import { fillInsSection } from './fill-ins.ts'
import { findingsSection } from './findings.ts'
import { baselinesSection, headlineSection, pageHeader } from './headline.ts'
import { html } from './html.ts'
import { renderPage } from './page.ts'
import { reliabilitySection } from './reliability.ts'
import { scatterSection } from './scatter.ts'
import { dataSection, settingsSection } from './tables.ts'

/**
 * Renders a training run as one self-contained HTML page: no script, no external resource, charts as inline SVG, light and
 * dark. Every text of the record is escaped, and the page forbids scripts and loading, so hostile texts stay texts.
 * Parts that the record lacks are left out; long histories are drawn with at most 500 points a curve.
 */
export function renderReport(record: RunRecord): string {
  return renderPage(
    record.title || 'Training run',
    html`${pageHeader(record)}
${headlineSection(record)}${baselinesSection(record)}${curvesSection(record)}${labelSections(record)}${reliabilitySection(record.reliability)}${scatterSection(record.scatter)}${wrongExamplesSection(record.wrongExamples)}${fillInsSection(record.fillIns)}${findingsSection(record.findings)}${dataSection(record.data)}${settingsSection(record)}`,
  )
}
